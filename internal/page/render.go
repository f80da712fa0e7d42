package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"time"
)

//go:embed templates/*.html assets/outcry.css assets/live.js
var files embed.FS

// Options are what the operator chooses about the looks of a site.
type Options struct {
	Name     string         // of the site; "Outcry" when empty
	URL      string         // its public address without a trailing slash, for feeds and the v2 API
	Location *time.Location // whose time the pages tell; UTC when nil
	Comments bool           // ask for a comment in the report form
}

// Renderer makes documents of views. It is safe for concurrent use.
type Renderer struct {
	opt         Options
	templates   *template.Template
	fingerprint string // of templates, style, script and options
	css         template.CSS
	script      *Document
	integrity   string
	policy      string
}

// frame is what the layout wraps around a document's own data.
type frame struct {
	Site, Title, Path, Version string
	CSS                        template.CSS
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
	t, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the embedded templates: %w", err)
	}
	r := &Renderer{opt: opt, templates: t}
	if err := r.loadAssets(); err != nil {
		return nil, err
	}
	return r, nil
}

// loadAssets reads style and script and derives what vouches for them: the
// script's hashed path and integrity, the style's hash in the policy, and the
// fingerprint of the whole design.
func (r *Renderer) loadAssets() error {
	css, err := files.ReadFile("assets/outcry.css")
	if err != nil {
		return fmt.Errorf("read the embedded style: %w", err)
	}
	js, err := files.ReadFile("assets/live.js")
	if err != nil {
		return fmt.Errorf("read the embedded script: %w", err)
	}
	css = squeeze(css)
	r.css = template.CSS(css) //nolint:gosec // our own file, embedded at build time
	jsSum, cssSum := sha256.Sum256(js), sha256.Sum256(css)
	r.integrity = "sha256-" + base64.StdEncoding.EncodeToString(jsSum[:])
	version := base64.RawURLEncoding.EncodeToString(jsSum[:9])
	r.script, err = NewDocument("/assets/live-"+version+".js", version, "text/javascript; charset=utf-8", time.Unix(0, 0), js)
	if err != nil {
		return err
	}
	r.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(cssSum[:]) +
		"'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return r.print(css, js)
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
	fmt.Fprintf(h, "%q %q %s %v", r.opt.Name, r.opt.URL, r.opt.Location, r.opt.Comments)
	r.fingerprint = base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	return nil
}

// Script is the one script of all pages. Its path holds its hash, so that it
// may be kept for ever.
func (r *Renderer) Script() *Document { return r.script }

// Policy is the Content-Security-Policy under which every HTML document works:
// the one inline style by its hash, scripts from here only, and nothing foreign.
func (r *Renderer) Policy() string { return r.policy }

// Render makes the document of a view; now becomes its modification time.
func (r *Renderer) Render(v View, now time.Time) (*Document, error) {
	var body []byte
	var err error
	switch v.mediaType {
	case typeHTML:
		body, err = r.html(v, now)
	case typeJSON:
		body, err = json.Marshal(v.data)
	default:
		if body, err = xml.Marshal(v.data); err == nil {
			body = append([]byte(xml.Header), body...)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", v.Path, err)
	}
	return NewDocument(v.Path, v.Version, string(v.mediaType), now, body)
}

func (r *Renderer) html(v View, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	err := r.templates.ExecuteTemplate(&b, v.template, frame{
		Site: r.opt.Name, Title: v.title, Path: v.Path, Version: v.Version, CSS: r.css,
		Script: r.script.Path, Integrity: r.integrity, Data: v.data,
		Changed: clock{now: now.AddDate(1, 0, 0), loc: r.opt.Location}.moment(now),
	})
	return b.Bytes(), err
}

// squeeze drops the style's comments and indentation.
func squeeze(css []byte) []byte {
	var out []byte
	for line := range bytes.Lines(css) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("/*")) && bytes.HasSuffix(line, []byte("*/")) || len(line) == 0 {
			continue
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
