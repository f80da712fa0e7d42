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
	"context"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/web"
)

// pipeline starts the process's roles.
func (p *process) pipeline(ctx context.Context) error {
	tokens, operators, err := p.credentials()
	if err != nil {
		return err
	}
	services := p.Config.OutcryServices()
	p.board = newBoard(services, pagesOf(p.Config))
	p.court = newCourt(p.Config, p.store, p, newID, p.Log)
	p.board.usual = p.court.usual
	p.coverage = &coverage{}

	reports := unavailable("reports", &p.site)
	deps := web.Deps{Log: p.Log, Metrics: p.metrics, Tallies: tallier{p.store}, Library: library{p.store}}
	var door *intake.Door
	if p.has(RoleIntake) {
		if door, err = p.door(tokens); err != nil {
			return err
		}
		reports = door
	}
	if p.has(RoleDetect) {
		deps.Commander = commander{p.court}
	}
	deps.Reports = reports
	p.site, err = web.New(web.Config{Page: pageOptions(p.Config), Operators: operators, Version: p.Version}, deps)
	if err != nil {
		return err
	}
	if err := p.board.load(ctx, p.store, time.Now()); err != nil {
		return err
	}

	if p.has(RoleCount) {
		for n := range p.bus.Partitions() {
			p.work(ctx, "counter", func(ctx context.Context) error { return p.count(ctx, n) })
		}
	}
	if p.has(RoleDetect) {
		if err := p.detect(ctx); err != nil {
			return err
		}
	} else if p.has(RoleWeb) {
		p.work(ctx, "follower", (&follower{board: p.board, book: p.store, partitions: p.bus.Partitions(), changed: p.touch, log: p.Log}).run)
	}
	if p.has(RoleProbe) {
		if err := p.probe(ctx); err != nil {
			return err
		}
	}
	if p.has(RoleNotify) {
		if err := p.notify(ctx); err != nil {
			return err
		}
	}
	p.work(ctx, "live stream", p.site.Run)
	p.work(ctx, "pages", p.publish)
	p.work(ctx, "retention", p.retain)
	return nil
}

// door opens the intake.
func (p *process) door(tokens []intake.Token) (*intake.Door, error) {
	c := p.Config.Intake.MMDB
	parts := intake.Parts{Sender: p.gatherer, Salts: p.store, Pages: pagesOfSite{&p.site}, Now: time.Now, Log: p.Log, Metrics: p.metrics}
	if c.City != "" || c.ASN != "" {
		m, err := intake.OpenMMDB(c.City, c.ASN)
		if err != nil {
			return nil, err
		}
		p.closers.add("address databases", m.Close)
		parts.Places = m
	}
	return intake.New(intakeConfig(p.Config, tokens), parts)
}

// count counts one partition; when another process takes it over, it waits for
// its turn.
func (p *process) count(ctx context.Context, partition int) error {
	for {
		c := &counter{
			partition: partition, bus: p.bus, book: p.store, memory: p.store, log: p.Log, now: time.Now,
			stored: func(m *bus.Message, _ *outcry.Signal) time.Time { return m.At }, ready: make(chan struct{}),
		}
		err := c.run(ctx, countConfig(p.Config))
		if outcry.CodeOf(err) != outcry.CodeConflict || ctx.Err() != nil {
			return err
		}
		p.Log.Warn("counter: another process counts this partition; waiting", "partition", partition, "error", err)
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
	p.work(ctx, "notices", d.Run)
	return nil
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
