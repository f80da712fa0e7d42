package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// slowDisk is a Publisher whose every publish takes a while.
type slowDisk struct {
	partitions int
	takes      time.Duration
	fail       error

	mu       sync.Mutex
	messages [][]outcry.Signal
	where    []int
	ids      []string
	flying   int
	most     int // that flew at a time
	total    int // signals
}

func (d *slowDisk) Partitions() int { return max(1, d.partitions) }

func (d *slowDisk) Publish(ctx context.Context, partition int, id string, data []byte) (uint64, error) {
	signals, err := outcry.DecodeSignals(nil, data)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	d.flying++
	d.most = max(d.most, d.flying)
	d.mu.Unlock()
	select {
	case <-time.After(d.takes):
	case <-ctx.Done():
		err = ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flying--
	if err = errors.Join(err, d.fail); err != nil {
		return 0, err
	}
	d.messages = append(d.messages, signals)
	d.where = append(d.where, partition)
	d.ids = append(d.ids, id)
	d.total += len(signals)
	return uint64(len(d.messages)), nil
}

func gatherer(t *testing.T, d *slowDisk, o GatherOptions) *Gatherer {
	t.Helper()
	g, err := NewGatherer(d, ByService(nil), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func report(service string, reporter uint64) outcry.Signal {
	return outcry.Signal{Kind: outcry.KindReport, At: time.UnixMilli(1715895540000).UTC(), Service: service, Reporter: reporter}
}

func TestIdleGathererWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gatherer(t, &slowDisk{takes: time.Millisecond}, GatherOptions{})
		start := time.Now()
		if err := g.Send(t.Context(), []outcry.Signal{report("a", 1)}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Millisecond {
			t.Errorf("a lone signal took %v, want what the disk takes", took)
		}
		closeGatherer(t, g)
	})
}

func closeGatherer(t *testing.T, g *Gatherer) {
	t.Helper()
	if err := g.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func TestBatchesGrowWithTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 10 * time.Millisecond}
		g := gatherer(t, disk, GatherOptions{MaxSignals: 500, Metrics: prometheus.NewRegistry()})
		var senders sync.WaitGroup
		start := time.Now()
		for i := range 2000 {
			senders.Go(func() {
				if err := g.Send(t.Context(), []outcry.Signal{report("a", uint64(i+1))}); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if disk.total != 2000 || len(disk.messages) > 7 || disk.most != 2 {
			t.Errorf("%d signals went in %d messages, %d at a time; want 2000 in at most 7, two at a time", disk.total, len(disk.messages), disk.most)
		}
		if took := time.Since(start); took > 40*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		slices.Sort(disk.ids)
		if n := len(slices.Compact(slices.Clone(disk.ids))); n != len(disk.ids) {
			t.Errorf("%d messages have %d ids", len(disk.ids), n)
		}
		closeGatherer(t, g)
	})
}

func TestFailedDiskIsToldToEverySender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := outcry.Errorf(outcry.CodeUnavailable, "full")
		disk := &slowDisk{takes: time.Millisecond, fail: full}
		g := gatherer(t, disk, GatherOptions{})
		for range 5 {
			if err := g.Send(t.Context(), []outcry.Signal{report("a", 1)}); outcry.CodeOf(err) != outcry.CodeUnavailable {
				t.Errorf("got %v, want %s", err, outcry.CodeUnavailable)
			}
		}
		disk.fail = nil
		if err := g.Send(t.Context(), []outcry.Signal{report("a", 1)}); err != nil {
			t.Errorf("with space again: %v", err)
		}
		closeGatherer(t, g)
	})
}

func TestStalledDiskTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gatherer(t, &slowDisk{takes: time.Hour}, GatherOptions{Timeout: time.Second})
		start := time.Now()
		if err := g.Send(t.Context(), []outcry.Signal{report("a", 1)}); err == nil || time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want an error after a second", err, time.Since(start))
		}
		closeGatherer(t, g)
	})
}

func TestWaitingSignalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: time.Second}
		g := gatherer(t, disk, GatherOptions{MaxSignals: 10, MaxWaiting: 30, Flights: 1})
		var senders sync.WaitGroup
		for range 3 {
			senders.Go(func() {
				if err := g.Send(t.Context(), slices.Repeat([]outcry.Signal{report("a", 1)}, 10)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := g.Send(ctx, []outcry.Signal{report("a", 2)}); outcry.CodeOf(err) != outcry.CodeUnavailable {
			t.Errorf("one too many got %v, want %s", err, outcry.CodeUnavailable)
		}
		senders.Wait()
		if disk.total != 30 {
			t.Errorf("%d were stored, want 30", disk.total)
		}
		closeGatherer(t, g)
	})
}

func TestCallerWhoGivesUpIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: time.Second}
		g := gatherer(t, disk, GatherOptions{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := g.Send(ctx, []outcry.Signal{report("a", 1)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		closeGatherer(t, g)
		if disk.total != 1 {
			t.Errorf("%d were stored in the end, want the one", disk.total)
		}
	})
}

func TestCloseStoresWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 10 * time.Millisecond, partitions: 3}
		g := gatherer(t, disk, GatherOptions{MaxSignals: 7})
		var senders sync.WaitGroup
		for i := range 100 {
			senders.Go(func() {
				if err := g.Send(t.Context(), []outcry.Signal{report(fmt.Sprint("s", i%9), 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		closeGatherer(t, g)
		senders.Wait()
		if disk.total != 100 {
			t.Errorf("%d were stored, want all", disk.total)
		}
		if err := g.Send(t.Context(), []outcry.Signal{report("a", 1)}); outcry.CodeOf(err) != outcry.CodeUnavailable {
			t.Errorf("after closing: %v, want %s", err, outcry.CodeUnavailable)
		}
	})
}

func TestBatchTooLongForOneMessageIsSplit(t *testing.T) {
	disk := &slowDisk{}
	g := gatherer(t, disk, GatherOptions{MaxBytes: 2000})
	var in []outcry.Signal
	for i := range 64 {
		s := report("a", uint64(i+1))
		s.Reason = strings.Repeat("x", 100) + fmt.Sprint(i)
		in = append(in, s)
	}
	if err := g.Send(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	closeGatherer(t, g)
	if len(disk.messages) < 2 {
		t.Errorf("all went in %d message", len(disk.messages))
	}
	if diff := cmp.Diff(in, slices.Concat(disk.messages...)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// Whatever callers send at a time, each signal is stored once, in its service's
// partition, and each caller's in the order in which they were sent.
func TestGathererLosesAndRepeatsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 5), 0, 40), 1, 20).Draw(t, "calls")
		disk := &slowDisk{partitions: rapid.IntRange(1, 4).Draw(t, "partitions")}
		g, err := NewGatherer(disk, ByService(map[string]int{"s5": 3}), GatherOptions{MaxSignals: rapid.IntRange(1, 30).Draw(t, "max"), Flights: 1})
		if err != nil {
			t.Fatal(err)
		}
		var senders sync.WaitGroup
		want := 0
		for c, services := range calls {
			var signals []outcry.Signal
			for i, s := range services {
				signals = append(signals, report(fmt.Sprint("s", s), uint64(c*1000+i+1)))
			}
			want += len(signals)
			senders.Go(func() {
				if err := g.Send(context.Background(), signals); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		checkStored(t, disk, want)
	})
}

func checkStored(t *rapid.T, disk *slowDisk, want int) {
	seen := map[uint64]bool{}
	last := map[[2]uint64]uint64{} // partition and caller → the last reporter
	choose := ByService(map[string]int{"s5": 3})
	for m, signals := range disk.messages {
		for _, s := range signals {
			if seen[s.Reporter] {
				t.Fatalf("signal %d is stored twice", s.Reporter)
			}
			seen[s.Reporter] = true
			if p := choose(&s, disk.Partitions()); p != disk.where[m] {
				t.Fatalf("signal of %s is in partition %d, want %d", s.Service, disk.where[m], p)
			}
			lane := [2]uint64{uint64(disk.where[m]), s.Reporter / 1000}
			if last[lane] > s.Reporter {
				t.Fatalf("signal %d comes behind %d", s.Reporter, last[lane])
			}
			last[lane] = s.Reporter
		}
	}
	if len(seen) != want {
		t.Fatalf("%d signals are stored, want %d", len(seen), want)
	}
}

func TestHotServiceIsSplitByReporter(t *testing.T) {
	choose := ByService(map[string]int{"hot": 4})
	parts := map[int]int{}
	for i := range uint64(1000) {
		s := report("hot", i*7919)
		parts[choose(&s, 8)]++
		if again := choose(&s, 8); parts[again] == 0 {
			t.Fatal("one reporter goes two ways")
		}
	}
	if len(parts) != 4 {
		t.Errorf("a hot service is in %d partitions, want 4", len(parts))
	}
	for i := range 20 {
		s, r := report(fmt.Sprint("cold", i), 1), report(fmt.Sprint("cold", i), 2)
		if choose(&s, 8) != choose(&r, 8) {
			t.Errorf("service cold%d is in two partitions", i)
		}
	}
}
