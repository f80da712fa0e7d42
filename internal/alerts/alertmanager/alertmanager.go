// Package alertmanager reads the webhooks of Prometheus Alertmanager, version
// "4". Each alert of a group is taken by itself, and recovers by itself: its
// key is its fingerprint.
package alertmanager

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type message struct {
	Version string  `json:"version"`
	Alerts  []alert `json:"alerts"`
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
	if m.Version != "4" {
		return alerts.Reading{}, outcry.FieldErrorf("version", "%.20q; Alertmanager's webhooks are of version \"4\"", m.Version)
	}
	var out alerts.Reading
	for i := range m.Alerts {
		a, err := m.Alerts[i].read()
		if err != nil {
			return alerts.Reading{}, fmt.Errorf("alert %d: %w", i+1, err)
		}
		out.Alerts = append(out.Alerts, a)
	}
	return out, nil
}

func (a *alert) read() (alerts.Alert, error) {
	out := alerts.Alert{Key: a.Fingerprint, Firing: a.Status == "firing", Name: a.Labels["alertname"], Labels: a.Labels, At: a.StartsAt}
	if a.Status != "firing" && a.Status != "resolved" {
		return out, outcry.FieldErrorf("status", "%.20q is neither firing nor resolved", a.Status)
	}
	if !out.Firing {
		out.At = a.EndsAt
	}
	if out.Key == "" {
		for _, k := range slices.Sorted(maps.Keys(a.Labels)) {
			out.Key += k + "=" + a.Labels[k] + ","
		}
		out.Key = strings.TrimSuffix(out.Key, ",")
	}
	return out, nil
}
