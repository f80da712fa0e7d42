package app

import (
	"maps"
	"slices"
	"time"

	"github.com/outcry/outcry/internal/page"
)

// stretch is a run of bins, half open.
type stretch struct{ from, to int64 }

// askUsual asks the judge what is usual in the bins of the charts that have not
// been asked for. It holds no lock meanwhile: the judge, when it has one,
// reports to the board.
func (b *board) askUsual(now time.Time) {
	for again := true; again; {
		asked := map[string]map[int64]float64{}
		for id, bins := range b.unasked(now) {
			for _, k := range bins {
				perHour, learned := b.usual(id, binStart(k).Add(page.BinLength/2))
				if !learned {
					break
				}
				if asked[id] == nil {
					asked[id] = map[int64]float64{}
				}
				asked[id][k] = perHour * page.BinLength.Hours()
			}
		}
		b.learnt(asked)
		again = b.know(asked)
	}
}

// know keeps what the judge has said, and reports whether there is more to ask:
// of a service of which nothing had been learned, only one bin was asked for.
func (b *board) know(asked map[string]map[int64]float64) (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, bins := range asked {
		p := b.panels[id]
		maps.Copy(p.usual, bins)
		p.redraw()
		more = more || !p.learnt
		p.learnt = true
	}
	return more
}

func (b *board) unasked(now time.Time) map[string][]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bin := binOf(now); b.lackingAt != bin {
		b.lackingAt, b.lacking = bin, slices.Clone(b.order)
	}
	out := map[string][]int64{}
	b.lacking = slices.DeleteFunc(b.lacking, func(p *panel) bool {
		bins := p.lacks(now)
		if len(bins) > 0 {
			out[p.service.ID] = bins
		}
		return len(bins) == 0
	})
	return out
}

// lacks gives the bins of the chart of which it is not known what is usual; the
// first of them, where nothing has been learned yet. Those that are known stay
// so, and are not looked at again.
func (p *panel) lacks(now time.Time) []int64 {
	last := binOf(now)
	first := last - int64(chartSpan/page.BinLength) + 1
	k := first
	if p.known.from <= first && first < p.known.to {
		k = p.known.to
	}
	var out []int64
	for ; k <= last; k++ {
		if _, known := p.usual[k]; known {
			continue
		}
		if out = append(out, k); !p.learnt {
			return out
		}
	}
	if len(out) == 0 && last >= p.known.to {
		p.known = stretch{first, last + 1}
	}
	return out
}
