package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"sync"
)

// fragment is a part of pages that is rendered once for as long as it says the
// same. Of a page it counts as its digest.
type fragment struct {
	view   any
	digest [16]byte
	failed error

	mu   sync.Mutex
	html map[string]template.HTML // by the name of the template
}

// fragment keeps one.
func (b *builder) fragment(what, id string, inputs uint64, make func(*builder) any) *fragment {
	return keepLike(b, what, id, inputs, func(b *builder) *fragment { return newFragment(make(b)) },
		func(old, next *fragment) bool { return next.failed == nil && old.digest == next.digest })
}

func newFragment(view any) *fragment {
	f := &fragment{view: view, html: make(map[string]template.HTML)}
	data, err := json.Marshal(view)
	if err != nil {
		f.failed = fmt.Errorf("hash a part of a page: %w", err)
		return f
	}
	sum := sha256.Sum256(data)
	copy(f.digest[:], sum[:])
	return f
}

// MarshalJSON stands for what the fragment says.
func (f *fragment) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `"%x"`, f.digest), f.failed
}

// written gives fragments as a template of the set writes them, one after the
// other.
func written(set *template.Template, name string, of []*fragment) (template.HTML, error) {
	parts, size := make([]template.HTML, len(of)), 0
	for i, f := range of {
		var err error
		if parts[i], err = f.write(set, name); err != nil {
			return "", err
		}
		size += len(parts[i])
	}
	var b strings.Builder
	b.Grow(size)
	for _, p := range parts {
		b.WriteString(string(p))
	}
	return template.HTML(b.String()), nil //nolint:gosec // what html/template has written
}

// write gives the fragment as a template of the set writes it.
func (f *fragment) write(set *template.Template, name string) (template.HTML, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if html, ok := f.html[name]; ok {
		return html, nil
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, name, f.view); err != nil {
		return "", err
	}
	html := template.HTML(b.String()) //nolint:gosec // what html/template has written
	f.html[name] = html
	return html, nil
}
