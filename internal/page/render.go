package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"html/template"
	"strings"
	"time"

	"golang.org/x/text/language"
)

//go:embed templates/*.html assets/outcry.css assets/live.js assets/first.js assets/widget.js assets/sw.js
var files embed.FS

// Options are what the operator chooses about the looks of a site.
type Options struct {
	Name     string         // of the site; "Outcry" when empty
	URL      string         // its public address without a trailing slash, for feeds and the v2 API
	Location *time.Location // whose time the pages tell; UTC when nil
	Language string         // of the pages for those who ask for none that we have; English when empty
	Accent   string         // colour of the brand as #rrggbb; the house's own when empty
	NextWord time.Duration  // how long after an update the operator promises another one; 0: no promise
	Private  bool           // not for strangers: nothing invites them to share it
	Logo     Logo
	PushKey  string // public key of web push, in base64url; empty: nobody can ask to be told
}

// Renderer makes documents of views. It is safe for concurrent use.
type Renderer struct {
	opt         Options
	tongues     []*tongue // the default language first
	matcher     language.Matcher
	byTongue    []func() (*template.Template, error) // as tongues
	fingerprint string                               // of templates, style, script and options
	css         template.CSS
	first       template.JS // in every page's head
	script      *Document
	integrity   string
	policy      string
	cards       cards
	widget      *Document
	worker      *Document
	deflater    *deflater
	brand       []Asset
	logo        *logoView // nil: the house's mark
	icon        string    // path of the small icon
}

// frame is what the layout wraps around a document's own data.
type frame struct {
	Site, Title, Path, Version string
	Lang, Dir                  string
	URL                        string // the site's own address; empty: not known
	Languages                  []choice
	Private                    bool
	Card, Said                 string // for those who share the page: a picture, a sentence
	Logo                       *logoView
	Icon                       string
	CSS                        template.CSS
	First                      template.JS
	Script, Integrity          string
	Changed                    Moment
	Data                       any
}

// New parses the embedded design.
func New(opt Options) (*Renderer, error) {
	if opt.Name = clean(opt.Name, maxName); opt.Name == "" {
		opt.Name = "Outcry"
	}
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	r := &Renderer{opt: opt, cards: newCards(), deflater: newDeflater()}
	if err := r.loadTongues(); err != nil {
		return nil, err
	}
	if err := r.loadBrand(); err != nil {
		return nil, err
	}
	if err := r.loadAssets(); err != nil {
		return nil, err
	}
	return r, nil
}

// loadAssets reads style and scripts and derives what vouches for them: the
// script's hashed path and integrity, the hashes of the style and of the first
// script in the policy, and the fingerprint of the whole design.
func (r *Renderer) loadAssets() error {
	css, err := files.ReadFile("assets/outcry.css")
	if err != nil {
		return fmt.Errorf("read the embedded style: %w", err)
	}
	js, err := files.ReadFile("assets/live.js")
	if err != nil {
		return fmt.Errorf("read the embedded script: %w", err)
	}
	first, err := files.ReadFile("assets/first.js")
	if err != nil {
		return fmt.Errorf("read the embedded first script: %w", err)
	}
	css, first = append(squeeze(css), accent(r.opt.Accent)...), squeeze(first)
	r.css, r.first = template.CSS(css), template.JS(first) //nolint:gosec // our own files, embedded at build time
	r.integrity = hashed(js)
	jsSum := sha256.Sum256(js)
	version := base64.RawURLEncoding.EncodeToString(jsSum[:9])
	r.script, err = NewDocument("/assets/live-"+version+".js", version, "text/javascript; charset=utf-8", time.Unix(0, 0), js)
	if err != nil {
		return err
	}
	if r.widget, err = embedded("assets/widget.js", "/widget.js"); err != nil {
		return err
	}
	if r.worker, err = embedded("assets/sw.js", "/sw.js"); err != nil {
		return err
	}
	r.policy = "default-src 'none'; style-src '" + hashed(css) + "'; script-src 'self' '" + hashed(first) +
		"'; connect-src 'self'; img-src 'self' data:; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return r.print(css, js, first)
}

