// Package opsgenie takes alerts of Opsgenie's shapes: of its alert API, for who
// sends there (POST …/v2/alerts, and …/v2/alerts/ALIAS/close), and of its
// outgoing webhooks, for who forwards from there.
//
// An alert's key is its alias. Labels are its details, its tags of the form
// key:value, and source, priority and entity.
package opsgenie

import (
	"cmp"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type alert struct {
	ID       string         `json:"alertId"`
	Alias    string         `json:"alias"`
	Message  string         `json:"message"`
	Entity   string         `json:"entity"`
	Source   string         `json:"source"`
	Priority string         `json:"priority"`
	Tags     []string       `json:"tags"`
	Details  map[string]any `json:"details"`
}

// reply is that of the alert API.
type reply struct {
	Result    string  `json:"result"`
	Took      float64 `json:"took"`
	RequestID string  `json:"requestId"`
}

// Read makes sense of a request.
func Read(r *alerts.Request) (alerts.Reading, error) {
	path := strings.Trim(r.Path, "/")
	alias, closing := strings.CutSuffix(strings.TrimPrefix(path, "v2/alerts/"), "/close")
	switch {
	case path == "":
		return webhook(r.Body)
	case path == "v2/alerts":
		return created(r.Body)
	case closing && strings.HasPrefix(path, "v2/alerts/"):
		if alias == "" {
			return alerts.Reading{}, outcry.FieldErrorf("alias", "is not in the path")
		}
		return answered(alerts.Alert{Key: alias, Name: alias}), nil
	default:
		return alerts.Reading{}, outcry.Errorf(outcry.CodeNotFound, "of Opsgenie's API there are v2/alerts and v2/alerts/ALIAS/close")
	}
}

func answered(a alerts.Alert) alerts.Reading {
	return alerts.Reading{Alerts: []alerts.Alert{a}, Reply: reply{"Request will be processed", 0.001, a.Key}}
}

func created(body []byte) (alerts.Reading, error) {
	var a alert
	if err := alerts.Decode(body, &a); err != nil {
		return alerts.Reading{}, err
	}
	if a.Alias == "" {
		a.Alias = a.Message // as Opsgenie does not, but without one it could never be closed
	}
	return answered(a.read(true)), nil
}

// webhook reads what Opsgenie itself sends.
func webhook(body []byte) (alerts.Reading, error) {
	var m struct {
		Action string `json:"action"`
		Alert  alert  `json:"alert"`
	}
	if err := alerts.Decode(body, &m); err != nil {
		return alerts.Reading{}, err
	}
	switch m.Action {
	case "Create":
		return alerts.Reading{Alerts: []alerts.Alert{m.Alert.read(true)}}, nil
	case "Close", "Delete":
		return alerts.Reading{Alerts: []alerts.Alert{m.Alert.read(false)}}, nil
	case "":
		return alerts.Reading{}, outcry.FieldErrorf("action", "is required")
	default: // acknowledged, noted, escalated: neither begins nor ends
		return alerts.Reading{}, nil
	}
}

func (a *alert) read(firing bool) alerts.Alert {
	labels := alerts.Texts(a.Details)
	for _, t := range a.Tags {
		if k, v, ok := strings.Cut(t, ":"); ok {
			labels[k] = v
		}
	}
	for k, v := range map[string]string{"source": a.Source, "priority": a.Priority, "entity": a.Entity} {
		if v != "" {
			labels[k] = v
		}
	}
	return alerts.Alert{Key: cmp.Or(a.Alias, a.ID), Firing: firing, Name: a.Message, Labels: labels}
}
