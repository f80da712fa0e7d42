package app

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/store"
)

// crowdedBus is a real stream of 64 KiB with two partitions, filled until it
// refuses; partition 1 has the odd messages. It gives how many each has.
func crowdedBus(t *testing.T) (b *bus.Bus, last [2]uint64) {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Memory: true, Partitions: 2, MaxBytes: 64 << 10}, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	for n := 0; ; n++ {
		seq, err := b.Publish(t.Context(), n%2, "", make([]byte, 2<<10))
		if outcry.CodeOf(err) == outcry.CodeUnavailable {
			return b, last
		}
		if err != nil {
			t.Fatal(err)
		}
		last[n%2] = seq
	}
}

// count moves a partition's position, as a counter of this stream does.
func countUpTo(t *testing.T, s *store.Store, b *bus.Bus, partition int, seq uint64, complete outcry.Tick) {
	t.Helper()
	e, err := b.Extent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutSetting(t.Context(), bornKey(partition), []byte(birth(e))); err != nil {
		t.Fatal(err)
	}
	pos, _, _, err := s.Position(t.Context(), partition)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CommitTallies(t.Context(), partition, pos, seq, complete, nil); err != nil {
		t.Fatal(err)
	}
}

func TestTrimmer(t *testing.T) {
	soon := outcry.TickOf(time.Now().Add(time.Hour)) // a position's time, behind every message
	for _, c := range []struct {
		name    string
		counted func(t *testing.T, s *store.Store, b *bus.Bus, last [2]uint64)
		rebuild time.Duration
		first   func(last [2]uint64) uint64
		says    string
	}{
		{"nothing counted, nothing dropped", func(*testing.T, *store.Store, *bus.Bus, [2]uint64) {}, -trimMargin,
			func([2]uint64) uint64 { return 1 }, "nothing can be dropped"},
		{"all counted and not needed, all dropped", func(t *testing.T, s *store.Store, b *bus.Bus, last [2]uint64) {
			countUpTo(t, s, b, 0, last[0], soon)
			countUpTo(t, s, b, 1, last[1], soon)
		}, -trimMargin, func(last [2]uint64) uint64 { return max(last[0], last[1]) + 1 }, "to make room"},
		{"one partition behind keeps what follows its position", func(t *testing.T, s *store.Store, b *bus.Bus, last [2]uint64) {
			countUpTo(t, s, b, 0, last[0], soon)
			countUpTo(t, s, b, 1, 6, soon)
		}, -trimMargin, func([2]uint64) uint64 { return 7 }, "to make room"},
		{"what a rebuild needs goes by halves, when there is no other way", func(t *testing.T, s *store.Store, b *bus.Bus, last [2]uint64) {
			countUpTo(t, s, b, 0, last[0], soon)
			countUpTo(t, s, b, 1, 20, soon)
		}, 48 * time.Hour, func([2]uint64) uint64 { return 11 }, "more max_bytes"},
		{"positions of another stream say nothing", func(t *testing.T, s *store.Store, b *bus.Bus, last [2]uint64) {
			countUpTo(t, s, b, 0, last[0], soon)
			countUpTo(t, s, b, 1, last[1], soon)
			if err := s.PutSetting(t.Context(), bornKey(1), []byte("1999-12-31T23:59:59Z")); err != nil {
				t.Fatal(err)
			}
		}, -trimMargin, func([2]uint64) uint64 { return 1 }, "nothing can be dropped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, last := crowdedBus(t)
			s, notes := memory(t), newNotebook()
			c.counted(t, s, b, last)
			if err := newTrimmer(b, s, c.rebuild, notes.log()).look(t.Context()); err != nil {
				t.Fatal(err)
			}
			e, err := b.Extent(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := c.first(last); e.First != want {
				t.Errorf("the stream begins at %d, want %d of %v", e.First, want, last)
			}
			if !strings.Contains(notes.String(), c.says) {
				t.Errorf("the log does not say %q:\n%s", c.says, notes)
			}
			_, err = b.Publish(t.Context(), 0, "", make([]byte, 2<<10))
			if room := e.First > 1; room != (err == nil) {
				t.Errorf("there is room: %v; a publish says %v", room, err)
			}
		})
	}
}

// A stream that is not crowded keeps what it has.
func TestTrimmerLeavesAQuietStreamAlone(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Memory: true, MaxBytes: 1 << 20}, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // of no interest here
	seq, err := b.Publish(t.Context(), 0, "", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	s := memory(t)
	countUpTo(t, s, b, 0, seq, outcry.TickOf(time.Now().Add(time.Hour)))
	if err := newTrimmer(b, s, -trimMargin, quietLog()).look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e, err := b.Extent(t.Context()); err != nil || e.First != 1 {
		t.Errorf("it begins at %d, %v", e.First, err)
	}
}
