// Package slack reads Slack's own status:
// https://slack-status.com/api/v2.0.0/current.
//
// Only what is in trouble is listed, by the names of Slack's services
// ("Messaging", "Calls").
package slack

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Slack's. The address may be the page's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string { return []string{listen.At(page, "/api/v2.0.0/current", "/current")} }
	return f
}

type document struct {
	Status    string     `json:"status"` // ok, active
	Incidents []incident `json:"active_incidents"`
}

type incident struct {
	ID       listen.Text `json:"id"`
	Type     string      `json:"type"`   // incident, notice, outage, maintenance
	Status   string      `json:"status"` // active, resolved, scheduled, completed, cancelled
	Services []string    `json:"services"`
}

// Read makes sense of the document.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(body, &d); err != nil {
		return listen.Document{}, err
	}
	if d.Status != "ok" && d.Status != "active" {
		return listen.Document{}, errors.New("the status is neither ok nor active")
	}
	out := listen.Document{Page: listen.Statement{Outcome: outcry.Good, Status: d.Status}}
	for _, in := range d.Incidents {
		if in.Status != "active" {
			continue
		}
		s := listen.Statement{Outcome: outcry.Bad, Status: in.Type}
		if in.Type == "maintenance" {
			s.Outcome = outcry.Unknown
		}
		for _, name := range in.Services {
			s.Component = name
			out.Components = append(out.Components, s)
		}
		if in.Type != "maintenance" {
			out.Page.Outcome, out.Page.Status = outcry.Bad, in.Type
		}
	}
	return out, nil
}
