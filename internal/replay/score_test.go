package replay

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outcry/outcry"
)

var noon = time.Date(2025, 4, 2, 12, 0, 0, 0, time.UTC)

func after(minutes float64) time.Time { return noon.Add(time.Duration(minutes * float64(time.Minute))) }

// fault is chat down from 12:00 to 13:00, its tail over at 13:40; mail is
// blamed for nothing.
func faulty(outages ...Outage) *Scenario {
	if outages == nil {
		outages = []Outage{{
			Onset: noon, Resolved: after(60), Decay: 5 * time.Minute,
			Services: Shares{{"chat", 0.9}, {"mail", 0.1}}, Collateral: []string{"mail"},
		}}
	}
	return &Scenario{
		Name: "s", Start: after(-60), End: after(300),
		Services: []Service{{ID: "chat"}, {ID: "mail"}, {ID: "maps"}},
		Outages:  outages,
		Official: []Bulletin{
			{At: after(-30), Services: []string{"chat"}, Status: StatusIssue}, // about something else
			{At: after(50), Services: []string{"mail"}, Status: StatusIssue},
			{At: after(51), Services: []string{"chat"}, Status: StatusIssue},
			{At: after(62), Services: []string{"chat"}, Status: StatusResolved},
		},
	}
}

// seen is an incident detected at the minute and published a quarter later.
func seen(id string, minute float64, services ...string) outcry.Incident {
	return outcry.Incident{
		ID: id, Services: services,
		DetectedAt: after(minute), PublishedAt: after(minute + 0.25),
		MonitoringAt: after(65), ClosedAt: after(90), Onset: outcry.Onset{At: after(0.5)},
	}
}

func secs(v float64) *float64 { return &v }

func TestScoreOfOneIncident(t *testing.T) {
	var r Result
	Score(faulty(), []outcry.Incident{seen("i1", 1, "chat")}, &r)
	id := "i1"
	want := []OutageScore{{
		Services: []string{"chat"}, Onset: noon, Resolved: after(60), Incident: &id,
		DetectDelayS: secs(60), PublishDelayS: secs(75), MonitoringDelayS: secs(300), CloseDelayS: secs(1800),
		OnsetErrorS: secs(30), OfficialLagS: secs(51 * 60), LeadS: secs(51*60 - 75), OfficialWords: "first word after 51 minutes of 60",
	}}
	if diff := cmp.Diff(want, r.Outages); diff != "" {
		t.Error(diff)
	}
}

func TestMatching(t *testing.T) {
	second := Outage{Onset: after(100), Resolved: after(130), Decay: time.Minute, Services: Shares{{"chat", 1}}}
	first := faulty().Outages[0]
	for _, c := range []struct {
		name      string
		scenario  *Scenario
		incidents []outcry.Incident
		matched   []string // per outage; "" for a miss, "~" before one that is covered
		wrong     []string
		twice     []string
		history   int
	}{
		{"nothing was found", faulty(), nil, []string{""}, nil, nil, 0},
		{"two minutes early is still the outage's", faulty(), []outcry.Incident{seen("a", -2, "chat")}, []string{"a"}, nil, nil, 0},
		{"three minutes early is false", faulty(), []outcry.Incident{seen("a", -3, "chat")}, []string{"~a"}, []string{"a"}, nil, 0},
		{"in the tail is the outage's", faulty(), []outcry.Incident{seen("a", 99, "chat")}, []string{"a"}, nil, nil, 0},
		{"after the tail is false", faulty(), []outcry.Incident{seen("a", 101, "chat")}, []string{""}, []string{"a"}, nil, 0},
		{"another service is false", faulty(), []outcry.Incident{seen("a", 1, "maps")}, []string{""}, []string{"a"}, nil, 0},
		{"a collateral service alone is false", faulty(), []outcry.Incident{seen("a", 1, "mail")}, []string{""}, []string{"a"}, nil, 0},
		{"the second of one outage is a duplicate", faulty(), []outcry.Incident{seen("b", 9, "chat"), seen("a", 1, "chat", "maps")}, []string{"a"}, nil, []string{"b"}, 0},
		{"an incident between two outages belongs to the nearer onset", faulty(first, second), []outcry.Incident{seen("a", 1, "chat"), seen("b", 98, "chat")}, []string{"a", "b"}, nil, nil, 0},
		{"a second wave under an open incident is covered", faulty(first, Outage{Onset: after(80), Resolved: after(85), Services: Shares{{"chat", 1}}}), []outcry.Incident{seen("a", 1, "chat")}, []string{"a", "~a"}, nil, nil, 0},
		{"one that a person opened is matched by its publication", faulty(), []outcry.Incident{{ID: "m", Services: []string{"chat"}, PublishedAt: after(3)}}, []string{"m"}, nil, nil, 0},
		{"one that was over before the start is history", faulty(), []outcry.Incident{{ID: "h", Services: []string{"chat"}, DetectedAt: after(-500), PublishedAt: after(-500), ClosedAt: after(-400)}}, []string{""}, nil, nil, 1},
		{"one that was open at the start is history and listed", faulty(), []outcry.Incident{{ID: "h", Services: []string{"maps"}, DetectedAt: after(-500), PublishedAt: after(-500)}}, []string{""}, []string{"h"}, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Result
			Score(c.scenario, c.incidents, &r)
			var matched []string
			for _, o := range r.Outages {
				id := ""
				if o.Incident != nil {
					id = *o.Incident
				}
				if o.Covered {
					id = "~" + id
				}
				matched = append(matched, id)
			}
			if !slices.Equal(matched, c.matched) || !slices.Equal(r.FalseIncidents, c.wrong) || !slices.Equal(r.Duplicates, c.twice) || r.HistoryIncidents != c.history {
				t.Errorf("matched %q, false %q, duplicates %q, history %d", matched, r.FalseIncidents, r.Duplicates, r.HistoryIncidents)
			}
		})
	}
}

func TestResultHasItsKeysAndNoNullLists(t *testing.T) {
	var r Result
	Score(faulty(), []outcry.Incident{{ID: "m", Services: []string{"chat"}, PublishedAt: after(3)}}, &r)
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"scenario":"s","seed":0,"wall_s":0,"reports_sent":0,"reports_in":0,"reports_counted":0,"reports_refused":{},` +
		`"history_incidents":0,"incidents":[{"id":"m","services":["chat"],"collateral":[],"scope":{"regions":[],"carriers":[],"symptoms":[]},` +
		`"detected_at":null,"published_at":"2025-04-02T12:03:00Z","confirmed_at":null,"monitoring_at":null,"closed_at":null,` +
		`"onset_estimate":null,"onset_interval":[null,null],"onset_at_publication":null,"evidence":[],"contributions":[],"headline":""}],` +
		`"outages":[{"services":["chat"],"onset":"2025-04-02T12:00:00Z","resolved":"2025-04-02T13:00:00Z","incident":"m","covered":false,` +
		`"detect_delay_s":null,"publish_delay_s":180,"monitoring_delay_s":null,"close_delay_s":null,"onset_error_s":null,` +
		`"official_lag_s":3060,"lead_s":2880,"official_words":"first word after 51 minutes of 60"}],"false_incidents":[],"duplicates":[]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
