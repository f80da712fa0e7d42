package page

import (
	"cmp"
	"slices"
	"time"
)

// v2Maintenance is an incident of the format, with its window.
type v2Maintenance struct {
	v2Incident
	ScheduledFor   string `json:"scheduled_for"`
	ScheduledUntil string `json:"scheduled_until"`
}

// v2Work is the planned work of a page, newest first.
type v2Work struct{ all []v2Maintenance }

func (w v2Work) in(state string) []v2Maintenance {
	return slices.DeleteFunc(slices.Clone(w.all), func(m v2Maintenance) bool { return m.Status != state })
}

// coming is what the summary lists: planned and under way.
func (w v2Work) coming() []v2Maintenance {
	return slices.DeleteFunc(slices.Clone(w.all), func(m v2Maintenance) bool { return m.Status == "completed" })
}

// v2Maintenances lists planned work of the kept past and of the future. What
// happens to it by the clock alone is told as an update of its own, as the
// original does.
func (b *builder) v2Maintenances() v2Work {
	out := make([]v2Maintenance, 0, len(b.world.Maintenances))
	for i := range b.world.Maintenances {
		if m := &b.world.Maintenances[i]; b.now.before(m.To.Add(keptMaintenance)) {
			out = append(out, b.v2Maintenance(m))
		}
	}
	slices.SortStableFunc(out, func(x, y v2Maintenance) int { return cmp.Compare(y.ScheduledFor, x.ScheduledFor) })
	return v2Work{out[:min(len(out), v2Incidents)]}
}

func (b *builder) v2Maintenance(m *Maintenance) v2Maintenance {
	state := b.stateOf(m)
	v := v2Maintenance{
		ScheduledFor: v2Time(m.From), ScheduledUntil: v2Time(m.To),
		v2Incident: v2Incident{
			ID: m.ID, Name: clean(m.Title, maxLine), Status: state, CreatedAt: v2Time(m.CreatedAt), Impact: "maintenance",
			Shortlink: b.opt.URL + "/", StartedAt: v2Time(m.From), PageID: "outcry", Components: make([]v2Component, 0, len(m.Services)),
		},
	}
	for _, id := range m.Services {
		if s := b.byID[id]; s != nil {
			v.Components = append(v.Components, b.v2Component(s, len(v.Components)+1))
		}
	}
	body := prose(m.Body)
	v.say(b, m, "scheduled", cmp.Or(body, clean(m.Title, maxLine)), m.CreatedAt)
	if state != "scheduled" {
		v.say(b, m, "in_progress", "Scheduled maintenance is currently in progress.", m.From)
	}
	if state == "completed" {
		v.say(b, m, "completed", "The scheduled maintenance has been completed.", m.To)
		v.ResolvedAt = v2Maybe(m.To)
	}
	v.UpdatedAt = v.Updates[0].UpdatedAt
	if t := v2Time(m.UpdatedAt); t > v.UpdatedAt {
		v.UpdatedAt = t
	}
	return v
}

// say puts an update in front of the others.
func (v *v2Maintenance) say(b *builder, m *Maintenance, state, body string, at time.Time) {
	t := v2Time(at)
	before, after := Operational.v2(), Operational.v2()
	switch state {
	case "in_progress":
		after = Maintained.v2()
	case "completed":
		before = Maintained.v2()
	}
	u := v2Update{
		ID: m.ID + "-" + state, Status: state, Body: body, IncidentID: m.ID, CreatedAt: t, UpdatedAt: t, DisplayAt: t,
		DeliverNotifications: true, AffectedComponents: make([]v2Affected, 0, len(m.Services)),
	}
	for _, id := range m.Services {
		if name, ok := b.shown[id]; ok {
			u.AffectedComponents = append(u.AffectedComponents, v2Affected{id, name, before, after})
		}
	}
	v.Updates = slices.Insert(v.Updates, 0, u)
}
