// Package grafana reads the webhooks of Grafana: of its unified alerting, whose
// alerts are taken and recover one by one, and of the alerting before it.
//
// What Grafana sends when its data source fails (DatasourceError,
// DatasourceNoData) says nothing of the service, and is left out.
package grafana

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type message struct {
	Alerts []alert `json:"alerts"`
	// Of the alerting before version 9:
	State    string            `json:"state"`
	RuleID   int64             `json:"ruleId"`
	RuleName string            `json:"ruleName"`
	Tags     map[string]string `json:"tags"`
}

type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint"`
}

// Read makes sense of a webhook.
func Read(r *alerts.Request) (alerts.Reading, error) {
	var m message
	if err := alerts.Decode(r.Body, &m); err != nil {
		return alerts.Reading{}, err
	}
	if m.Alerts == nil {
		return m.old()
	}
	var out alerts.Reading
	for i := range m.Alerts {
		a := &m.Alerts[i]
		name := a.Labels["alertname"]
		if name == "DatasourceError" || name == "DatasourceNoData" {
			continue
		}
		if a.Status != "firing" && a.Status != "resolved" {
			return alerts.Reading{}, fmt.Errorf("alert %d: %w", i+1, outcry.FieldErrorf("status", "%.20q is neither firing nor resolved", a.Status))
		}
		one := alerts.Alert{Key: a.Fingerprint, Firing: a.Status == "firing", Name: name, Labels: a.Labels, At: a.StartsAt}
		if !one.Firing {
			one.At = a.EndsAt
		}
		out.Alerts = append(out.Alerts, one)
	}
	return out, nil
}

// old reads a message of a rule as a whole.
func (m *message) old() (alerts.Reading, error) {
	if m.RuleID == 0 && m.RuleName == "" {
		return alerts.Reading{}, outcry.FieldErrorf("alerts", "neither alerts nor a rule: not a webhook of Grafana")
	}
	labels := map[string]string{"alertname": m.RuleName}
	for k, v := range m.Tags {
		labels[k] = v
	}
	a := alerts.Alert{Key: fmt.Sprintf("rule-%d-%s", m.RuleID, m.RuleName), Name: cmp.Or(m.RuleName, "rule"), Labels: labels}
	switch m.State {
	case "alerting":
		a.Firing = true
	case "ok":
	case "no_data", "pending", "paused":
		return alerts.Reading{}, nil
	default:
		return alerts.Reading{}, outcry.FieldErrorf("state", "%.20q is none of Grafana's", m.State)
	}
	return alerts.Reading{Alerts: []alerts.Alert{a}}, nil
}
