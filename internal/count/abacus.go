package count

import (
	"cmp"
	"hash/maphash"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Config sets the abacus. A zero field takes the default given beside it.
type Config struct {
	Lateness      time.Duration // 1m: a signal older than this amends, and is not Fresh
	Repeat        time.Duration // 30m: a person who reported within it is not Fresh
	NetworkCap    int           // 3: Fresh of one network in NetworkWindow, whatever its share
	WideCap       int           // 9: the same of one wide network
	NetworkWindow time.Duration // 10m
	Exact         int           // 128: distinct people counted exactly per cell and tick
	MaxReporters  int           // 2,097,152: people remembered per service and kind, and signals' IDs in all
	MaxCells      int           // 4,096: cells per tally; beyond, signals fold into "other"
}

func (c Config) withDefaults() Config {
	c.Lateness = cmp.Or(c.Lateness, time.Minute)
	c.Repeat = cmp.Or(c.Repeat, 30*time.Minute)
	c.NetworkCap = cmp.Or(c.NetworkCap, 3)
	c.WideCap = cmp.Or(c.WideCap, 9)
	c.NetworkWindow = cmp.Or(c.NetworkWindow, 10*time.Minute)
	c.Exact = cmp.Or(c.Exact, 128)
	c.MaxReporters = cmp.Or(c.MaxReporters, 1<<21)
	c.MaxCells = cmp.Or(c.MaxCells, 4096)
	return c
}

// Abacus counts one partition of the stream. It is for one goroutine.
type Abacus struct {
	cfg     Config
	streams map[streamKey]*stream
	ids     recent
	seed    maphash.Seed
	now     outcry.Tick // of storing, of the last signal
	window  int64       // of storing, in NetworkWindows since the epoch
	held    []*held     // ticks that may still get signals
	dirty   []*held     // of them, those with something to flush
	done    []outcry.Tally
}

type streamKey struct {
	service string
	kind    outcry.Kind
}

// New makes an empty abacus.
func New(cfg Config) *Abacus {
	cfg = cfg.withDefaults()
	return &Abacus{
		cfg:     cfg,
		streams: make(map[streamKey]*stream),
		ids:     newRecent(cfg.Repeat, cfg.MaxReporters),
		seed:    maphash.MakeSeed(),
	}
}

// Add counts one signal, which the stream stored at the given time. Signals
// come in stream order. A signal of [outcry.KindCoverage], and one whose ID was
// seen within the repeat window, counts nothing.
func (a *Abacus) Add(s outcry.Signal, stored time.Time) {
	if now := outcry.TickOf(stored); now != a.now {
		a.advance(now)
	}
	if s.Kind == outcry.KindCoverage || (s.ID != 0 && a.ids.seen(s.ID, a.now)) {
		return
	}
	st := a.stream(streamKey{s.Service, s.Kind})
	h := a.hold(st, outcry.TickOf(s.At))
	a.count(st, h, &s, stored)
}

// advance moves the clock of storing; it may also go back, when a server's
// clock was set.
func (a *Abacus) advance(now outcry.Tick) {
	a.now = now
	a.retire()
	if w := a.windowOf(now); w != a.window {
		a.turn(w)
	}
}

func (a *Abacus) windowOf(t outcry.Tick) int64 {
	return int64(t) / max(1, int64(outcry.Ticks(a.cfg.NetworkWindow)))
}

// turn ends a network window: what it saw is learned, memory is tidied.
func (a *Abacus) turn(w int64) {
	late := outcry.Ticks(a.cfg.Lateness)
	for _, st := range a.streams {
		st.turn(a.window, a.now)
		st.voices.forget(a.now-late, a.now+late)
		st.hourly.forget(a.now-late, a.now+late)
	}
	a.ids.sweep(a.now)
	a.window = w
}

// count puts one signal into its tally.
func (a *Abacus) count(st *stream, h *held, s *outcry.Signal, stored time.Time) {
	if !h.dirty {
		h.dirty = true
		a.dirty = append(a.dirty, h)
	}
	c := h.cell(s, a.seed, a.cfg.MaxCells)
	if s.Kind == outcry.KindMetric || s.Kind == outcry.KindTrend {
		h.reading(c, s, a.late(s, stored))
		return
	}
	h.total.bump(s.Outcome)
	c.bump(s.Outcome)
	if s.Outcome != outcry.Bad || !personal(s.Kind) {
		return
	}
	h.total.who.add(s.Reporter, a.cfg.Exact)
	c.who.add(s.Reporter, a.cfg.Exact)
	if a.late(s, stored) {
		return
	}
	if st.fresh(s, a.now, &a.cfg) {
		h.total.n.Fresh++
		c.n.Fresh++
		h.mark(s, st)
	}
}

// late reports whether a signal comes too late, or too early, for the judge.
func (a *Abacus) late(s *outcry.Signal, stored time.Time) bool {
	age := stored.Sub(s.At)
	return age > a.cfg.Lateness || age < -a.cfg.Lateness
}

// reading counts one of a metric, or of a trend. One that the judge does not see any more is
// none that it could take for zero.
func (h *held) reading(c *cell, s *outcry.Signal, late bool) {
	o, n := s.Outcome, s.Count
	if late || o == outcry.Unknown {
		o, n = outcry.Unknown, 0
	}
	h.total.bump(o)
	c.bump(o)
	h.total.n.Fresh += n
	c.n.Fresh += n
}

// personal reports whether signals of the kind come from people, who are told
// apart.
func personal(k outcry.Kind) bool { return k == outcry.KindReport || k == outcry.KindPost }

func (a *Abacus) stream(key streamKey) *stream {
	st := a.streams[key]
	if st == nil {
		st = newStream(key, &a.cfg)
		a.streams[key] = st
	}
	return st
}

// Flush gives what the signals since the last Flush have changed, to be added
// to what is stored: sorted by service, kind and tick, their cells by key.
func (a *Abacus) Flush() []outcry.Tally {
	out := a.done
	for _, h := range a.dirty {
		out = append(out, h.flush(a.cfg.Exact))
	}
	a.done, a.dirty = nil, a.dirty[:0]
	slices.SortStableFunc(out, func(x, y outcry.Tally) int {
		return cmp.Or(cmp.Compare(x.Service, y.Service), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Tick, y.Tick))
	})
	return merge(out)
}

// merge sums neighbours of one key: a tick that expired and was taken up again
// between two flushes.
func merge(sorted []outcry.Tally) []outcry.Tally {
	out := sorted[:0]
	for _, t := range sorted {
		if n := len(out); n > 0 && out[n-1].Service == t.Service && out[n-1].Kind == t.Kind && out[n-1].Tick == t.Tick {
			out[n-1].Add(t)
			continue
		}
		out = append(out, t)
	}
	return out
}

// Discard forgets what Flush would give: the signals are counted already, and
// were added to rebuild the memory.
func (a *Abacus) Discard() { a.Flush() }

// Rebuild is how much of the stream before a position has to be read again to
// bring the memory back, given a snapshot that is at most a window old: the
// running hour of networks and the one before it need to know who was new in
// them, that needs the reports of a repeat window before, and those the IDs of
// another.
func (a *Abacus) Rebuild() time.Duration {
	return 2*max(a.cfg.NetworkWindow, outcry.HourWindow) + a.cfg.memory()
}

// memory is how far back an answer of the moment may reach.
func (c Config) memory() time.Duration {
	return 2*c.Repeat + c.Lateness + 2*outcry.TickLength
}
