package config

import (
	"fmt"
	"time"
)

// Bounds of planned work.
const (
	mostMaintenance    = 200
	longestMaintenance = 31 * 24 * time.Hour
	longestText        = 16 << 10 // bytes
)

// maintenance verifies planned work.
func (v *validator) maintenance() {
	if len(v.Maintenance) > mostMaintenance {
		v.bad("maintenance", "at most %d", mostMaintenance)
	}
	services, seen := v.serviceIDs(), map[string]string{}
	pages := make([]string, len(v.Pages))
	for i := range v.Pages {
		pages[i] = v.Pages[i].ID
	}
	for i := range v.Maintenance {
		m, path := &v.Maintenance[i], fmt.Sprintf("maintenance[%d]", i)
		v.id(path+".id", m.ID, seen)
		if _, given := v.marks[path+".title"]; given && m.Title == "" {
			v.bad(path+".title", "must not be empty")
		}
		if len(m.Text) > longestText {
			v.bad(path+".text", "has %d bytes, at most %d", len(m.Text), longestText)
		}
		v.allKnown(path+".services", "service", m.Services, services)
		v.allKnown(path+".pages", "page", m.Pages, pages)
		if len(m.Services)+len(m.Pages) == 0 {
			v.bad(path, "needs services or pages: what is worked on?")
		}
		if m.Timezone != v.Pages[0].Timezone { // else it is the page's, and is reported there
			v.timezone(path+".timezone", m.Timezone)
		}
		v.windows(path, m)
	}
}

// windows verifies when the work is.
func (v *validator) windows(path string, m *Maintenance) {
	given := func(key string) bool { _, ok := v.marks[path+"."+key]; return ok }
	once, weekly := given("from") || given("to"), given("days") || given("at") || given("for")
	zone, err := time.LoadLocation(m.Timezone)
	switch {
	case once == weekly:
		v.bad(path, "needs either from and to, or days, at and for")
	case weekly && (!given("days") || !given("at") || !given("for")):
		v.bad(path, "days, at and for go together")
	case weekly && len(m.Days) == 0:
		v.bad(path+".days", "needs at least one day")
	case weekly:
		v.within(path+".for", m.For, time.Minute, 24*time.Hour)
	case !given("from") || !given("to"):
		v.bad(path, "from and to go together")
	case err != nil || m.From.IsZero() || m.To.IsZero(): // reported already
	case !m.From.In(zone).Before(m.To.In(zone)):
		v.bad(path+".to", "must be after from")
	default:
		v.within(path+".to", m.To.In(zone).Sub(m.From.In(zone)), time.Minute, longestMaintenance)
	}
}
