// Package apple reads Apple's system status: system_status_en_US.js and its
// siblings, bare JSON or wrapped in jsonCallback(…).
//
// A service is in trouble while an event of it is ongoing. Resolved and
// completed ones stay listed for a day; maintenance is no fault.
package apple

import (
	"bytes"
	"errors"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Apple's.
func Format() listen.Format { return listen.Single(Read) }

type document struct {
	Services []struct {
		Name   string  `json:"serviceName"`
		Events []event `json:"events"`
	} `json:"services"`
}

type event struct {
	Type   string `json:"statusType"`  // Issue, Outage, Maintenance
	Status string `json:"eventStatus"` // ongoing, resolved, completed, upcoming
}

// Read makes sense of the document.
func Read(body []byte) (listen.Document, error) {
	var d document
	if err := listen.Decode(unwrap(body), &d); err != nil {
		return listen.Document{}, err
	}
	out := listen.Document{Full: true}
	for _, s := range d.Services {
		name := strings.TrimSpace(s.Name)
		if name == "" {
			continue
		}
		one := listen.Statement{Component: name, Outcome: outcry.Good, Status: "available"}
		for _, e := range s.Events {
			one = e.on(one)
		}
		out.Components = append(out.Components, one)
	}
	if len(out.Components) == 0 {
		return listen.Document{}, errors.New("no services are listed")
	}
	out.Page = listen.Worst(out.Components, "available")
	return out, nil
}

// on is what an event makes of its service's statement.
func (e event) on(s listen.Statement) listen.Statement {
	switch {
	case !strings.EqualFold(e.Status, "ongoing"):
	case !strings.EqualFold(e.Type, "Maintenance"):
		s.Outcome, s.Status = outcry.Bad, e.Type
	case s.Outcome == outcry.Good:
		s.Outcome, s.Status = outcry.Unknown, "maintenance"
	}
	return s
}

// unwrap takes a document out of the call that it may be the argument of.
func unwrap(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	open := bytes.IndexByte(body, '(')
	if open < 0 || bytes.ContainsAny(body[:open], "{[\"") {
		return body
	}
	rest := bytes.TrimRight(body[open+1:], "; \t\r\n")
	return bytes.TrimSuffix(rest, []byte(")"))
}
