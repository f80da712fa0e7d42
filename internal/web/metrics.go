package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// docKind classes documents for the metrics, so that their cardinality does
// not grow with the site.
type docKind uint8

const (
	kindPage docKind = iota
	kindService
	kindIncident
	kindHistory
	kindAPI
	kindFeed
	kindWidget
	kindAsset
	docKinds
)

var kindWords = [docKinds]string{"page", "service", "incident", "history", "api", "feed", "widget", "asset"}

func kindOf(path string) docKind {
	switch {
	case strings.HasPrefix(path, "/s/"):
		return kindService
	case strings.HasPrefix(path, "/incidents/"):
		return kindIncident
	case strings.HasPrefix(path, "/api/"):
		return kindAPI
	case strings.HasPrefix(path, "/history.") || path == "/calendar.ics" || strings.HasPrefix(path, "/badge"):
		return kindFeed
	case path == "/widget" || strings.HasPrefix(path, "/widget/"):
		return kindWidget
	case strings.HasPrefix(path, "/history"):
		return kindHistory
	case path == "/" || path == "/accuracy" || strings.HasPrefix(path, "/p/") || strings.HasPrefix(path, "/kiosk"):
		return kindPage
	default:
		return kindAsset
	}
}

// meter counts what the server does.
type meter struct {
	full, unchanged [docKinds]prometheus.Counter
	requests        *prometheus.CounterVec
	seconds         *prometheus.HistogramVec
	renders         prometheus.Counter
}

func newMeter(reg prometheus.Registerer, h *hub) (*meter, error) {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_http_requests_total", Help: "Requests by route and status.",
		}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outcry_http_request_seconds", Help: "Time to answer, by route; finished documents are not timed.",
			Buckets: prometheus.ExponentialBuckets(.0005, 4, 8),
		}, []string{"route"}),
		renders: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_page_renders_total", Help: "Documents rendered because their view had changed.",
		}),
	}
	for k, word := range kindWords {
		m.full[k] = m.requests.WithLabelValues(word, "200")
		m.unchanged[k] = m.requests.WithLabelValues(word, "304")
	}
	listeners := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outcry_http_listeners", Help: "Open live streams.",
	}, func() float64 { return float64(h.count()) })
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.renders, listeners} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the web server's metrics: %w", err)
		}
	}
	return m, nil
}

func (m *meter) document(k docKind, status int) {
	if status == http.StatusNotModified {
		m.unchanged[k].Inc()
		return
	}
	m.full[k].Inc()
}

func (m *meter) rendered(n int) { m.renders.Add(float64(n)) }

func (m *meter) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}
