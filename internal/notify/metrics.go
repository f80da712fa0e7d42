package notify

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what becomes of notices, by channel.
type metrics struct {
	attempts *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	delay    *prometheus.HistogramVec
}

// newMetrics registers them; a nil registerer keeps them to ourselves. Several
// dispatchers of one process count in the same metrics, told apart by channel.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_notice_attempts_total",
			Help: "Attempts to deliver a notice, by channel and outcome: delivered, retried, failed.",
		}, []string{"channel", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "outcry_notice_attempt_seconds",
			Help:    "How long an attempt took.",
			Buckets: []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{"channel"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "outcry_notice_delay_seconds",
			Help:    "From the change that a notice tells to its delivery.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86400},
		}, []string{"channel"}),
	}
	if r == nil {
		return m, nil
	}
	for _, err := range []error{known(r, &m.attempts), known(r, &m.seconds), known(r, &m.delay)} {
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) count(channel, outcome string) { m.attempts.WithLabelValues(channel, outcome).Inc() }

// known registers a metric, or takes the one that is registered already.
func known[C prometheus.Collector](r prometheus.Registerer, c *C) error {
	err := r.Register(*c)
	again, ok := errors.AsType[prometheus.AlreadyRegisteredError](err)
	if !ok {
		return err
	}
	if c2, ok := again.ExistingCollector.(C); ok {
		*c = c2
		return nil
	}
	return err
}
