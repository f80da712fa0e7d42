package vantage

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Metrics count what the core takes from vantages. A nil *Metrics counts
// nothing.
type Metrics struct {
	results *prometheus.CounterVec // by vantage and outcome
	refused *prometheus.CounterVec // by vantage
	limited *prometheus.CounterVec // by vantage
	here    *prometheus.GaugeVec   // by vantage
	joined  *prometheus.GaugeVec   // by vantage
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_vantage_results_total", Help: "Results of remote vantages, by vantage and outcome.",
		}, []string{"vantage", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_vantage_refused_total", Help: "Results of remote vantages that were refused.",
		}, []string{"vantage"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_vantage_limited_total", Help: "Requests of remote vantages that were turned away, for there were too many.",
		}, []string{"vantage"}),
		here: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outcry_vantage_heard", Help: "1 while a remote vantage is heard, 0 when it has fallen silent.",
		}, []string{"vantage"}),
		joined: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outcry_vantage_connections", Help: "Connections of a remote vantage to this process over NATS.",
		}, []string{"vantage"}),
	}
	for _, c := range []prometheus.Collector{m.results, m.refused, m.limited, m.here, m.joined} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of remote vantages: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) took(vantage string, signals []outcry.Signal, r Receipt) {
	if m == nil {
		return
	}
	names := [...]string{outcry.Bad: "bad", outcry.Good: "good", outcry.Unknown: "unknown"}
	for i := range signals {
		m.results.WithLabelValues(vantage, names[signals[i].Outcome]).Inc()
	}
	m.refused.WithLabelValues(vantage).Add(float64(r.Refused))
}

func (m *Metrics) limit(vantage string) {
	if m != nil {
		m.limited.WithLabelValues(vantage).Inc()
	}
}

func (m *Metrics) present(vantage string, here bool) {
	if m == nil {
		return
	}
	v := 0.0
	if here {
		v = 1
	}
	m.here.WithLabelValues(vantage).Set(v)
}

func (m *Metrics) connections(vantage string, n int) {
	if m != nil {
		m.joined.WithLabelValues(vantage).Set(float64(n))
	}
}
