// Package statuspage reads pages of the Statuspage v2 API, and of those that
// speak it too: /api/v2/summary.json.
//
// A component is in trouble when its status says so, or when an unresolved
// incident names it: vendors often publish the one and forget the other. Under
// maintenance is no fault. A status that is not in the API is silence.
package statuspage

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Statuspage's. The address may be the page's, or that of a document
// of the API, such as …/api/v2/components.json.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string { return []string{listen.At(page, "/api/v2/summary.json", ".json")} }
	return f
}

type document struct {
	Page struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"page"`
	Status *struct {
		Indicator string `json:"indicator"`
	} `json:"status"`
	Components []component `json:"components"`
	Incidents  []incident  `json:"incidents"`
}

type component struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Group   bool   `json:"group"`
	GroupID string `json:"group_id"`
}

type incident struct {
	Status     string      `json:"status"`
	Impact     string      `json:"impact"`
	Components []component `json:"components"`
}

// Read makes sense of a summary, or of one of its parts.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(body, &d); err != nil {
		return listen.Document{}, err
	}
	if d.Page.ID == "" && d.Page.Name == "" {
		return listen.Document{}, errors.New("no page is named")
	}
	if d.Status == nil && len(d.Components) == 0 {
		return listen.Document{}, errors.New("neither a status nor components")
	}
	out := listen.Document{Full: len(d.Components) > 0}
	names := make(map[string]string)
	for _, c := range d.Components {
		names[c.ID] = c.Name
	}
	for _, c := range d.Components {
		out.Components = append(out.Components, listen.Statement{Component: c.Name, Group: names[c.GroupID], Outcome: outcomeOf(c.Status), Status: c.Status})
	}
	if len(out.Components) > 0 && silent(out.Components) {
		return listen.Document{}, errors.New("no component has a status that the API knows")
	}
	open := d.unresolved(&out)
	out.Page = d.whole(out.Components, open)
	return out, nil
}

// unresolved adds what open incidents say of their components, and reports
// whether there is any that has an impact.
func (d *document) unresolved(out *listen.Document) (open bool) {
	for _, in := range d.Incidents {
		switch in.Status {
		case "investigating", "identified", "monitoring":
		default:
			continue
		}
		if in.Impact == "none" || in.Impact == "maintenance" {
			continue
		}
		open = true
		for _, c := range in.Components {
			out.Components = append(out.Components, listen.Statement{Component: c.Name, Outcome: outcry.Bad, Status: in.Status})
		}
	}
	return open
}

func (d *document) whole(components []listen.Statement, open bool) listen.Statement {
	if open {
		return listen.Statement{Outcome: outcry.Bad, Status: "incident"}
	}
	if d.Status == nil {
		return listen.Worst(components, "operational")
	}
	s := listen.Statement{Status: d.Status.Indicator}
	switch d.Status.Indicator {
	case "none":
		s.Outcome = outcry.Good
	case "minor", "major", "critical":
		s.Outcome = outcry.Bad
	default:
		s.Outcome = outcry.Unknown
	}
	return s
}

// silent reports whether nothing at all is said.
func silent(list []listen.Statement) bool {
	for _, s := range list {
		if s.Outcome != outcry.Unknown || s.Status == "under_maintenance" {
			return false
		}
	}
	return true
}

func outcomeOf(status string) outcry.Outcome {
	switch status {
	case "operational":
		return outcry.Good
	case "degraded_performance", "partial_outage", "major_outage", "full_outage": // the last is incident.io's word
		return outcry.Bad
	default: // under_maintenance, and what is none of the API's
		return outcry.Unknown
	}
}
