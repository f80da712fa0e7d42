package listen

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Metrics are the counters of a listener. A nil *Metrics counts nothing.
type Metrics struct {
	polls      *prometheus.CounterVec // by type and result
	words      *prometheus.CounterVec // by outcome
	sources    prometheus.Gauge
	quarantine *prometheus.GaugeVec // by source
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_listen_polls_total", Help: "Looks at vendors' pages, by type and result.",
		}, []string{"type", "result"}),
		words: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_listen_bulletins_total", Help: "Bulletins that were sent on, by outcome.",
		}, []string{"outcome"}),
		sources: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "outcry_listen_sources", Help: "Vendors' pages that are polled.",
		}),
		quarantine: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outcry_listen_quarantine", Help: "1 while a vendor's page cannot be relied on.",
		}, []string{"source"}),
	}
	for _, c := range []prometheus.Collector{m.polls, m.words, m.sources, m.quarantine} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of listening: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) listening(n int) {
	if m != nil {
		m.sources.Set(float64(n))
	}
}

func (m *Metrics) polled(typ, result string) {
	if m != nil {
		m.polls.WithLabelValues(typ, result).Inc()
	}
}

func (m *Metrics) said(signals []outcry.Signal) {
	if m == nil {
		return
	}
	for i := range signals {
		m.words.WithLabelValues([...]string{"bad", "good", "unknown"}[signals[i].Outcome]).Inc()
	}
}

func (m *Metrics) quarantined(source string, is bool) {
	if m == nil {
		return
	}
	v := 0.0
	if is {
		v = 1
	}
	m.quarantine.WithLabelValues(source).Set(v)
}
