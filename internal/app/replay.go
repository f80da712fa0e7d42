package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/scenarios"
)

// ReplayOptions say what to replay.
type ReplayOptions struct {
	Scenario *replay.Scenario
	Seed     uint64
	Signals  io.Reader // as shared/scenarios/draw.py writes them; nil: drawn from the scenario
	// NoStreams does without asking what each stream contributed, which costs
	// the judging of the event again for each.
	NoStreams bool
	// ReportsAlone leaves out what checks and vendors say.
	ReportsAlone bool
	Config       *config.Config // counting, intake and detection; nil: the defaults
	Log          *slog.Logger
	Progress     func(done float64) // may be nil
}

// replayStep is how many ticks of a replay share a transaction.
const replayStep = 360

// Replay runs a scenario through the whole pipeline on a virtual clock: the
// intake's door, the stream (embedded, in memory), the counter, the store
// (SQLite, in memory), the judge and the ledger.
func Replay(ctx context.Context, o ReplayOptions) (*replay.Result, error) {
	began := time.Now()
	stage, err := newStage(ctx, &o)
	if err != nil {
		return nil, err
	}
	defer stage.close() //nolint:errcheck // in memory: nothing is lost
	sc := o.Scenario
	first, end := outcry.TickOf(sc.Begin()), outcry.TickOf(sc.End)
	step := func(t outcry.Tick) outcry.Tick { return replayStep }
	after := func(next outcry.Tick) error {
		if o.Progress != nil {
			o.Progress(float64(next-first) / float64(end-first))
		}
		return nil
	}
	if err := stage.player.play(ctx, o.records(), first, end, step, after); err != nil {
		return nil, fmt.Errorf("replay %s: %w", sc.Name, err)
	}
	return stage.result(ctx, &o, time.Since(began))
}

func (o *ReplayOptions) records() iter.Seq2[replay.Record, error] {
	all := o.drawn()
	if !o.ReportsAlone {
		return all
	}
	return func(yield func(replay.Record, error) bool) {
		for r, err := range all {
			if r.Kind != outcry.KindProbe && r.Kind != outcry.KindBulletin && !yield(r, err) {
				return
			}
		}
	}
}

