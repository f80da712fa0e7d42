package web

import (
	"html/template"
	"strings"
	"time"
)

// Copy is a document of the main site for a copy elsewhere.
type Copy struct {
	Path, ContentType, Version string
	HTML                       bool
	Policy                     string // of a page: its Content-Security-Policy
	Body                       []byte
}

// Snapshot gives every finished document of the main site, and the sentence
// that a copy made at an instant should say, escaped. What has a password is on
// other sites, and is never copied.
func (s *Server) Snapshot() (docs []Copy, note func(at time.Time) string) {
	for path, h := range *s.site.docs.Load() {
		policy := ""
		if h.people {
			policy = h.policyV[0]
		}
		docs = append(docs, Copy{
			Path: path, ContentType: h.doc.ContentType, Version: h.doc.Version, Body: h.doc.Body, Policy: policy,
			HTML: h.people && !strings.HasPrefix(path, "/widget"),
		})
	}
	return docs, func(at time.Time) string { return template.HTMLEscapeString(s.renderer.CopyNote(at)) }
}
