package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
)

// bulletinsOf are what vendors' pages said in a tick, of the tick's tallies:
// their cells name the source and its status.
func bulletinsOf(tallies []outcry.Tally) []outcry.Bulletin {
	var out []outcry.Bulletin
	for i := range tallies {
		y := &tallies[i]
		if y.Kind != outcry.KindBulletin {
			continue
		}
		for _, c := range y.Cells {
			out = append(out, outcry.Bulletin{
				Source: c.Vantage, Service: y.Service, At: y.Tick.Start(), Outcome: outcomeOf(&c.Counts), Status: c.Symptom,
			})
		}
	}
	return out
}

// outcomeOf is what some signals of one tick come to.
func outcomeOf(n *outcry.Counts) outcry.Outcome {
	switch {
	case n.Bad > 0:
		return outcry.Bad
	case n.Unknown == n.Total:
		return outcry.Unknown
	default:
		return outcry.Good
	}
}

// rehearFor is how far back a new ledger is told what vendors said: a listener
// says again what stands more often than this.
const rehearFor = 24 * time.Hour

// rehear tells a new ledger what vendors have said lately, so that an incident
// knows what they said when it began.
func (c *court) rehear(ctx context.Context) error {
	if c.said == nil || c.last == 0 {
		return nil
	}
	tallies, err := c.said(ctx, c.last-outcry.Ticks(rehearFor), c.last+1)
	if err != nil {
		return fmt.Errorf("read what vendors have said lately: %w", err)
	}
	c.l.Recall(bulletinsOf(tallies))
	return nil
}

// said reads bulletins from the store.
func (p *process) said(ctx context.Context, from, to outcry.Tick) ([]outcry.Tally, error) {
	return p.store.Tallies(ctx, store.TallyQuery{Kind: outcry.KindBulletin, From: from, To: to, Cells: true})
}

// bulletinOnPage puts a vendor's word into those of the page.
func bulletinOnPage(b outcry.Bulletin) page.Bulletin {
	one := page.Bulletin{Source: b.Source, Outcome: b.Outcome, Status: b.Status, At: b.At}
	if b.Source == officialSource || b.Source == "" {
		one.Source, one.Status = "The vendor's status page", ""
	}
	return one
}

// sourcesOnPage are the configuration's vendors.
func sourcesOnPage(c *config.Config) []page.Source {
	var out []page.Source
	pages := pageTypes()
	for i := range c.Sources {
		if _, is := pages[c.Sources[i].Type]; !is {
			continue // people's posts
		}
		s := page.Source{Name: c.Sources[i].Name}
		for _, id := range c.Sources[i].Services {
			s.Services = append(s.Services, id)
		}
		slices.Sort(s.Services)
		s.Services = slices.Compact(s.Services)
		out = append(out, s)
	}
	return out
}