// hashed vouches for a style or a script, in a policy and in a page.
func hashed(source []byte) string {
	sum := sha256.Sum256(source)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// print takes the design's fingerprint.
func (r *Renderer) print(assets ...[]byte) error {
	h := sha256.New()
	entries, err := files.ReadDir("templates")
	if err != nil {
		return fmt.Errorf("list the embedded templates: %w", err)
	}
	for _, e := range entries {
		b, err := files.ReadFile("templates/" + e.Name())
		if err != nil {
			return fmt.Errorf("read the embedded template %s: %w", e.Name(), err)
		}
		assets = append(assets, b)
	}
	for _, a := range assets {
		fmt.Fprintf(h, "%d\n", len(a))
		h.Write(a)
	}
	fmt.Fprintf(h, "%q %q %s %s %v %v %s", r.opt.Name, r.opt.URL, r.opt.Location, r.opt.Language, r.opt.NextWord, r.opt.Private, r.opt.PushKey)
	for _, a := range r.brand {
		fmt.Fprintf(h, " %s", a.Path)
	}
	fmt.Fprintf(h, " %q", r.opt.Logo.Alt)
	r.fingerprint = base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	return nil
}

// Script is the one script of all pages. Its path holds its hash, so that it
// may be kept for ever.
func (r *Renderer) Script() *Document { return r.script }

// embedded makes a document of one of our own scripts.
func embedded(file, path string) (*Document, error) {
	js, err := files.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the embedded script: %w", err)
	}
	sum := sha256.Sum256(js)
	return NewDocument(path, base64.RawURLEncoding.EncodeToString(sum[:9]), "text/javascript; charset=utf-8", time.Unix(0, 0), js)
}

// Widget is the script that others put into their pages.
func (r *Renderer) Widget() *Document { return r.widget }

// Worker is the service worker, which shows the last known state offline.
func (r *Renderer) Worker() *Document { return r.worker }

// FramePolicy is the policy of the documents that other sites may frame: they
// hold no script and no form.
func (r *Renderer) FramePolicy() string {
	_, style, _ := strings.Cut(r.policy, "style-src ")
	style, _, _ = strings.Cut(style, ";")
	return "default-src 'none'; style-src " + style + "; img-src data:; frame-ancestors *; base-uri 'self'; form-action 'none'"
}

// WorkerPolicy lets the service worker ask this server, and nobody else.
func (r *Renderer) WorkerPolicy() string {
	return "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
}

// Policy is the Content-Security-Policy under which every HTML document works:
// the one inline style and the one inline script by their hashes, other scripts
// from here only, and nothing foreign.
func (r *Renderer) Policy() string { return r.policy }

// Render makes the document of a view; now becomes its modification time.
func (r *Renderer) Render(v View, now time.Time) (*Document, error) {
	return r.RenderAfter(nil, v, now)
}

// RenderAfter makes the same document as Render. What it has in common with an
// earlier version is not compressed again.
func (r *Renderer) RenderAfter(old *Document, v View, now time.Time) (*Document, error) {
	size := 0
	if old != nil {
		size = len(old.Body) + len(old.Body)/16
	}
	body, err := r.body(v, now, size)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", v.Path, err)
	}
	return r.deflater.document(old, Document{Path: v.Path, Version: v.Version, ContentType: string(v.mediaType), ModTime: now, Body: body})
}

// body writes a document, of about some size.
func (r *Renderer) body(v View, now time.Time, size int) (body []byte, err error) {
	switch v.mediaType {
	case typeHTML:
		body, err = r.html(v, now, size)
	case typeJSON, typeJSONFeed:
		body, _ = v.data.(rawJSON) // written when it was sealed
	case typeCalendar, typeSVG, typeText:
		text, _ := v.data.(string)
		body = []byte(text)
	default:
		if body, err = xml.Marshal(v.data); err == nil {
			body = append([]byte(xml.Header), body...)
		}
	}
	return body, err
}

func (r *Renderer) html(v View, now time.Time, size int) ([]byte, error) {
	w := r.tongues[v.tongue]
	t, err := r.byTongue[v.tongue]()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(size)
	err = t.ExecuteTemplate(&b, v.template, frame{
		Site: r.opt.Name, Title: v.title, Path: v.Path, Version: v.Version, CSS: r.css, First: r.first, Lang: w.Code, Dir: w.Dir, URL: r.opt.URL,
		Languages: r.Languages(), Private: r.opt.Private, Card: v.card, Said: v.said, Logo: r.logo, Icon: r.icon,
		Script: r.script.Path, Integrity: r.integrity, Data: v.data,
		Changed: clock{tongue: w, now: notedTime{at: now.AddDate(1, 0, 0)}, loc: r.opt.Location}.moment(now),
	})
	if v.asked {
		return carry(b.Bytes(), w.Code), err
	}
	return b.Bytes(), err
}

// squeeze drops the comment lines and the indentation of what stands in every
// page, and writes the style's two sets of colours, which lines "@light:" and
// "@dark:" define, where they are used.
func squeeze(source []byte) []byte {
	var out []byte
	sets := make(map[string][]byte)
	for line := range bytes.Lines(source) {
		line = bytes.TrimSpace(line)
		switch name, set, _ := bytes.Cut(line, []byte(":")); {
		case len(line) == 0 || bytes.HasPrefix(line, []byte("//")) || bytes.HasPrefix(line, []byte("/*")) && bytes.HasSuffix(line, []byte("*/")):
			continue
		case string(name) == "@light" || string(name) == "@dark":
			sets[string(name)] = set
			continue
		}
		for name, set := range sets {
			line = bytes.ReplaceAll(line, []byte(name), set)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
