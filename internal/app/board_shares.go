package app

import (
	"maps"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/page"
)

// usualShares is what the judge has learned of where ordinary reports come from.
func (c *court) usualShares(service string) (detect.UsualShares, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.j == nil {
		return detect.UsualShares{}, false
	}
	return c.j.UsualShares(service)
}

// rareUsual is the usual number of reporters of a place or symptom that next to
// never is heard of: one every four hours. Without it, two reports would be
// hundreds of times the usual.
const rareUsual = 0.25

// rated sets shares of the last hour against what is usual: the usual number of
// reporters of this hour, by the usual share of the region or carrier. Where
// nothing has been learned, it is not known.
func (p *panel) rated(shares []page.Share, usual map[string]float64, hourly float64) []page.Share {
	for i := range shares {
		shares[i].Usual = -1
		if hourly >= 0 && usual != nil {
			shares[i].Usual = max(hourly*usual[shares[i].Key], rareUsual)
		}
	}
	return shares
}

// hourly is the usual number of reporters in the hour before now; negative when
// any part of it is not known.
func (p *panel) hourly(now time.Time) float64 {
	sum, last := 0.0, binOf(now)
	for k := last - int64(scopeSpan/page.BinLength) + 1; k <= last; k++ {
		usual, known := p.usual[k]
		if !known {
			return -1
		}
		sum += usual
	}
	return sum
}

// works counts those who said in the last hour that it works for them.
func (p *panel) works(y *outcry.Tally) {
	if y.Total > y.Bad+y.Unknown {
		p.fine = append(p.fine, ran{tick: y.Tick, runs: y.Total - y.Bad - y.Unknown})
	}
}

// learnt keeps the learned shares for the views.
func (b *board) learnt(asked map[string]map[int64]float64) {
	if b.shares == nil {
		return
	}
	known := make(map[string]detect.UsualShares, len(asked))
	for id := range asked {
		if u, ok := b.shares(id); ok {
			known[id] = u
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range maps.Keys(known) {
		b.panels[id].typical = known[id]
		b.panels[id].redraw()
	}
}