func (o *ReplayOptions) drawn() iter.Seq2[replay.Record, error] {
	if o.Signals != nil {
		return replay.ReadSignals(o.Signals)
	}
	return func(yield func(replay.Record, error) bool) {
		for r := range replay.Draw(o.Scenario, o.Seed) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// stage is a pipeline in memory, with a player in front.
type stage struct {
	closers closers
	store   *store.Store
	player  *player
	scene   *config.Config
}

func (s *stage) close() error { return s.closers.close() }

func newStage(ctx context.Context, o *ReplayOptions) (_ *stage, err error) {
	if o.Config == nil {
		o.Config = config.Default()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &stage{scene: sceneConfig(o.Config, o.Scenario)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	clock := &virtualClock{}
	clock.set(o.Scenario.Begin())
	if s.store, err = store.Open(ctx, "sqlite::memory:", o.Log); err != nil {
		return nil, err
	}
	s.closers.add("store", s.store.Close)
	b, err := bus.Open(ctx, bus.Config{Memory: true, Clock: clock.now}, o.Log)
	if err != nil {
		return nil, err
	}
	s.closers.add("stream", b.Close)
	// one message at a time: two would overtake each other now and then, and the
	// order of signals decides whose are taken for repeats
	gather, err := bus.NewGatherer(b, bus.ByService(nil), bus.GatherOptions{Flights: 1, Log: o.Log})
	if err != nil {
		return nil, err
	}
	s.closers.add("gatherer", gather.Close)
	return s, s.fit(ctx, o, clock, b, gather)
}

// fit puts the player together and starts the counter.
func (s *stage) fit(ctx context.Context, o *ReplayOptions, clock *virtualClock, b *bus.Bus, gather sender) error {
	seed := seeded{o.Seed}
	q := &queue{}
	door, err := intake.New(intakeConfig(s.scene, nil), intake.Parts{Sender: q, Salts: seed, Now: clock.now, Log: o.Log})
	if err != nil {
		return err
	}
	services := sceneServices(o.Config, s.scene, o.Scenario)
	board := newBoard(services, pagesOf(s.scene))
	c := &counter{
		bus: b, place: b, book: s.store, memory: s.store, log: o.Log, now: clock.now, still: true, ready: make(chan struct{}),
		stored: func(_ *bus.Message, s *outcry.Signal) time.Time { return s.At },
	}
	court := newCourt(s.scene, s.store, board, seed.ids(), o.Log)
	court.fleeting = true
	seen := &witness{court.docket, map[string][]outcry.Evidence{}}
	court.docket = seen
	board.usual, board.shares = court.usual, court.usualShares
	desk := &deskHub{services: services, carriers: s.scene.Scopes.Carriers.Allow, name: trendSource, salts: seed, now: clock.now}
	board.trends = desk.Trends
	if err := court.open(ctx, outcry.TickOf(o.Scenario.Begin()), nil); err != nil {
		return err
	}
	s.player = &player{
		clock: clock, door: door, queue: q, stream: gather, counter: c, court: court, tallies: s.store, board: board, desk: desk,
		refused: map[string]int64{}, seen: seen,
	}
	s.player.jury = s.jury(o, court)
	return s.count(ctx, c)
}

// jury is one for the court; nil when nobody asks for it.
func (s *stage) jury(o *ReplayOptions, c *court) *jury {
	if o.NoStreams {
		return nil
	}
	return &jury{court: c, panel: func(d docket) *court {
		return newCourt(s.scene, d, nobody{}, seeded{o.Seed}.ids(), slog.New(slog.DiscardHandler))
	}}
}

// count starts the counter, until the stage is closed.
func (s *stage) count(ctx context.Context, c *counter) error {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.run(ctx, countConfig(s.scene)) }()
	s.closers.add("counter", func() error { stop(); return ignoreEnd(<-ended) })
	select {
	case <-c.ready:
		return nil
	case err := <-ended:
		ended <- err
		return err
	}
}

// result asks the store what became of it all.
func (s *stage) result(ctx context.Context, o *ReplayOptions, wall time.Duration) (*replay.Result, error) {
	p := s.player
	r := &replay.Result{Seed: o.Seed, WallS: wall.Seconds(), ReportsSent: p.sent, ReportsIn: p.in, ReportsRefused: p.refused}
	for _, sv := range s.scene.Services {
		span := o.Scenario.End.Sub(o.Scenario.Begin()) + 48*time.Hour
		bins, err := s.store.Series(ctx, sv.ID, outcry.KindReport, o.Scenario.Begin().Add(-24*time.Hour), o.Scenario.Begin().Add(span), 24*time.Hour)
		if err != nil {
			return nil, err
		}
		for _, b := range bins {
			r.ReportsCounted += int64(b.Total)
		}
	}
	all, err := s.store.Incidents(ctx, store.IncidentQuery{From: o.Scenario.Begin().Add(-time.Hour), To: o.Scenario.End.Add(time.Hour), Limit: 100000})
	if err != nil {
		return nil, err
	}
	var public []outcry.Incident
	for i := range all {
		if !all[i].PublishedAt.IsZero() {
			public = append(public, all[i])
		}
	}
	replay.Score(o.Scenario, public, r)
	p.contribute(public, r)
	return r, nil
}

// Scenario is what can be replayed.
type Scenario = replay.Scenario

// Result is what a replay gives: the document of `outcry replay --json`.
type Result = replay.Result

// OpenScenario loads a scenario by the path of its file, or by the name of a
// shipped one.
func OpenScenario(nameOrPath string) (*Scenario, error) {
	return replay.Open(nameOrPath, scenarios.Files())
}

// ignoreEnd drops the error of a loop that was told to end.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Incident is one of a [Result].
type Incident = replay.Incident
