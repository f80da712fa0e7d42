// Package pagerduty takes events of the shape of PagerDuty's Events API v2: who
// sends there can send here, by another address. The routing key is the token.
//
// Trigger fires and resolve recovers, by the dedup_key; acknowledge changes
// nothing. Labels are source, severity, component, group, class and client, and
// the texts of custom_details.
package pagerduty

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return integration{alerts.ReadFunc(Read)} }

type integration struct{ alerts.Integration }

// Credential implements alerts.Credentialer.
func (integration) Credential(r *alerts.Request) string {
	var e event
	if json.Unmarshal(r.Body, &e) != nil {
		return ""
	}
	return e.RoutingKey
}

type event struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	Client     string `json:"client"`
	Payload    struct {
		Summary   string `json:"summary"`
		Source    string `json:"source"`
		Severity  string `json:"severity"`
		Component string `json:"component"`
		Group     string `json:"group"`
		Class     string `json:"class"`
		Timestamp string `json:"timestamp"`
		Details   any    `json:"custom_details"` // an object, or what the sender likes
	} `json:"payload"`
}

// reply is PagerDuty's own.
type reply struct {
	Status   string `json:"status"`
	Message  string `json:"message"`
	DedupKey string `json:"dedup_key"`
}

// Read makes sense of an event.
func Read(r *alerts.Request) (alerts.Reading, error) {
	var e event
	if err := alerts.Decode(r.Body, &e); err != nil {
		return alerts.Reading{}, err
	}
	a := alerts.Alert{Key: e.DedupKey, Name: e.Payload.Summary, Labels: e.labels()}
	switch e.Action {
	case "trigger":
		a.Firing = true
		if at, err := time.Parse(time.RFC3339, e.Payload.Timestamp); err == nil {
			a.At = at
		}
		if a.Key == "" {
			a.Key = rand.Text() // the sender learns it from the answer
		}
	case "resolve":
		if a.Key == "" {
			return alerts.Reading{}, outcry.FieldErrorf("dedup_key", "is required to resolve")
		}
	case "acknowledge":
		return alerts.Reading{Reply: reply{"success", "Event processed", e.DedupKey}}, nil
	default:
		return alerts.Reading{}, outcry.FieldErrorf("event_action", "%.20q is none of trigger, acknowledge, resolve", e.Action)
	}
	return alerts.Reading{Alerts: []alerts.Alert{a}, Reply: reply{"success", "Event processed", a.Key}}, nil
}

func (e *event) labels() map[string]string {
	p := &e.Payload
	details, _ := p.Details.(map[string]any)
	labels := alerts.Texts(details)
	for k, v := range map[string]string{"source": p.Source, "severity": p.Severity, "component": p.Component, "group": p.Group, "class": p.Class, "client": e.Client} {
		if v != "" {
			labels[k] = v
		}
	}
	return labels
}
