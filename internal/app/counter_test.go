package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/count"
)

// tape is a stream in memory.
type tape struct {
	mu       sync.Mutex
	messages []bus.Message
	more     chan struct{}
	born     time.Time
	turn     chan struct{} // closed when whoever asks owns it
}

func newTape() *tape {
	s := &tape{more: make(chan struct{}, 1), born: time.Now(), turn: make(chan struct{})}
	close(s.turn)
	return s
}

// replaced makes it a new, empty stream.
func (s *tape) replaced() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.born, s.messages = time.Now(), nil
}

// nextWaits keeps whoever comes next waiting until the channel is closed.
func (s *tape) nextWaits() (turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn = make(chan struct{})
	return s.turn
}

func (s *tape) Own(ctx context.Context, _ int) (context.Context, func(), error) {
	s.mu.Lock()
	turn := s.turn
	s.mu.Unlock()
	select {
	case <-turn:
		return ctx, func() {}, nil
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

func (s *tape) Extent(context.Context) (bus.Extent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bus.Extent{Born: s.born, First: 1, Last: uint64(len(s.messages))}, nil
}

func (s *tape) put(t *testing.T, signals ...outcry.Signal) {
	t.Helper()
	data, err := outcry.AppendSignals(nil, signals)
	if err != nil {
		t.Fatal(err)
	}
	s.raw(data)
}

func (s *tape) raw(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, bus.Message{Seq: uint64(len(s.messages)) + 1, At: time.Now(), Data: data})
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *tape) Last(context.Context, int) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.messages)), nil
}

func (s *tape) Consume(ctx context.Context, _ int, after uint64, since time.Time, handle func([]bus.Message) error) error {
	s.mu.Lock()
	next := min(int(after), len(s.messages))
	for i, m := range s.messages {
		if !since.IsZero() && !m.At.Before(since) {
			next = min(next, i)
			break
		}
	}
	s.mu.Unlock()
	for {
		s.mu.Lock()
		batch := slices.Clone(s.messages[min(next, len(s.messages)):])
		s.mu.Unlock()
		if next += len(batch); len(batch) > 0 {
			if err := handle(batch); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.more:
		}
	}
}

// ledgerBook is a store of tallies in memory, with its rule about positions.
type ledgerBook struct {
	mu       sync.Mutex
	pos      uint64
	complete outcry.Tick
	at       time.Time
	sums     *tallySums
	settings map[string][]byte
	fail     error
}

func newBook() *ledgerBook {
	return &ledgerBook{sums: newTallySums(), settings: map[string][]byte{}}
}

func (b *ledgerBook) CommitTallies(_ context.Context, _ int, from, to uint64, complete outcry.Tick, deltas []outcry.Tally) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	if b.pos != from {
		return outcry.Errorf(outcry.CodeConflict, "the position is %d, not %d", b.pos, from)
	}
	b.pos, b.complete, b.at = to, complete, time.Now()
	b.sums.add(deltas)
	return nil
}

func (b *ledgerBook) Rewind(_ context.Context, _ int, from, to uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pos != from {
		return outcry.Errorf(outcry.CodeConflict, "the position is %d, not %d", b.pos, from)
	}
	b.pos = to
	return nil
}

func (b *ledgerBook) Position(context.Context, int) (uint64, outcry.Tick, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pos, b.complete, b.at, nil
}

func (b *ledgerBook) Setting(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, known := b.settings[key]
	if !known {
		return nil, outcry.Errorf(outcry.CodeNotFound, "no setting %q", key)
	}
	return value, nil
}

func (b *ledgerBook) PutSetting(_ context.Context, key string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settings[key] = value
	return nil
}

func (b *ledgerBook) set(fail error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = fail
}

func (b *ledgerBook) counts() (c outcry.Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, y := range b.sums.list() {
		c.Add(y.Counts)
	}
	return c
}

// counting runs a counter in the background; the function that it gives ends it
// and says how it ended.
func counting(t *testing.T, s *tape, b *ledgerBook, log *notebook) (end func() error) {
	t.Helper()
	c := &counter{
		bus: s, place: s, book: b, memory: b, log: log.log(), now: time.Now, ready: make(chan struct{}),
		stored: func(m *bus.Message, _ *outcry.Signal) time.Time { return m.At },
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.run(ctx, count.Config{}) }()
	return func() error { stop(); return <-ended }
}

func person(n uint64) outcry.Signal {
	return outcry.Signal{
		Kind: outcry.KindReport, At: time.Now(), Service: "a", Outcome: outcry.Bad, Reporter: n, ID: n,
		Network: n,
	}
}

func TestCounterCountsWhatTheStreamHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		s.put(t, person(1), person(2))
		s.put(t, person(3), person(1)) // the last is a repeated request
		time.Sleep(time.Second)
		want := outcry.Counts{Total: 3, Bad: 3, Distinct: 3, Fresh: 3}
		if diff := cmp.Diff(want, b.counts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if pos, complete, _, _ := b.Position(t.Context(), 0); pos != 2 || complete < outcry.TickOf(time.Now())-1 {
			t.Errorf("position %d, watermark %d; want 2 and at least %d", pos, complete, outcry.TickOf(time.Now())-1)
		}
		if err := end(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// The watermark follows the clock also when nobody sends anything.
func TestCounterWatermarkInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		time.Sleep(5 * time.Minute)
		if _, complete, _, _ := b.Position(t.Context(), 0); complete < outcry.TickOf(time.Now())-2 {
			t.Errorf("watermark %d, now is tick %d", complete, outcry.TickOf(time.Now()))
		}
		_ = end()
	})
}

