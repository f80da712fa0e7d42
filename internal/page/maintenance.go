package page

import (
	"time"
)

// Maintenance is planned work on services.
type Maintenance struct {
	ID        string    `json:"id"`
	Series    string    `json:"series,omitempty"` // what it is one time of; pages show the next of each
	Title     string    `json:"title"`
	Body      string    `json:"body,omitempty"` // Markdown
	Services  []string  `json:"services"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Active reports whether the work is under way at an instant.
func (m *Maintenance) Active(now time.Time) bool { return !now.Before(m.From) && now.Before(m.To) }

// keptMaintenance is how long past work stays on the pages.
const keptMaintenance = 90 * 24 * time.Hour

// stateOf is a maintenance's state in the words of the Statuspage v2 format.
func (c clock) stateOf(m *Maintenance) string {
	switch {
	case c.now.before(m.From):
		return "scheduled"
	case c.now.before(m.To):
		return "in_progress"
	default:
		return "completed"
	}
}

// maintenanceView is planned work on a page.
type maintenanceView struct {
	ID, Title, Services string
	State               string // as in the v2 format
	Word                string // for people
	From, To            Moment
	Body                markup
}

// plan hands planned work to its services.
func (b *builder) plan(m *Maintenance) {
	if !m.Active(b.now.exact()) {
		return
	}
	for _, id := range m.Services {
		if s := b.byID[id]; s != nil {
			s.planned = m
		}
	}
}

// maintenances gives the work that is planned or under way on any of the
// services, the next first.
func (b *builder) maintenances(members []*standing) []maintenanceView {
	var out []maintenanceView
	seen := make(map[string]bool)
	for i := range b.world.Maintenances {
		m := &b.world.Maintenances[i]
		if !b.now.before(m.To) || seen[m.Series] || !concernsAny(m.Services, members) {
			continue
		}
		seen[m.Series] = m.Series != ""
		v := maintenanceView{
			ID: m.ID, Title: clean(m.Title, maxLine), State: b.stateOf(m), Word: "Planned", From: b.moment(m.From), To: b.moment(m.To), Body: marked(m.Body),
		}
		if v.State == "in_progress" {
			v.Word = "Under way"
		}
		v.Services = b.list(names(m.Services, b.shown))
		out = append(out, v)
	}
	return out
}

func concernsAny(ids []string, members []*standing) bool {
	for _, s := range members {
		for _, id := range ids {
			if s.ID == id {
				return true
			}
		}
	}
	return false
}
