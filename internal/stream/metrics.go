package stream

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Metrics count what followers hear. A nil *Metrics counts nothing.
type Metrics struct {
	posts  *prometheus.CounterVec // by type and outcome
	breaks *prometheus.CounterVec // by type
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_stream_posts_total", Help: "Public posts by type of source: other (about nothing that is watched), remark, complaint.",
		}, []string{"type", "says"}),
		breaks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_stream_breaks_total", Help: "Connections to sources of posts that ended with an error.",
		}, []string{"type"}),
	}
	for _, c := range []prometheus.Collector{m.posts, m.breaks} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of streams: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) heard(typ string, signals []outcry.Signal) {
	if m == nil {
		return
	}
	says := "other"
	for i := range signals {
		if signals[i].Kind != outcry.KindPost {
			continue
		}
		if says != "complaint" {
			says = "remark"
		}
		if signals[i].Outcome == outcry.Bad {
			says = "complaint"
		}
	}
	m.posts.WithLabelValues(typ, says).Inc()
}

func (m *Metrics) broken(typ string) {
	if m != nil {
		m.breaks.WithLabelValues(typ).Inc()
	}
}
