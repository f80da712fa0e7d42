package bus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type gatherMetrics struct {
	size    prometheus.Histogram
	latency prometheus.Histogram
	failed  prometheus.Counter
}

func newGatherMetrics() gatherMetrics {
	return gatherMetrics{
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "outcry_gather_batch_signals", Help: "Signals in one message of the stream.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 8),
		}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "outcry_gather_publish_seconds", Help: "Time until a message was stored.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 3, 11),
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_gather_failed_signals_total", Help: "Signals whose message could not be stored; their senders were told.",
		}),
	}
}

func (m *gatherMetrics) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.size, m.latency, m.failed} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *gatherMetrics) observe(signals int, took time.Duration, err error) {
	if err != nil {
		m.failed.Add(float64(signals))
		return
	}
	m.size.Observe(float64(signals))
	m.latency.Observe(took.Seconds())
}
