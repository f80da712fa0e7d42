package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// route is one entry of the table below.
type route struct {
	pattern string // of ServeMux; also its name in the metrics
	serve   handler
	from    callers
}

// callers says which sites' pages may have a visitor's browser send a request
// that changes something.
type callers uint8

const (
	fromHere   callers = iota // our own pages: what operators do
	fromListed                // also sites that the operator has named: a report form
	fromAll                   // nobody's page sends these: machines with a secret of their own
)

// table lists every route that is not a finished document. The API's
// description is checked against it.
func (s *Server) table() []route {
	all := []route{
		{"GET /healthz", s.healthz, fromHere},
		{"GET /events", s.events, fromHere},
		{"GET /api/v1/openapi.json", s.openapi, fromHere},
		{"GET /search", s.search, fromHere},
		{"GET /sitemap.xml", s.sitemap, fromHere},
		{"GET /s/{service}/you", s.you, fromHere},
		{"GET /s/{service}/card.png", s.card, fromHere},
		{"GET /api/v1/maintenances", s.listMaintenances, fromHere},
		{"PUT /api/v1/maintenances/{id}", s.operator(s.putMaintenance), fromHere},
		{"DELETE /api/v1/maintenances/{id}", s.operator(s.dropMaintenance), fromHere},
		{"GET /api/v1/services/{service}/tallies", s.tallies, fromHere},
		{"POST /api/v1/services/{service}/subscriptions", s.subscribe, fromHere},
		{"DELETE /api/v1/services/{service}/subscriptions/{id}", s.unsubscribe, fromHere},
		{"GET /api/v1/incidents", s.listIncidents, fromHere},
		{"GET /api/v1/incidents/{id}", s.showIncident, fromHere},
		{"POST /api/v1/incidents", s.operator(s.openIncident), fromHere},
		{"POST /api/v1/incidents/{id}/updates", s.operator(s.updateIncident), fromHere},
	}
	all = append(all, s.commentRoutes()...)
	for _, a := range []Action{ActionPublish, ActionConfirm, ActionResolve, ActionDismiss} {
		all = append(all, route{"POST /api/v1/incidents/{id}/" + string(a), s.operator(s.act(a)), fromHere})
	}
	all = append(all, route{"POST /api/v1/reports", s.mounted(s.deps.Reports), fromListed})
	for pattern, h := range s.deps.Mounts {
		all = append(all, route{pattern, s.mounted(h), fromAll})
	}
	return all
}

// routes builds the handler of everything that is not a finished document. What
// the multiplexer answers by itself (a path that it tidies) has the same
// protection as the rest.
func (s *Server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	guards, err := s.guards()
	if err != nil {
		return nil, err
	}
	for _, r := range s.table() {
		h := r.serve
		if g := guards[r.from]; g != nil {
			h = sameOrigin(g, h)
		}
		mux.Handle(r.pattern, s.wrap(r.pattern, h))
		s.patterns = append(s.patterns, r.pattern)
	}
	mux.Handle("/", s.wrap("none", func(w http.ResponseWriter, r *http.Request) error { return s.nowhere(mux, w, r) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Security-Policy"], h["X-Content-Type-Options"] = valueNothing, valueNoSniff
		h["Referrer-Policy"], h["Permissions-Policy"] = valueReferrer, valueFeatures
		mux.ServeHTTP(w, r)
	}), nil
}

// guards refuse what browsers send from other sites' pages. A visitor's browser
// reports for the visitor: a busy site whose pages sent reports unasked would
// have a crowd report, from as many networks as it has readers.
func (s *Server) guards() (map[callers]*http.CrossOriginProtection, error) {
	listed := http.NewCrossOriginProtection()
	for _, o := range s.config.Origins {
		if err := listed.AddTrustedOrigin(o); err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "trust the pages of %s", o)
		}
	}
	return map[callers]*http.CrossOriginProtection{fromHere: http.NewCrossOriginProtection(), fromListed: listed}, nil
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
func (s *Server) nowhere(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(probe); pattern != "/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if at := s.at(r); len(allowed) == 0 && at.get(r.URL.Path) != nil {
		allowed = []string{http.MethodGet, http.MethodHead} // a finished document
	}
	if len(allowed) == 0 || slices.Contains(allowed, r.Method) {
		return outcry.Errorf(outcry.CodeNotFound, "It may have been withdrawn, or the address has a mistake.")
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &methodError{allowed}
}

// methodError is the one failure that has a status of its own and no code.
type methodError struct{ allowed []string }

func (e *methodError) Error() string {
	return "this address takes " + strings.Join(slices.DeleteFunc(slices.Clone(e.allowed), func(m string) bool { return m == http.MethodHead }), " and ") + " only"
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
