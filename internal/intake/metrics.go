package intake

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	accepted prometheus.Counter
	refused  *prometheus.CounterVec
	comments *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		accepted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outcry_intake_accepted_total", Help: "Reports that were stored.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_intake_refused_total", Help: "Reports that were refused.",
		}, []string{"reason"}),
		comments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_intake_comments_total", Help: "Comments of reports, by what became of them.",
		}, []string{"result"}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.accepted, m.refused, m.comments} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}