// A new counter knows who has reported, though it has never counted them.
func TestCounterRemembersAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		s.put(t, person(1), person(2))
		time.Sleep(time.Second)
		_ = end()

		notes := newNotebook()
		s.put(t, person(2), person(3)) // 2 is the same request again, sent while nobody counted
		again := person(1)             // 1 says it once more: a new request, no new person
		again.ID = 77
		s.put(t, again)
		end = counting(t, s, b, notes)
		time.Sleep(time.Second)
		want := outcry.Counts{Total: 4, Bad: 4, Distinct: 4, Fresh: 3}
		if diff := cmp.Diff(want, b.counts(), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Distinct" }, cmp.Ignore())); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if !strings.Contains(notes.String(), "recovered its memory") {
			t.Errorf("the log does not say what was recovered:\n%s", notes)
		}
		_ = end()
	})
}

func TestCounterKeepsCountsThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b, notes := newTape(), newBook(), newNotebook()
		end := counting(t, s, b, notes)
		b.set(failing())
		s.put(t, person(1), person(2))
		time.Sleep(time.Minute)
		s.put(t, person(3))
		time.Sleep(time.Second)
		if got := b.counts().Total; got != 0 {
			t.Fatalf("%d are stored on a full disk", got)
		}
		b.set(nil)
		time.Sleep(time.Second)
		if got := b.counts().Total; got != 3 {
			t.Errorf("%d are stored when there is space again, want 3", got)
		}
		if !strings.Contains(notes.String(), "kept and tried again") {
			t.Errorf("the log does not say that counts wait:\n%s", notes)
		}
		_ = end()
	})
}

// Whoever finds the position moved by another counter stops at once, and has
// counted nothing twice.
func TestCounterEndsOnConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		s.put(t, person(1))
		time.Sleep(time.Second)
		if err := b.CommitTallies(t.Context(), 0, 1, 2, t0, []outcry.Tally{reports("a", t0, 1)}); err != nil {
			t.Fatal(err)
		}
		s.put(t, person(2))
		time.Sleep(time.Second)
		if err := end(); outcry.CodeOf(err) != outcry.CodeConflict {
			t.Errorf("ended with %v, want a conflict", err)
		}
		if got := b.counts().Total; got != 2 {
			t.Errorf("%d are stored, want 2", got)
		}
	})
}

func TestCounterPassesOverWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b, notes := newTape(), newBook(), newNotebook()
		end := counting(t, s, b, notes)
		s.raw([]byte("not ours"))
		s.put(t, person(1))
		time.Sleep(time.Second)
		if got := b.counts().Total; got != 1 || !strings.Contains(notes.String(), "passed over") {
			t.Errorf("%d counted; the log:\n%s", got, notes)
		}
		_ = end()
	})
}

// Who stands by touches nothing: neither the position nor the watermark, which
// would say that all is counted. It looks where to begin when it is its turn.
func TestCounterStandsBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		s.put(t, person(1))
		time.Sleep(time.Second)

		turn := s.nextWaits() // the first has taken its turn
		standby := counting(t, s, b, newNotebook())
		time.Sleep(time.Second)
		_ = end()
		_, was, _, _ := b.Position(t.Context(), 0)
		time.Sleep(5 * time.Minute)
		if _, is, _, _ := b.Position(t.Context(), 0); is != was {
			t.Errorf("who stands by has moved the watermark from %d to %d", was, is)
		}
		s.put(t, person(2))
		close(turn)
		time.Sleep(time.Second)
		if got := b.counts(); got.Total != 2 || got.Fresh != 2 {
			t.Errorf("counted are %+v, want two people", got)
		}
		if err := standby(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// A stream that was lost and made anew begins at 1. What it has is counted, and
// it is said that something is lost.
func TestCounterOfALostStream(t *testing.T) {
	for _, c := range []struct {
		name          string
		lose          func(s *tape)
		before, after int // the counter comes back
		want          uint32
	}{
		{"an empty one in its place", (*tape).replaced, 0, 1, 4},
		{"one that has grown past the position already", (*tape).replaced, 5, 1, 9},
		{"an older copy of it", func(s *tape) { s.messages = s.messages[:1] }, 0, 2, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, b, notes := newTape(), newBook(), newNotebook()
				end := counting(t, s, b, notes)
				for n := range 3 {
					s.put(t, person(uint64(n)+1))
				}
				time.Sleep(time.Second)
				_ = end()
				c.lose(s)
				for n := range c.before {
					s.put(t, person(uint64(n)+10))
				}
				end = counting(t, s, b, notes)
				time.Sleep(time.Second)
				for n := range c.after {
					s.put(t, person(uint64(n)+20))
				}
				time.Sleep(time.Second)
				if got := b.counts().Total; got != c.want {
					t.Errorf("%d are counted, want %d", got, c.want)
				}
				if !strings.Contains(notes.String(), "are lost") {
					t.Errorf("the log does not say so:\n%s", notes)
				}
				_ = end()
			})
		})
	}
}

// A stream that is replaced under its reader is found within a tick.
func TestCounterSeesThatTheStreamIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newTape(), newBook()
		end := counting(t, s, b, newNotebook())
		s.put(t, person(1))
		time.Sleep(time.Second)
		s.replaced()
		time.Sleep(2 * outcry.TickLength)
		if err := end(); outcry.CodeOf(err) != outcry.CodeConflict || !strings.Contains(err.Error(), "replaced") {
			t.Errorf("ended with %v, want that it was replaced", err)
		}
	})
}
