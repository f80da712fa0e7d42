package listen

import (
	"hash/maphash"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Source is one page to listen to.
type Source struct {
	Name     string // unique
	Type     string // of its format, for metrics: "apple"
	URL      string
	Interval time.Duration
	Format   Format
	Services map[string]string // the page's name of a component, or "*": the ID of a service
}

// Bounds of an interval.
const (
	DefaultInterval = time.Minute
	MinInterval     = 10 * time.Second
)

// source is a source with its state. One goroutine has it.
type source struct {
	Source
	docs   []*doc
	voice  voice
	now    func() time.Time
	failed int // polls in a row
}

// doc is one document of a page, as it was last fetched.
type doc struct {
	url       *url.URL
	etag      string
	modified  string
	sum       uint64
	body      []byte // kept only where a page has several documents
	fetchedOK bool
}

// newSource verifies a source. Its error is of CodeInvalid.
func newSource(s Source, now func() time.Time) (*source, error) {
	if s.Interval == 0 {
		s.Interval = DefaultInterval
	}
	page, err := url.Parse(s.URL)
	switch {
	case s.Name == "":
		return nil, outcry.FieldErrorf("name", "a source needs a name")
	case err != nil || page.Host == "" || (page.Scheme != "http" && page.Scheme != "https"):
		return nil, outcry.FieldErrorf("url", "%q must look like https://status.example.com", s.URL)
	case s.Format.Read == nil:
		return nil, outcry.FieldErrorf("type", "source %s has no format", s.Name)
	case s.Interval < MinInterval:
		return nil, outcry.FieldErrorf("interval", "source %s: at least %s, not %s", s.Name, MinInterval, s.Interval)
	}
	out := &source{Source: s, now: now, voice: newVoice(&s)}
	urls := []string{s.URL}
	if s.Format.URLs != nil {
		urls = s.Format.URLs(page)
	}
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, outcry.FieldErrorf("url", "%q leads to %q, which is no address", s.URL, raw)
		}
		out.docs = append(out.docs, &doc{url: u})
	}
	return out, nil
}

// take keeps what a fetch brought, and reports whether it is new.
func (d *doc) take(got *answer, keepBody bool, seed maphash.Seed) (changed bool) {
	if got.unchanged {
		return false
	}
	sum := maphash.Bytes(seed, got.body)
	changed = !d.fetchedOK || sum != d.sum
	d.sum, d.etag, d.modified, d.fetchedOK = sum, got.etag, got.modified, true
	if keepBody {
		d.body = got.body
	}
	return changed
}

// forget has the next fetch bring the document whole.
func (d *doc) forget() { d.etag, d.modified, d.fetchedOK, d.body = "", "", false, nil }

// components are the mapping's names, sorted.
func (s *Source) components() []string { return slices.Sorted(maps.Keys(s.Services)) }
