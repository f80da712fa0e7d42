package alerts

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Metrics count what is taken. A nil *Metrics counts nothing.
type Metrics struct {
	alerts   *prometheus.CounterVec // by integration and result
	requests *prometheus.CounterVec // refused, by code
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_alerts_total", Help: "Alerts taken in, by integration and result.",
		}, []string{"integration", "result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outcry_alerts_refused_total", Help: "Requests with alerts that were refused, by code.",
		}, []string{"code"}),
	}
	for _, c := range []prometheus.Collector{m.alerts, m.requests} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of alerts: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) took(integration string, t Taken) {
	if m == nil {
		return
	}
	for result, n := range map[string]int{"fired": t.Fired, "resolved": t.Resolved, "repeated": t.Repeated, "unmapped": t.Unmapped} {
		m.alerts.WithLabelValues(integration, result).Add(float64(n))
	}
}

func (m *Metrics) refused(c outcry.Code) {
	if m != nil {
		m.requests.WithLabelValues(string(c)).Inc()
	}
}
