// Package aws reads the current events of the AWS Health Dashboard:
// https://health.aws.amazon.com/public/currentevents, which is UTF-16BE with a
// byte-order mark. It has been seen as a list of events and as a map of lists.
//
// An event is about its service ("s3-us-east-1"), the service's name within its
// region ("N. Virginia / Amazon Simple Storage Service"), its region, and what
// else it impacts. What no event is about has nothing wrong.
package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is that of AWS.
func Format() listen.Format { return listen.Single(Read) }

type event struct {
	Service  string              `json:"service"`
	Name     string              `json:"service_name"`
	Region   string              `json:"region_name"`
	Status   listen.Text         `json:"status"` // 0 resolved, 1 degraded, 2 and 3 disrupted
	Impacted map[string]impacted `json:"impacted_services"`
}

type impacted struct {
	Name    string      `json:"service_name"`
	Current listen.Text `json:"current"`
}

// Read makes sense of the events.
func Read(body []byte) (listen.Document, error) {
	text, err := listen.UTF8(body)
	if err != nil {
		return listen.Document{}, err
	}
	list, err := events(text)
	if err != nil {
		return listen.Document{}, err
	}
	var out listen.Document
	for i := range list {
		if list[i].Service == "" && list[i].Name == "" {
			return listen.Document{}, errors.New("an event about no service")
		}
		out.Components = append(out.Components, list[i].statements()...)
	}
	out.Page = listen.Worst(out.Components, "no-events")
	return out, nil
}

// events takes a list, or a map whose values are events or lists of them.
func events(text []byte) ([]event, error) {
	var list []event
	first := listen.Decode(text, &list)
	if first == nil {
		return list, nil
	}
	var byKey map[string]json.RawMessage
	if listen.Decode(text, &byKey) != nil {
		return nil, first
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		var some []event
		var one event
		if json.Unmarshal(byKey[key], &some) == nil {
			list = append(list, some...)
		} else if err := json.Unmarshal(byKey[key], &one); err == nil {
			list = append(list, one)
		} else {
			return nil, fmt.Errorf("the value of %.40q is no event: %w", key, err)
		}
	}
	return list, nil
}

func (e *event) statements() []listen.Statement {
	s := listen.Statement{Component: e.Service, Outcome: outcomeOf(e.Status), Status: "status-" + string(e.Status)}
	out := []listen.Statement{s}
	for _, names := range [][2]string{{"", e.Name}, {e.Region, e.Name}, {"", e.Region}} {
		if names[1] != "" {
			s.Group, s.Component = names[0], names[1]
			out = append(out, s)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Impacted)) {
		x := e.Impacted[key]
		s.Outcome, s.Status = outcomeOf(x.Current), "status-"+string(x.Current)
		for _, names := range [][2]string{{"", key}, {e.Region, x.Name}} {
			s.Group, s.Component = names[0], names[1]
			out = append(out, s)
		}
	}
	return out
}

func outcomeOf(status listen.Text) outcry.Outcome {
	switch status {
	case "0":
		return outcry.Good
	case "1", "2", "3":
		return outcry.Bad
	default:
		return outcry.Unknown
	}
}
