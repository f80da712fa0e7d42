package web

import (
	"net/http"

	"github.com/outcry/outcry"
)

// route is one entry of the table below.
type route struct {
	pattern string // of ServeMux; also its name in the metrics
	serve   handler
	// foreign routes take state-changing requests from other origins: the
	// report form may be embedded anywhere, and webhooks have no origin.
	foreign bool
}

// table lists every route that is not a finished document. The API's
// description is checked against it.
func (s *Server) table() []route {
	all := []route{
		{"GET /healthz", s.healthz, false},
		{"GET /events", s.events, false},
		{"GET /api/v1/openapi.json", s.openapi, false},
		{"GET /api/v1/services/{service}/tallies", s.tallies, false},
		{"GET /api/v1/incidents", s.listIncidents, false},
		{"GET /api/v1/incidents/{id}", s.showIncident, false},
		{"POST /api/v1/incidents", s.operator(s.openIncident), false},
		{"POST /api/v1/incidents/{id}/updates", s.operator(s.updateIncident), false},
	}
	for _, a := range []Action{ActionPublish, ActionConfirm, ActionResolve, ActionDismiss} {
		all = append(all, route{"POST /api/v1/incidents/{id}/" + string(a), s.operator(s.act(a)), false})
	}
	all = append(all, route{"POST /api/v1/reports", s.mounted(s.deps.Reports), true})
	for pattern, h := range s.deps.Mounts {
		all = append(all, route{pattern, s.mounted(h), true})
	}
	return all
}

// routes builds the handler of everything that is not a finished document.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	guard := http.NewCrossOriginProtection()
	for _, r := range s.table() {
		h := r.serve
		if !r.foreign {
			h = sameOrigin(guard, h)
		}
		mux.Handle(r.pattern, s.wrap(r.pattern, h))
		s.patterns = append(s.patterns, r.pattern)
	}
	mux.Handle("/", s.wrap("none", func(w http.ResponseWriter, r *http.Request) error { return nowhere(mux, w, r) }))
	return mux
}

func sameOrigin(guard *http.CrossOriginProtection, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := guard.Check(r); err != nil {
			return outcry.Wrap(outcry.CodeForbidden, err, "this cannot be asked for from another site's page")
		}
		return next(w, r)
	}
}

// mounted serves another package's handler; a missing one is not available.
func (s *Server) mounted(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if h == nil {
			return outcry.Errorf(outcry.CodeUnavailable, "this process does not take reports")
		}
		h.ServeHTTP(w, r)
		return nil
	}
}

// nowhere answers for paths without a route, and tells a wrong method from a
// wrong path.
func nowhere(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) error {
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(probe); pattern == "/" || pattern == "" || m == r.Method {
			continue
		}
		w.Header().Set("Allow", m)
		return &methodError{allow: m}
	}
	return outcry.Errorf(outcry.CodeNotFound, "It may have been withdrawn, or the address has a mistake.")
}

// methodError is the one failure that has a status of its own and no code.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "this address takes " + e.allow + " only" }

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
