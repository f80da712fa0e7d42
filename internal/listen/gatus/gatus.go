// Package gatus reads the status pages of Gatus:
// /api/v1/endpoints/statuses, with the last results of every endpoint.
package gatus

import (
	"errors"
	"net/url"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// pageSize is as many endpoints as Gatus gives at a time.
const pageSize = 100

// Format is that of Gatus. The address may be the page's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string {
		return []string{listen.At(page, "/api/v1/endpoints/statuses?page=1&pageSize=100", "/statuses")}
	}
	return f
}

type endpoint struct {
	Name    string   `json:"name"`
	Group   string   `json:"group"`
	Results []result `json:"results"`
}

type result struct {
	Success   bool      `json:"success"`
	Timestamp time.Time `json:"timestamp"`
}

// Read makes sense of the list.
func Read(body []byte) (listen.Document, error) {
	var list []endpoint
	if err := listen.Decode(body, &list); err != nil {
		return listen.Document{}, err
	}
	if len(list) == 0 {
		return listen.Document{}, errors.New("no endpoints are listed")
	}
	out := listen.Document{Full: len(list) < pageSize}
	for i := range list {
		if list[i].Name == "" {
			return listen.Document{}, errors.New("an endpoint without a name")
		}
		out.Components = append(out.Components, list[i].statement())
	}
	out.Page = listen.Worst(out.Components, "up")
	return out, nil
}

// statement is what the newest result says.
func (e *endpoint) statement() listen.Statement {
	s := listen.Statement{Component: e.Name, Group: e.Group, Outcome: outcry.Unknown, Status: "no-results"}
	var newest time.Time
	for _, r := range e.Results {
		if r.Timestamp.Before(newest) {
			continue
		}
		newest = r.Timestamp
		if s.Outcome, s.Status = outcry.Bad, "down"; r.Success {
			s.Outcome, s.Status = outcry.Good, "up"
		}
	}
	return s
}
