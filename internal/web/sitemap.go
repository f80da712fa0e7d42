package web

import (
	"net/http"

	"github.com/outcry/outcry"
)

// sitemap serves GET /sitemap.xml: the pages that this site serves to strangers,
// and no others, because it lists the very documents that it would serve.
func (s *Server) sitemap(w http.ResponseWriter, r *http.Request) error {
	at := s.at(r)
	var paths []string
	for path, h := range *at.docs.Load() {
		if h.people && path == h.doc.Path {
			paths = append(paths, path)
		}
	}
	body, ok, err := at.renderer.Sitemap(paths)
	if err != nil {
		return err
	}
	if !ok {
		return outcry.Errorf(outcry.CodeNotFound, "this site has no sitemap")
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", cacheHour)
	_, _ = w.Write(body)
	return nil
}
