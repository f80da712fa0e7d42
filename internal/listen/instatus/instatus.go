// Package instatus reads status pages that Instatus hosts: /summary.json, with
// what goes on, and /v2/components.json, with the components.
package instatus

import (
	"errors"
	"net/url"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Instatus's. The address is the page's.
func Format() listen.Format {
	return listen.Format{
		URLs: func(page *url.URL) []string {
			return []string{listen.At(page, "/summary.json", "/summary.json"), listen.At(page, "/v2/components.json", "/components.json")}
		},
		Read: func(bodies [][]byte, _ time.Time) (listen.Document, error) { return Read(bodies[0], bodies[1]) },
	}
}

type summary struct {
	Page struct {
		Name   string `json:"name"`
		Status string `json:"status"` // UP, HASISSUES, UNDERMAINTENANCE
	} `json:"page"`
}

type components struct {
	Components []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Group  *struct {
			Name string `json:"name"`
		} `json:"group"`
	} `json:"components"`
}

// Read makes sense of the two documents.
func Read(summaryBody, componentsBody []byte) (listen.Document, error) {
	var s summary
	var c components
	if err := errors.Join(listen.Decode(summaryBody, &s), listen.Decode(componentsBody, &c)); err != nil {
		return listen.Document{}, err
	}
	out := listen.Document{Full: true, Page: listen.Statement{Status: s.Page.Status}}
	switch s.Page.Status {
	case "UP":
		out.Page.Outcome = outcry.Good
	case "HASISSUES":
		out.Page.Outcome = outcry.Bad
	case "UNDERMAINTENANCE":
		out.Page.Outcome = outcry.Unknown
	default:
		return listen.Document{}, errors.New("the page has no status that is known")
	}
	if len(c.Components) == 0 {
		return listen.Document{}, errors.New("no components are listed")
	}
	for _, x := range c.Components {
		one := listen.Statement{Component: x.Name, Outcome: outcomeOf(x.Status), Status: x.Status}
		if x.Group != nil {
			one.Group = x.Group.Name
		}
		out.Components = append(out.Components, one)
	}
	return out, nil
}

func outcomeOf(status string) outcry.Outcome {
	switch status {
	case "OPERATIONAL":
		return outcry.Good
	case "DEGRADEDPERFORMANCE", "PARTIALOUTAGE", "MINOROUTAGE", "MAJOROUTAGE":
		return outcry.Bad
	default: // UNDERMAINTENANCE, and what is not known
		return outcry.Unknown
	}
}
