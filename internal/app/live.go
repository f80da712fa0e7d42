package app

import (
	"context"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// coverage knows when this process was not there to hear anything.
type coverage struct{ from, to outcry.Tick }

func (c *coverage) at(t outcry.Tick) float64 {
	if t >= c.from && t < c.to {
		return 0
	}
	return 1
}

// detect has the court judge the ticks of real time.
func (p *process) detect(ctx context.Context) error {
	next, err := p.resume(ctx)
	if err != nil {
		return err
	}
	p.backs.work("judge", func(ctx context.Context) error {
		for {
			c := &clock{
				court: p.court, tallies: p.store, partitions: p.bus.Partitions(), now: time.Now, log: p.Log,
				alive: p.coverage.at, late: newLateness(outcry.Ticks(p.Config.Counting.Lateness) + 1),
			}
			err := c.run(ctx, next)
			if outcry.CodeOf(err) != outcry.CodeConflict || ctx.Err() != nil {
				return err
			}
			p.Log.Warn("judge: another process judges; standing by", "error", err)
			if next, err = p.standBy(ctx); err != nil {
				return err
			}
		}
	})
	return nil
}

// resume opens the court where the last process stopped. The time since, in
// which an embedded stream took nothing in, is not covered.
func (p *process) resume(ctx context.Context) (next outcry.Tick, err error) {
	now := time.Now()
	first := outcry.TickOf(now)
	_, _, alive, err := p.store.Position(ctx, 0)
	if err != nil {
		return 0, err
	}
	if err := p.court.open(ctx, first, p.silent(ctx)); err != nil {
		return 0, err
	}
	if p.court.last == 0 {
		return first, nil
	}
	if len(p.Config.Bus.URLs) == 0 && !alive.IsZero() {
		p.coverage.from, p.coverage.to = outcry.TickOf(alive)+1, first
		if p.coverage.to > p.coverage.from {
			p.Log.Info("intake: was away; that time counts as not watched", "from", alive.UTC(), "to", now.UTC())
		}
	}
	return p.court.last + 1, nil
}

func (p *process) silent(ctx context.Context) func(from, to outcry.Tick) ([]outcry.Tally, error) {
	return func(from, to outcry.Tick) ([]outcry.Tally, error) {
		return p.store.Tallies(ctx, store.TallyQuery{From: from, To: to, Cells: true})
	}
}

// standBy waits until whoever judges has stopped, and takes over.
func (p *process) standBy(ctx context.Context) (outcry.Tick, error) {
	for ctx.Err() == nil {
		wait(ctx, outcry.TickLength)
		st, err := p.store.LoadJudge(ctx)
		if err != nil {
			p.Log.Error("judge: cannot see whether another one is at work", "error", err)
			continue
		}
		if time.Since(st.Tick.End()) > 2*patience {
			break
		}
	}
	if err := p.court.open(ctx, outcry.TickOf(time.Now()), p.silent(ctx)); err != nil {
		return 0, err
	}
	return p.court.last + 1, nil
}
