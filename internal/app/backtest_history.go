package app

import (
	"context"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/backtest"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/store"
)

// storedReports is a service's reports in the store: the last days in ticks, those
// before in five minutes, and the rest in hours, as retention keeps them.
type storedReports struct {
	store   *store.Store
	service string
	keep    config.Retention
	now     time.Time
}

const (
	longest    = 5 * 365 * 24 * time.Hour // of what is kept for ever
	readAtOnce = 100_000                  // bins
	// silence is how long a server with checks is never without a signal, as
	// long as it runs.
	silence = 30 * time.Minute
)

// part is a stretch of the history of one width.
type part struct {
	from, to time.Time
	step     time.Duration
}

// parts are the stretches up to an instant. What is younger than an age is at
// least as fine as that age allows; whole hours are kept together.
func (h *storedReports) parts(to time.Time) []part {
	since := func(age time.Duration) time.Time {
		if age <= 0 || age > longest {
			age = longest
		}
		return h.now.Add(-age).Truncate(time.Hour).Add(time.Hour)
	}
	hourly, fine, ticks := since(h.keep.Hours), since(h.keep.Minutes), since(h.keep.Ticks)
	return []part{
		{hourly, minTime(fine, to.Truncate(time.Hour)), time.Hour},
		{fine, minTime(ticks, to.Truncate(time.Hour)), 5 * time.Minute},
		{ticks, to.Truncate(outcry.TickLength), outcry.TickLength},
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// read gives what is known up to an instant; zero: up to the judge's last tick.
func (h *storedReports) read(ctx context.Context, to time.Time) (*backtest.Series, error) {
	last, err := h.store.LoadJudge(ctx)
	if err != nil {
		return nil, err
	}
	end := minTime(h.now, (last.Tick + 1).Start())
	if !to.IsZero() {
		end = minTime(end, to)
	}
	s := &backtest.Series{Name: h.service, Step: outcry.TickLength}
	w := &presence{}
	for _, p := range h.parts(end) {
		if err := h.each(ctx, p, func(own, all, checks []store.Bin) { w.take(s, p.step, own, all, checks) }); err != nil {
			return nil, err
		}
	}
	if len(s.Bins) < 2 {
		return nil, outcry.Errorf(outcry.CodeNotFound, "the store has no reports of %s before %s", h.service, end.Format(time.RFC3339))
	}
	return s, nil
}

// each reads a part: the service's reports, all signals, and all checks.
func (h *storedReports) each(ctx context.Context, p part, take func(own, all, checks []store.Bin)) error {
	for from := p.from; from.Before(p.to); {
		to := minTime(from.Add(readAtOnce*p.step), p.to)
		var got [3][]store.Bin
		for i, q := range []struct {
			service string
			kind    outcry.Kind
		}{{h.service, outcry.KindReport}, {"", 0}, {"", outcry.KindProbe}} {
			var err error
			if got[i], err = h.store.Series(ctx, q.service, q.kind, from, to, p.step); err != nil {
				return err
			}
		}
		take(got[0], got[1], got[2])
		from = to
	}
	return nil
}

// presence tells quiet from absence: the store does not keep when nobody was
// there, but a server that has checks is never long without a signal.
type presence struct{ begun, checks bool }

func (w *presence) take(s *backtest.Series, step time.Duration, own, all, checks []store.Bin) {
	least := max(int(silence/step), 1)
	quiet := 0
	for i := range own {
		w.begun = w.begun || own[i].Total > 0
		w.checks = w.checks || checks[i].Total > 0
		if quiet++; all[i].Total > 0 {
			quiet = 0
		}
		if !w.begun {
			continue
		}
		from := outcry.TickOf(own[i].At)
		s.Bins = append(s.Bins, backtest.Bin{From: from, To: from + outcry.Ticks(step), N: uint64(own[i].Fresh)})
		if w.checks && quiet >= least {
			drop := 1
			if quiet == least {
				drop = least
			}
			s.Missing += drop
			s.Bins = s.Bins[:max(len(s.Bins)-drop, 0)]
		}
	}
}
