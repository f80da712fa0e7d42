package page

import (
	"fmt"
	"strings"

	"github.com/outcry/outcry"
)

// v2Components lists groups and services in the order of the page.
func (b *builder) v2Components() []v2Component {
	out := make([]v2Component, 0, len(b.standings))
	groups := make(map[string]int) // index into out by the group's ID
	for _, s := range b.standings {
		c := b.v2Component(s, len(out)+1)
		if c.GroupID == nil {
			out = append(out, c)
			continue
		}
		at, ok := groups[*c.GroupID]
		if !ok {
			at = len(out)
			groups[*c.GroupID] = at
			out = append(out, v2Component{
				ID: *c.GroupID, Name: clean(s.Group, maxName), Status: Operational.v2(),
				Position: at + 1, PageID: "outcry", Group: true,
			})
			c.Position++
		}
		g := &out[at]
		g.Components = append(g.Components, s.ID)
		g.Status = v2Worse(g.Status, c.Status)
		out = append(out, c)
	}
	return out
}

// v2Groups gives the IDs of groups by their names: the place of each on the page.
func v2Groups(standings []*standing) map[string]string {
	out := make(map[string]string)
	for _, s := range standings {
		if s.Group != "" && out[s.Group] == "" {
			out[s.Group] = fmt.Sprintf("group-%d", len(out)+1)
		}
	}
	return out
}

func (b *builder) v2Component(s *standing, position int) v2Component {
	changed := s.Since
	for _, in := range s.incidents {
		changed = later(in.UpdatedAt, changed)
	}
	c := v2Component{
		ID: s.ID, Name: s.name, Status: s.status.v2(), CreatedAt: v2Maybe(s.Since), UpdatedAt: v2Maybe(changed),
		Position: position, Description: v2Text(clean(s.Description, maxLine)), PageID: "outcry", GroupID: v2Text(b.groupIDs[s.Group]),
	}
	if !s.Since.IsZero() {
		c.StartDate = new(s.Since.UTC().Format("2006-01-02"))
	}
	return c
}

// v2 is the status in the format's words, which has none for not knowing:
// a service without an incident counts as operational there.
func (s Status) v2() string { return statusText[s].v2 }

func v2Worse(a, b string) string {
	const order = "operational under_maintenance degraded_performance partial_outage major_outage"
	if strings.Index(order, a) >= strings.Index(order, b) {
		return a
	}
	return b
}

func (b *builder) v2Incident(in *outcry.Incident) v2Incident {
	v := v2Incident{
		ID: in.ID, Name: clean(in.Title, maxLine), Status: v2State(in.State), CreatedAt: v2Time(in.PublishedAt),
		UpdatedAt: v2Time(in.UpdatedAt), MonitoringAt: v2Maybe(in.MonitoringAt), ResolvedAt: v2Maybe(in.ClosedAt),
		Impact: v2Impact(in.Impact), Shortlink: b.opt.URL + incidentPath(in.ID), StartedAt: v2Time(began(in)), PageID: "outcry",
		Updates: make([]v2Update, 0, len(in.Updates)), Components: make([]v2Component, 0, len(in.Services)),
	}
	for _, id := range in.Services {
		if s := b.byID[id]; s != nil {
			v.Components = append(v.Components, b.v2Component(s, len(v.Components)+1))
		}
	}
	before := Operational.v2()
	said := b.said(in)
	for i, u := range in.Updates {
		now := v2After(in, u.State)
		v.Updates = append(v.Updates, b.v2Update(in, u, said[i], before, now))
		before = now
	}
	for i, j := 0, len(v.Updates)-1; i < j; i, j = i+1, j-1 { // newest first
		v.Updates[i], v.Updates[j] = v.Updates[j], v.Updates[i]
	}
	return v
}

func (b *builder) v2Update(in *outcry.Incident, u outcry.Update, body, before, now string) v2Update {
	at := v2Time(u.At)
	out := v2Update{
		ID: u.ID, Status: v2State(u.State), Body: body, IncidentID: in.ID,
		CreatedAt: at, UpdatedAt: at, DisplayAt: at, AffectedComponents: make([]v2Affected, 0, len(in.Services)),
		DeliverNotifications: true,
	}
	for _, id := range in.Services {
		if name, ok := b.shown[id]; ok {
			out.AffectedComponents = append(out.AffectedComponents, v2Affected{id, name, before, now})
		}
	}
	return out
}

// v2After is the components' status from an update on.
func v2After(in *outcry.Incident, s outcry.IncidentState) string {
	at := *in
	at.State = s
	return present(&at).v2()
}

func v2State(s outcry.IncidentState) string {
	if s == outcry.StatePossible {
		return string(outcry.StateInvestigating)
	}
	return string(s)
}

func v2Impact(i outcry.Impact) string {
	if i == "" {
		return string(outcry.ImpactNone)
	}
	return string(i)
}
