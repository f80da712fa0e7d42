package mirror

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// Renew is how often every copy is made again, so that it can say its age.
const Renew = 5 * time.Minute

// Every is how often the pages are looked at.
const Every = 5 * time.Second

// File is one document as it is to be written.
type File struct {
	Path        string // of its URL
	ContentType string
	Version     string // equal versions need not be written again
	// Copy gives the bytes of a copy made at an instant.
	Copy func(at time.Time) []byte
}

// Target is a place to write to. Names have slashes and no leading one.
type Target interface {
	Put(ctx context.Context, name, contentType string, body []byte) error
	Delete(ctx context.Context, name string) error
	String() string // for the log; holds no secret
}

// Mirror keeps one target up to date.
type Mirror struct {
	target Target
	key    ed25519.PrivateKey
	site   string
	log    *slog.Logger

	written map[string]written // what the target has, by name
	renewed time.Time
}

type written struct {
	version string
	entry   Entry
}

// New makes a mirror that signs with the key; site is the address of the
// original, for the manifest.
func New(t Target, key ed25519.PrivateKey, site string, log *slog.Logger) *Mirror {
	return &Mirror{target: t, key: key, site: site, log: log, written: make(map[string]written)}
}

// Run writes the source's files whenever they have changed, until ctx ends.
// What fails is tried again with the next round.
func (m *Mirror) Run(ctx context.Context, source func() []File) error {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		if err := m.Write(ctx, source(), time.Now()); err != nil && ctx.Err() == nil {
			m.log.Error("mirror: not everything could be written; it is tried again", "to", m.target.String(), "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Write brings the target up to date: changed files first, then the manifest
// and its signature, then away with what there is no more. Without a change it
// writes nothing.
func (m *Mirror) Write(ctx context.Context, files []File, now time.Time) error {
	renew := now.Sub(m.renewed) >= Renew
	changed := renew
	var problems []error
	names := make(map[string]bool, len(files))
	for i := range files {
		f, name := &files[i], Name(files[i].Path, files[i].ContentType)
		names[name] = true
		if old, ok := m.written[name]; ok && old.version == f.Version && !renew {
			continue
		}
		changed = true
		body := f.Copy(now)
		if err := m.target.Put(ctx, name, f.ContentType, body); err != nil {
			problems = append(problems, fmt.Errorf("write %s: %w", name, err))
			delete(m.written, name)
			continue
		}
		sum := sha256.Sum256(body)
		m.written[name] = written{f.Version, Entry{Name: name, ContentType: f.ContentType, Size: len(body), SHA256: hex.EncodeToString(sum[:])}}
	}
	gone := m.gone(names)
	if !changed && len(gone) == 0 {
		return nil
	}
	for _, name := range gone {
		delete(m.written, name)
	}
	if err := m.sign(ctx, now); err != nil {
		return errors.Join(append(problems, err)...)
	}
	for _, name := range gone {
		if err := m.target.Delete(ctx, name); err != nil {
			problems = append(problems, fmt.Errorf("delete %s: %w", name, err))
		}
	}
	if len(problems) == 0 && renew {
		m.renewed = now
	}
	return errors.Join(problems...)
}

func (m *Mirror) gone(names map[string]bool) []string {
	var out []string
	for name := range m.written {
		if !names[name] {
			out = append(out, name)
		}
	}
	return out
}

// sign writes the manifest of what the target has, and its signature.
func (m *Mirror) sign(ctx context.Context, now time.Time) error {
	list := Manifest{Version: 1, Site: m.site, MadeAt: now.UTC().Truncate(time.Second), Files: make([]Entry, 0, len(m.written))}
	for _, name := range slices.Sorted(maps.Keys(m.written)) {
		list.Files = append(list.Files, m.written[name].entry)
	}
	body, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	public, _ := m.key.Public().(ed25519.PublicKey)
	for _, f := range []struct {
		name, contentType string
		body              []byte
	}{
		{keyName, "text/plain; charset=utf-8", base64Line(public)},
		{manifestName, "application/json; charset=utf-8", body},
		{signatureName, "text/plain; charset=utf-8", base64Line(ed25519.Sign(m.key, body))},
	} {
		if err := m.target.Put(ctx, f.name, f.contentType, f.body); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

func base64Line(b []byte) []byte {
	return append([]byte(base64.StdEncoding.EncodeToString(b)), '\n')
}

// Name is the name of a document's file.
func Name(path, contentType string) string {
	name := strings.TrimPrefix(path, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case name == "":
		return "index.html"
	case strings.HasPrefix(contentType, "text/html"):
		return name + ".html"
	case strings.HasPrefix(contentType, "application/json") && !strings.Contains(last, "."):
		return name + ".json"
	default:
		return name
	}
}

// Policed gives a page the policy that our own server sends as a header, for
// servers that send none. Who may frame it cannot be said there (CSP level 3,
// 6.4.2), and is left out.
func Policed(html []byte, policy string) []byte {
	const charset = `<meta charset="utf-8">`
	at := bytes.Index(html, []byte(charset))
	if at < 0 || policy == "" {
		return html
	}
	at += len(charset)
	var rules []string
	for rule := range strings.SplitSeq(policy, ";") {
		if rule = strings.TrimSpace(rule); !strings.HasPrefix(rule, "frame-ancestors") {
			rules = append(rules, rule)
		}
	}
	meta := "\n" + `<meta http-equiv="Content-Security-Policy" content="` + strings.ReplaceAll(strings.Join(rules, "; "), `"`, "") + `">`
	return slices.Concat(html[:at], []byte(meta), html[at:])
}

// Note puts a sentence at the head of a page's content, as text.
func Note(html []byte, escaped string) []byte {
	at := bytes.Index(html, []byte("<main"))
	if at < 0 {
		return html
	}
	end := bytes.IndexByte(html[at:], '>')
	if end < 0 {
		return html
	}
	at += end + 1
	note := []byte(`<p class="stale copy">` + escaped + `</p>`)
	return slices.Concat(html[:at], note, html[at:])
}
