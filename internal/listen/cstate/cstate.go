// Package cstate reads status pages that cState makes: /index.json.
package cstate

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is that of cState. The address may be the page's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string { return []string{listen.At(page, "/index.json", ".json")} }
	return f
}

type document struct {
	Version string `json:"cStateVersion"`
	Systems []struct {
		Name     string `json:"name"`
		Category string `json:"category"`
		Status   string `json:"status"` // ok, notice, disrupted, down
	} `json:"systems"`
}

// Read makes sense of the document.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(body, &d); err != nil {
		return listen.Document{}, err
	}
	if d.Version == "" || len(d.Systems) == 0 {
		return listen.Document{}, errors.New("no version of cState, or no systems")
	}
	out := listen.Document{Full: true}
	for _, s := range d.Systems {
		one := listen.Statement{Component: s.Name, Group: s.Category, Outcome: outcry.Unknown, Status: s.Status}
		switch s.Status {
		case "ok":
			one.Outcome = outcry.Good
		case "disrupted", "down":
			one.Outcome = outcry.Bad
		}
		out.Components = append(out.Components, one)
	}
	out.Page = listen.Worst(out.Components, "ok")
	return out, nil
}
