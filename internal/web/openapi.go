package web

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed openapi.json
var description string

// openapi serves the API's description (OpenAPI 3.1) with this build's version.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	version := s.config.Version
	if version == "" || strings.ContainsAny(version, `"\`) {
		version = "0"
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", cacheDay)
	h["Access-Control-Allow-Origin"] = valueAnyone
	_, _ = strings.NewReplacer("{{version}}", version).WriteString(w, description)
	return nil
}
