package app

import (
	"context"
	"net"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/web"
)

// ServeReplay shows a scenario live: its history is played at once, the time
// from shortly before its first outage at so many times real speed, on the
// very pages that a live process has. It ends with ctx.
func ServeReplay(ctx context.Context, o ReplayOptions, listen string, speed float64, ready func(net.Addr)) error {
	o.NoStreams = true
	stage, err := newStage(ctx, &o)
	if err != nil {
		return err
	}
	crew := newCrew(ctx, o.Log)
	defer func() {
		_ = crew.dismiss()
		_ = stage.close() // in memory: nothing is lost
	}()
	site, err := web.New(web.Config{Page: pageOptions(stage.scene)}, web.Deps{
		Log: o.Log, Now: stage.player.clock.now, Tallies: tallier{stage.store}, Library: library{stage.store},
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "listen on %s (choose another with --listen)", listen)
	}
	crew.work("public listener", func(ctx context.Context) error { return site.Serve(ctx, l, time.Second) })
	crew.work("live stream", site.Run)
	crew.work("scenario", func(ctx context.Context) error { return stage.show(ctx, &o, site, speed) })
	ready(l.Addr())
	select {
	case <-ctx.Done():
		return nil
	case err := <-crew.failure:
		return err
	}
}

// leadIn is how much ordinary time is shown before the first outage.
const leadIn = 5 * time.Minute

// show plays the scenario to the site, and then keeps its last page.
func (s *stage) show(ctx context.Context, o *ReplayOptions, site *web.Server, speed float64) error {
	sc := o.Scenario
	first, end := outcry.TickOf(sc.Begin()), outcry.TickOf(sc.End)
	from := sc.Start
	if len(sc.Outages) > 0 {
		from = sc.Outages[0].Onset.Add(-leadIn)
	}
	paced := outcry.TickOf(from)
	step := func(t outcry.Tick) outcry.Tick {
		if t >= paced {
			return 1
		}
		return min(replayStep, paced-t)
	}
	pace := time.NewTicker(max(time.Duration(float64(outcry.TickLength)/speed), time.Millisecond))
	defer pace.Stop()
	after := func(next outcry.Tick) error {
		if next < paced {
			if o.Progress != nil {
				o.Progress(float64(next-first) / float64(paced-first))
			}
			return nil
		}
		if err := site.Publish(s.player.board.world(s.player.clock.now())); err != nil {
			return err
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
		return nil
	}
	return s.player.play(ctx, o.records(), first, end, step, after)
}
