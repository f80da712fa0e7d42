// Package google reads the incidents.json of Google Cloud's and Google
// Workspace's status dashboards.
//
// The list is the history: an incident without an end is going on, and is about
// each of its products. Products without one have nothing wrong.
package google

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Google's. The address may be the dashboard's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string { return []string{listen.At(page, "/incidents.json", ".json")} }
	return f
}

type incident struct {
	ID       string `json:"id"`
	Begin    string `json:"begin"`
	End      string `json:"end"`
	Impact   string `json:"status_impact"`
	Service  string `json:"service_name"`
	Products []struct {
		Title string `json:"title"`
	} `json:"affected_products"`
}

// Read makes sense of the list.
func Read(body []byte) (listen.Document, error) {
	var list []incident
	if err := listen.Decode(body, &list); err != nil {
		return listen.Document{}, err
	}
	if len(list) == 0 {
		return listen.Document{}, errors.New("the history is empty, which it never is")
	}
	var out listen.Document
	for _, in := range list {
		if in.ID == "" || in.Begin == "" {
			return listen.Document{}, errors.New("an incident without an id or a beginning")
		}
		if in.End == "" {
			out.Components = append(out.Components, in.statements()...)
		}
	}
	out.Page = listen.Worst(out.Components, "available")
	return out, nil
}

func (in *incident) statements() []listen.Statement {
	s := listen.Statement{Component: in.Service, Outcome: outcry.Bad, Status: in.Impact}
	if in.Impact == "AVAILABLE" || in.Impact == "SERVICE_INFORMATION" {
		s.Outcome = outcry.Good
	}
	out := []listen.Statement{s}
	for _, p := range in.Products {
		s.Component = p.Title
		out = append(out, s)
	}
	return out
}
