// Package app wires the product: it fits the stages of the flow together, for
// one process or for one role of many, live or on a scenario's virtual clock.
//
// The whole product is in [process.pipeline], on one screen:
//
//	people ─ intake ┐
//	probes ─ probe  ┼─▶ bus ─▶ count ─▶ store ─▶ detect ─▶ incident ─▶ store ─┬─ page ── web
//	                ┘  signals   tallies          verdicts    incidents        └─ notify
//
// A [counter] turns one partition of the stream into tallies in the store; a
// [clock] has a [court] (judge and ledger) decide each tick of them; the
// [board] keeps what pages show. [Replay] drives the same parts by a [player].
package app

import (
	"cmp"
	"context"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/count"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/stream"
	"github.com/outcry/outcry/internal/web"
)

// pipeline puts the process's roles together, and then starts them.
func (p *process) pipeline(ctx context.Context) error {
	tokens, operators, err := p.credentials()
	if err != nil {
		return err
	}
	services := p.Config.OutcryServices()
	p.board = newBoard(services, pagesOf(p.Config))
	p.court = newCourt(p.Config, p.store, p, newID, p.Log)
	p.board.usual, p.board.shares, p.court.said = p.court.usual, p.court.usualShares, p.said
	p.board.sources, p.board.agenda, p.court.working = sourcesOnPage(p.Config), agendaOf(p.Config), p.board.working
	p.takeComments()

	reports := unavailable("reports", &p.site)
	deps := web.Deps{Log: p.Log, Metrics: p.metrics, Tallies: tallier{p.store}, Library: library{p.store}}
	var door *intake.Door
	if p.has(RoleIntake) {
		if door, err = p.door(tokens); err != nil {
			return err
		}
		reports, deps.Places = door, door
	}
	if p.has(RoleDetect) {
		deps.Commander = commander{p.court}
	}
	deps.Reports = reports
	followers, err := p.streams(&deps, tokens)
	if err != nil {
		return err
	}
	if err := p.openSite(ctx, deps, operators); err != nil {
		return err
	}
	seen, err := p.board.load(ctx, p.store, time.Now())
	if err != nil {
		return err
	}

	if p.has(RoleNotify) {
		if err := p.notify(ctx); err != nil {
			return err
		}
	}
	if p.has(RoleCount) {
		for n := range p.bus.Partitions() {
			p.backs.work("counter", func(ctx context.Context) error { return p.count(ctx, n) })
		}
		p.backs.work("trimmer", newTrimmer(p.bus, p.store, count.New(countConfig(p.Config)).Rebuild(), p.Log).run)
	}
	if p.has(RoleDetect) {
		if err := p.detect(ctx); err != nil {
			return err
		}
	} else if p.has(RoleWeb) {
		p.backs.work("follower", (&follower{board: p.board, book: p.store, next: seen + 1, changed: p.touch, log: p.Log}).run)
	}
	p.backs.work("live stream", p.site.Run)
	p.backs.work("pages", p.publish)
	p.backs.work("retention", p.retain)
	return p.watch(followers)
}

// watch starts what goes out to see and hear.
func (p *process) watch(followers []*stream.Follower) error {
	for _, f := range followers {
		p.fronts.work("posts of "+f.Name, f.Run)
	}
	if p.has(RoleListen) {
		if err := p.listenToVendors(); err != nil {
			return err
		}
		if err := p.countErrors(); err != nil {
			return err
		}
	}
	if p.has(RoleProbe) {
		return p.probe()
	}
	return nil
}

// shutdown lays down how the process ends, from the last step to the first:
// nothing new comes in; what was gathered reaches the stream; it is counted;
// the judge's memory is kept.
func (p *process) shutdown(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	p.closers.add("judge", func() error {
		if p.court == nil { // the start went wrong
			return nil
		}
		return p.court.close(ctx)
	})
	p.closers.add("workers", p.backs.dismiss)
	p.closers.add("counters", func() error { return p.counted(ctx) })
	p.closers.add("gatherer", p.gatherer.Close)
	p.closers.add("listeners and probes", p.fronts.dismiss)
}

// countFor is how long a shutdown waits until all is counted. What is not is
// counted after the next start.
const countFor = 3 * time.Second

// counted waits until what is in this process's own stream is counted.
func (p *process) counted(ctx context.Context) error {
	if !p.has(RoleCount) || len(p.Config.Bus.URLs) > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, countFor)
	defer cancel()
	for n := range p.bus.Partitions() {
		last, err := p.bus.Last(ctx, n)
		for err == nil {
			var pos uint64
			if pos, _, _, err = p.store.Position(ctx, n); err == nil && pos >= last {
				break
			}
			wait(ctx, commitEvery/2)
			err = cmp.Or(err, ctx.Err())
		}
		if err != nil {
			p.Log.Warn("counter: not all was counted before the end; the rest is counted after the next start", "partition", n, "error", err)
		}
	}
	return nil
}

// door opens the intake.
func (p *process) door(tokens []intake.Token) (*intake.Door, error) {
	parts := intake.Parts{Sender: p.gatherer, Salts: p.store, Pages: pagesOfSite{&p.site}, Remarks: p.comments, Now: time.Now, Log: p.Log, Metrics: p.metrics}
	if p.places != nil {
		parts.Places = p.places
	}
	return intake.New(intakeConfig(p.Config, tokens), parts)
}

// count counts one partition; when another process takes it over, it waits for
// its turn.
func (p *process) count(ctx context.Context, partition int) error {
	for {
		c := &counter{
			partition: partition, bus: p.bus, place: p.bus, book: p.store, memory: p.store, log: p.Log, now: time.Now,
			stored: func(m *bus.Message, _ *outcry.Signal) time.Time { return m.At }, ready: make(chan struct{}),
		}
		err := c.run(ctx, countConfig(p.Config))
		if code := outcry.CodeOf(err); ctx.Err() != nil || (code != outcry.CodeConflict && code != outcry.CodeUnavailable) {
			return err
		}
		p.Log.Warn("counter: lost its partition; waiting to count it again", "partition", partition, "error", err)
		wait(ctx, outcry.TickLength)
	}
}

// notify sends what is to be told.
func (p *process) notify(ctx context.Context) error {
	to, err := p.destinations()
	if err != nil {
		return err
	}
	d, err := notify.New(p.store, to, p.Log, notify.Options{Metrics: p.metrics})
	if err != nil {
		return err
	}
	p.poke = d.Poke
	if err := p.reclaim(ctx); err != nil {
		return err
	}
	p.backs.work("notices", d.Run)
	return p.tellVisitors()
}

// reclaim takes back what a process before this one was sending when it was
// killed. Where several share a store the lease decides, since one of them may
// be sending it now.
func (p *process) reclaim(ctx context.Context) error {
	if p.store.Shared() {
		return nil
	}
	n, err := p.store.ReclaimNotices(ctx, time.Now())
	if n > 0 {
		p.Log.Info("notices: recovered what was being sent", "notices", n)
	}
	return err
}

// heard, passed and changed make the process the audience of its court.
func (p *process) heard(t outcry.Tick, tallies []outcry.Tally, verdicts []outcry.Verdict) {
	p.board.heard(t, tallies, verdicts)
}

func (p *process) passed(t outcry.Tick) {
	p.board.passed(t)
	p.touch()
}

func (p *process) changed(in outcry.Incident) {
	p.board.changed(in)
	p.touch()
	p.poke()
}

// touch has the pages brought up to date.
func (p *process) touch() {
	select {
	case p.dirty <- struct{}{}:
	default: // it is due already
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
