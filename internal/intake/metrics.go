package intake

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	accepted prometheus.Counter
	refused  *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		accepted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_intake_accepted_total", Help: "Reports that were stored.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_intake_refused_total", Help: "Reports that were refused.",
		}, []string{"reason"}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.accepted, m.refused} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}
