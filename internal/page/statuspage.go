package page

import (
	"time"

	"github.com/outcry/outcry"
)

// The Statuspage v2 shape, field by field in its own order, so that clients
// written for hosted status pages read ours unchanged. Times are RFC 3339 with
// milliseconds in UTC; what we have no counterpart for is null.

type v2Page struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	TimeZone  string `json:"time_zone"`
	UpdatedAt string `json:"updated_at"`
}

type v2Status struct {
	Indicator   string `json:"indicator"`
	Description string `json:"description"`
}

type v2Component struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Status             string   `json:"status"`
	CreatedAt          *string  `json:"created_at"`
	UpdatedAt          *string  `json:"updated_at"`
	Position           int      `json:"position"`
	Description        *string  `json:"description"`
	Showcase           bool     `json:"showcase"`
	StartDate          *string  `json:"start_date"`
	GroupID            *string  `json:"group_id"`
	PageID             string   `json:"page_id"`
	Group              bool     `json:"group"`
	OnlyShowIfDegraded bool     `json:"only_show_if_degraded"`
	Components         []string `json:"components,omitempty"`
}

type v2Incident struct {
	ID                string        `json:"id"`
	Name              string        `json:"name"`
	Status            string        `json:"status"`
	CreatedAt         string        `json:"created_at"`
	UpdatedAt         string        `json:"updated_at"`
	MonitoringAt      *string       `json:"monitoring_at"`
	ResolvedAt        *string       `json:"resolved_at"`
	Impact            string        `json:"impact"`
	Shortlink         string        `json:"shortlink"`
	StartedAt         string        `json:"started_at"`
	PageID            string        `json:"page_id"`
	Updates           []v2Update    `json:"incident_updates"`
	Components        []v2Component `json:"components"`
	ReminderIntervals *string       `json:"reminder_intervals"`
}

type v2Update struct {
	ID                   string       `json:"id"`
	Status               string       `json:"status"`
	Body                 string       `json:"body"`
	IncidentID           string       `json:"incident_id"`
	CreatedAt            string       `json:"created_at"`
	UpdatedAt            string       `json:"updated_at"`
	DisplayAt            string       `json:"display_at"`
	AffectedComponents   []v2Affected `json:"affected_components"`
	DeliverNotifications bool         `json:"deliver_notifications"`
	CustomTweet          *string      `json:"custom_tweet"`
	TweetID              *string      `json:"tweet_id"`
}

type v2Affected struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	OldStatus string `json:"old_status"`
	NewStatus string `json:"new_status"`
}

type v2Document struct {
	Page         v2Page          `json:"page"`
	Status       *v2Status       `json:"status,omitempty"`
	Components   []v2Component   `json:"components,omitzero"`
	Incidents    []v2Incident    `json:"incidents,omitzero"`
	Maintenances []v2Maintenance `json:"scheduled_maintenances,omitzero"`
}

// v2Incidents bounds the list of incidents, as the original does.
const v2Incidents = 50

// statuspage gives the v2 documents.
func (b *builder) statuspage() []View {
	p := b.v2Page()
	components, work := b.v2Components(), b.v2Maintenances()
	status := b.v2Status()
	all, open := make([]v2Incident, 0), make([]v2Incident, 0)
	for i := range b.world.Incidents {
		in := &b.world.Incidents[i]
		if in.State == outcry.StateDismissed {
			continue // the original has no such state: a withdrawn one is gone
		}
		if !in.Open() && len(all) == v2Incidents {
			continue
		}
		v := b.v2Incident(in)
		if in.Open() {
			open = append(open, v)
		}
		if len(all) < v2Incidents {
			all = append(all, v)
		}
	}
	docs := []struct {
		name string
		doc  v2Document
	}{
		{"summary", v2Document{Page: p, Status: &status, Components: components, Incidents: open, Maintenances: work.coming()}},
		{"status", v2Document{Page: p, Status: &status}},
		{"components", v2Document{Page: p, Components: components}},
		{"incidents", v2Document{Page: p, Incidents: all}},
		{"incidents/unresolved", v2Document{Page: p, Incidents: open}},
		{"scheduled-maintenances", v2Document{Page: p, Maintenances: work.all}},
		{"scheduled-maintenances/upcoming", v2Document{Page: p, Maintenances: work.in("scheduled")}},
		{"scheduled-maintenances/active", v2Document{Page: p, Maintenances: work.in("in_progress")}},
	}
	out := make([]View, 0, len(docs))
	for _, d := range docs {
		out = append(out, View{Path: "/api/v2/" + d.name + ".json", mediaType: typeJSON, data: d.doc})
	}
	return out
}

// v2Page dates the page by its last change, not by the clock, so that the
// documents keep their bytes while nothing happens.
func (b *builder) v2Page() v2Page {
	changed := time.Time{}
	for i := range b.world.Incidents {
		changed = later(b.world.Incidents[i].UpdatedAt, changed)
	}
	for i := range b.world.Maintenances {
		changed = later(b.world.Maintenances[i].UpdatedAt, changed)
	}
	for _, s := range b.standings {
		changed = later(s.Since, changed)
	}
	return v2Page{ID: "outcry", Name: b.opt.Name, URL: b.opt.URL, TimeZone: b.loc.String(), UpdatedAt: v2Time(changed)}
}

func (b *builder) v2Status() v2Status {
	h := b.overall(b.standings)
	indicator := map[Status]string{Operational: "none", Maintained: "maintenance", Recovering: "minor", Unconfirmed: "minor", Degraded: "major", Outage: "major"}[h.Status]
	description := h.Sentence
	switch {
	case h.Status == Unknown:
		indicator = "none" // the format has no word for not knowing; the description says it
	case h.Status == Operational:
		description = "All Systems Operational" // clients compare with these words
	}
	for i := range b.world.Incidents {
		if in := &b.world.Incidents[i]; in.Open() && in.Impact == outcry.ImpactCritical && in.Confirmed {
			indicator = "critical"
		}
	}
	return v2Status{indicator, description}
}

func v2Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func v2Maybe(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(v2Time(t))
}

func v2Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
