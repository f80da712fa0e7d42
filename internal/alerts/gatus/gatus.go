// Package gatus reads the custom alerts of Gatus, whose body its operator
// writes; docs/alerts.md has the one to paste:
//
//	{"endpoint": "[ENDPOINT_NAME]", "group": "[ENDPOINT_GROUP]", "url": "[ENDPOINT_URL]",
//	 "status": "[ALERT_TRIGGERED_OR_RESOLVED]", "description": "[ALERT_DESCRIPTION]"}
package gatus

import (
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type message struct {
	Endpoint    string `json:"endpoint"`
	Group       string `json:"group"`
	URL         string `json:"url"`
	Status      string `json:"status"`
	Description string `json:"description"`
}

// Read makes sense of an alert.
func Read(r *alerts.Request) (alerts.Reading, error) {
	var m message
	if err := alerts.Decode(r.Body, &m); err != nil {
		return alerts.Reading{}, err
	}
	if m.Endpoint == "" {
		return alerts.Reading{}, outcry.FieldErrorf("endpoint", "is required: use the body that the documentation gives")
	}
	a := alerts.Alert{
		Key: m.Group + "/" + m.Endpoint, Name: m.Endpoint,
		Labels: map[string]string{"endpoint": m.Endpoint, "group": m.Group, "url": m.URL, "description": m.Description},
	}
	switch strings.ToUpper(m.Status) {
	case "TRIGGERED":
		a.Firing = true
	case "RESOLVED":
	default:
		return alerts.Reading{}, outcry.FieldErrorf("status", "%.30q is neither TRIGGERED nor RESOLVED", m.Status)
	}
	return alerts.Reading{Alerts: []alerts.Alert{a}}, nil
}
