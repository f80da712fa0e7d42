package probe

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Metrics are the counters of a scheduler and its outbox. A nil *Metrics
// counts nothing.
type Metrics struct {
	runs     *prometheus.CounterVec // by type, outcome, reason
	duration *prometheus.HistogramVec
	late     prometheus.Histogram
	skipped  prometheus.Counter
	lost     prometheus.Counter
	backlog  prometheus.Gauge
	checks   prometheus.Gauge
	cutOff   prometheus.Gauge
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_probe_runs_total", Help: "Runs of checks, by type, outcome and reason.",
		}, []string{"type", "outcome", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outcry_probe_duration_seconds", Help: "Time that the deciding attempt of a run took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"type"}),
		late: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "outcry_probe_late_seconds", Help: "How long after its time a run began.",
			Buckets: []float64{.001, .01, .1, 1, 10},
		}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_probe_skipped_total", Help: "Runs left out because the one before was not over, or too late.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_probe_signals_dropped_total", Help: "Signals that could not be sent and were dropped.",
		}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "outcry_probe_signals_waiting", Help: "Signals that wait to be sent.",
		}),
		checks: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "outcry_probe_checks", Help: "Checks on schedule.",
		}),
		cutOff: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "outcry_probe_vantage_cut_off", Help: "1 while this vantage believes that it is itself offline.",
		}),
	}
	for _, c := range []prometheus.Collector{m.runs, m.duration, m.late, m.skipped, m.lost, m.backlog, m.checks, m.cutOff} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of probes: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) ran(typ string, r *Result) {
	if m == nil {
		return
	}
	m.runs.WithLabelValues(typ, outcomeName(r.Outcome), string(r.Reason)).Inc()
	m.duration.WithLabelValues(typ).Observe(r.Latency.Seconds())
}

func outcomeName(o outcry.Outcome) string {
	switch o {
	case outcry.Good:
		return "good"
	case outcry.Bad:
		return "bad"
	default:
		return "unknown"
	}
}

func (m *Metrics) started(late time.Duration) {
	if m != nil {
		m.late.Observe(late.Seconds())
	}
}

func (m *Metrics) skip(n int64) {
	if m != nil {
		m.skipped.Add(float64(n))
	}
}

func (m *Metrics) dropped(n int) {
	if m != nil {
		m.lost.Add(float64(n))
	}
}

func (m *Metrics) waiting(n int) {
	if m != nil {
		m.backlog.Set(float64(n))
	}
}

func (m *Metrics) scheduled(n int) {
	if m != nil {
		m.checks.Set(float64(n))
	}
}

func (m *Metrics) cut(off bool) {
	if m == nil {
		return
	}
	m.cutOff.Set(0)
	if off {
		m.cutOff.Set(1)
	}
}
