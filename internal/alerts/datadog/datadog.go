// Package datadog reads the webhooks of Datadog's monitors. What Datadog sends
// is what its operator writes; docs/alerts.md has the payload to paste:
//
//	{"id": "$ALERT_ID", "key": "$AGGREG_KEY", "transition": "$ALERT_TRANSITION", "scope": "$ALERT_SCOPE",
//	 "title": "$EVENT_TITLE", "tags": "$TAGS", "priority": "$PRIORITY"}
//
// Each scope of a monitor recovers by itself. "No data" is neither.
package datadog

import (
	"cmp"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type message struct {
	ID         string `json:"id"`
	Key        string `json:"key"`
	Transition string `json:"transition"`
	Scope      string `json:"scope"`
	Title      string `json:"title"`
	Tags       string `json:"tags"`
	Priority   string `json:"priority"`
}

// Read makes sense of a webhook.
func Read(r *alerts.Request) (alerts.Reading, error) {
	var m message
	if err := alerts.Decode(r.Body, &m); err != nil {
		return alerts.Reading{}, err
	}
	firing, known := state(cmp.Or(m.Transition, transitionOf(m.Title)))
	if !known {
		return alerts.Reading{}, outcry.FieldErrorf("transition", "%.30q is none of Datadog's: use the payload that the documentation gives", m.Transition)
	}
	if firing == nil {
		return alerts.Reading{}, nil
	}
	a := alerts.Alert{Firing: *firing, Name: m.Title, Labels: tags(m.Tags)}
	for k, v := range tags(m.Scope) {
		a.Labels[k] = v
	}
	if m.Priority != "" {
		a.Labels["priority"] = m.Priority
	}
	a.Key = m.key()
	return alerts.Reading{Alerts: []alerts.Alert{a}}, nil
}

// key is the monitor's and its scope's. What has no transition is not of our
// payload: the id of the one that Datadog proposes is the event's, and another
// when the monitor recovers, so that its title has to do.
func (m *message) key() string {
	switch {
	case m.Transition != "" && m.ID != "":
		return m.ID + "/" + m.Scope
	case m.Key != "" || m.Transition != "":
		return m.Key
	}
	head, name, _ := strings.Cut(m.Title, "]")
	_, scope, _ := strings.Cut(head, " on {")
	if scope != "" {
		scope = "{" + scope + " "
	}
	return scope + strings.TrimSpace(name)
}

// state gives what a transition says; nil: neither.
func state(transition string) (firing *bool, known bool) {
	switch strings.ToLower(transition) {
	case "triggered", "re-triggered", "warn", "re-warn":
		return new(true), true
	case "recovered":
		return new(false), true
	case "no data", "re-no data", "renotify":
		return nil, true
	default:
		return nil, false
	}
}

// transitionOf reads it off a title: "[Triggered on {host:a}] CPU is high".
func transitionOf(title string) string {
	word, _, ok := strings.Cut(strings.TrimPrefix(title, "["), "]")
	if !ok || !strings.HasPrefix(title, "[") {
		return ""
	}
	word, _, _ = strings.Cut(word, " on {")
	return strings.TrimSpace(word)
}

// tags reads "env:prod,service:shop,urgent".
func tags(text string) map[string]string {
	out := make(map[string]string)
	for t := range strings.SplitSeq(text, ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(t), ":"); ok && k != "" {
			out[k] = v
		}
	}
	return out
}
