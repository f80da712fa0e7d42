package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/pprof"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check tells whether a part of the process can do its work.
type Check func(context.Context) error

// checkWithin bounds all the readiness checks of one request together.
const checkWithin = 3 * time.Second

// Admin is the handler of the admin listener, which strangers must not reach:
// /healthz, /readyz with the given checks by name, /metrics, and profiles
// under /debug/pprof/.
func Admin(checks map[string]Check, metrics prometheus.Gatherer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.Handle("GET /readyz", ready(checks, log))
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// ready answers 200 when every check passes, else 503, and names each.
func ready(checks map[string]Check, log *slog.Logger) http.Handler {
	names := slices.Sorted(maps.Keys(checks))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkWithin)
		defer cancel()
		status, said := http.StatusOK, make(map[string]string, len(names))
		for _, name := range names {
			said[name] = "ok"
			if err := checks[name](ctx); err != nil {
				status, said[name] = http.StatusServiceUnavailable, err.Error()
				log.Warn("not ready", "part", name, "err", err)
			}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(said); err != nil {
			log.Debug("readiness not delivered", "err", err)
		}
	})
}
