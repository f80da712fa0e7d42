package app

import (
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
)

// agenda is the planned work of the configuration file. It never changes.
type agenda []appointment

type appointment struct {
	config.Maintenance
	services []string // those of its pages included
}

const (
	// announced is how long before its time work of the file is shown.
	announced = 14 * 24 * time.Hour
	// recalled is how long afterwards work of every week is, and recalledOnce
	// work that is done once.
	recalled     = 7 * 24 * time.Hour
	recalledOnce = 90 * 24 * time.Hour
)

func agendaOf(cfg *config.Config) agenda {
	var out agenda
	for _, m := range cfg.Maintenance {
		a := appointment{m, slices.Clone(m.Services)}
		for i := range cfg.Pages {
			if slices.Contains(m.Pages, cfg.Pages[i].ID) {
				a.services = append(a.services, shownOn(cfg, &cfg.Pages[i])...)
			}
		}
		slices.Sort(a.services)
		a.services = slices.Compact(a.services)
		out = append(out, a)
	}
	return out
}

// shownOn are the services of a page.
func shownOn(cfg *config.Config, p *config.Page) []string {
	if len(p.Services) > 0 {
		return p.Services
	}
	var all []string
	for i := range cfg.Services {
		if !cfg.Services[i].Private {
			all = append(all, cfg.Services[i].ID)
		}
	}
	return all
}

// scheduled is the work that pages tell of, for the instants from one on and
// before another.
type scheduled struct {
	from, until time.Time
	work        []page.Maintenance
}

// due gives what shown gives, and works it out only when it may be another than
// was kept.
func (a agenda) due(kept *scheduled, now time.Time) []page.Maintenance {
	if now.Before(kept.from) || !now.Before(kept.until) {
		*kept = scheduled{now, a.holds(now), a.shown(now)}
	}
	return kept.work
}

// holds gives an instant until which the same work is shown as now: none ends
// its time on the pages before, and none begins it.
func (a agenda) holds(now time.Time) time.Time {
	until := now.Add(announced)
	for i := range a {
		for _, w := range a[i].Windows(now.Add(-a[i].recalled()), now.Add(2*announced)) {
			if begins := w.From.Add(-announced); !begins.Before(now) {
				until = earliest(until, begins)
			} else {
				until = earliest(until, w.To.Add(a[i].recalled()))
			}
		}
	}
	return until
}

// recalled is how long after its end the work is shown.
func (a *appointment) recalled() time.Duration {
	if a.Weekly() {
		return recalled
	}
	return recalledOnce
}

// shown is the work that pages tell of at an instant.
func (a agenda) shown(now time.Time) []page.Maintenance {
	var out []page.Maintenance
	for i := range a {
		past, series := a[i].recalled(), ""
		if a[i].Weekly() {
			series = a[i].ID
		}
		for _, w := range a[i].Windows(now.Add(-past), now.Add(announced)) {
			first := w.From.Add(-announced).UTC() // the file does not say when it was written
			out = append(out, page.Maintenance{
				ID: w.ID, Series: series, Title: a[i].Title, Body: a[i].Text, Services: a[i].services,
				From: w.From.UTC(), To: w.To.UTC(), CreatedAt: first, UpdatedAt: first,
			})
		}
	}
	return out
}

// working reports whether work on a service is under way.
func (a agenda) working(service string, at time.Time) bool {
	return slices.ContainsFunc(a, func(p appointment) bool {
		return slices.Contains(p.services, service) && len(p.Windows(at, at.Add(1))) > 0
	})
}

// ours refuses an ID that is the file's.
func (a agenda) ours(id string) error {
	for i := range a {
		name, _ := strings.CutPrefix(id, a[i].ID)
		if name == "" || a[i].Weekly() && len(name) == len("-20060102") && strings.HasPrefix(id, a[i].ID+"-") {
			return outcry.Errorf(outcry.CodeConflict, "the maintenance %q is planned in the configuration file: change it there", id)
		}
	}
	return nil
}

// working reports whether planned work on a service is under way, by the file or
// by the API.
func (b *board) working(service string, at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.agenda.working(service, at) || slices.ContainsFunc(b.planned, func(m page.Maintenance) bool {
		return m.Active(at) && slices.Contains(m.Services, service)
	})
}
