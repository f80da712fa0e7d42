// Package heroku reads status pages of Heroku's kind:
// https://status.heroku.com/api/v4/current-status, with a colour for each
// system.
package heroku

import (
	"errors"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Heroku's. The address may be the page's.
func Format() listen.Format {
	f := listen.Single(Read)
	f.URLs = func(page *url.URL) []string {
		return []string{listen.At(page, "/api/v4/current-status", "/current-status")}
	}
	return f
}

type document struct {
	Status []struct {
		System string `json:"system"`
		Status string `json:"status"` // green, blue (maintenance), yellow, orange, red
	} `json:"status"`
}

// Read makes sense of the document.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(body, &d); err != nil {
		return listen.Document{}, err
	}
	out := listen.Document{Full: true}
	known := false
	for _, s := range d.Status {
		one := listen.Statement{Component: s.System, Outcome: outcry.Unknown, Status: s.Status}
		switch s.Status {
		case "green":
			one.Outcome = outcry.Good
		case "yellow", "orange", "red":
			one.Outcome = outcry.Bad
		}
		known = known || one.Outcome != outcry.Unknown || s.Status == "blue"
		out.Components = append(out.Components, one)
	}
	if !known {
		return listen.Document{}, errors.New("no system has a colour that is known")
	}
	out.Page = listen.Worst(out.Components, "green")
	return out, nil
}
