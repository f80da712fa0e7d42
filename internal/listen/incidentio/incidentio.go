// Package incidentio reads the widget API of status pages that incident.io
// hosts: /api/v1/summary, with what goes on at present.
//
// Only components in trouble are listed; one that is not has nothing wrong.
// Pages of incident.io that offer the Statuspage v2 API can be read as such.
package incidentio

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is incident.io's. The address may be the page's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string { return []string{listen.At(page, "/api/v1/summary", "/summary")} }
	return f
}

type document struct {
	Title        *string `json:"page_title"`
	URL          *string `json:"page_url"`
	Incidents    []event `json:"ongoing_incidents"`
	Maintenances []event `json:"in_progress_maintenances"`
}

type event struct {
	Status     string `json:"status"`
	Impact     string `json:"current_worst_impact"`
	Components []struct {
		Name   string `json:"name"`
		Group  string `json:"group_name"`
		Status string `json:"current_status"`
	} `json:"affected_components"`
}

// Read makes sense of the summary.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(body, &d); err != nil {
		return listen.Document{}, err
	}
	if d.Title == nil && d.URL == nil || d.Incidents == nil {
		return listen.Document{}, errors.New("no page, or no list of ongoing incidents")
	}
	var out listen.Document
	for _, in := range d.Incidents {
		out.Components = append(out.Components, in.statements(outcry.Bad)...)
	}
	for _, in := range d.Maintenances {
		out.Components = append(out.Components, in.statements(outcry.Unknown)...)
	}
	out.Page = listen.Statement{Outcome: outcry.Good, Status: "operational"}
	switch {
	case len(d.Incidents) > 0:
		out.Page = listen.Statement{Outcome: outcry.Bad, Status: d.Incidents[0].Status}
	case len(d.Maintenances) > 0:
		out.Page = listen.Statement{Outcome: outcry.Unknown, Status: "maintenance"}
	}
	return out, nil
}

// statements are about the components that an event affects still.
func (e *event) statements(o outcry.Outcome) []listen.Statement {
	var out []listen.Statement
	for _, c := range e.Components {
		if c.Status != "operational" {
			out = append(out, listen.Statement{Component: c.Name, Group: c.Group, Outcome: o, Status: c.Status})
		}
	}
	return out
}
