package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func benchBus(b *testing.B, c Config) *Bus {
	b.Helper()
	s, err := Open(b.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkPublish is one message at a time and its fsync. The yardstick writes
// and syncs a file as often.
func BenchmarkPublish(b *testing.B) {
	for _, c := range []struct {
		name   string
		config Config
	}{{"synced", Config{Dir: b.TempDir()}}, {"memory", Config{Memory: true}}} {
		b.Run(c.name, func(b *testing.B) {
			s := benchBus(b, c.config)
			data := make([]byte, 100)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				if _, err := s.Publish(b.Context(), 0, fmt.Sprint(n), data); err != nil {
					b.Fatal(err)
				}
			}
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "messages/s")
			if !c.config.Memory {
				b.StopTimer()
				yard := syncsPerSecond(b)
				b.ReportMetric(yard, "yardstick/s")
				b.ReportMetric(rate/yard, "ratio")
			}
		})
	}
}

func syncsPerSecond(b *testing.B) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	start, n := time.Now(), 0
	for ; time.Since(start) < 500*time.Millisecond; n++ {
		_, err := f.Write(make([]byte, 200))
		if err := errors.Join(err, f.Sync()); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

// BenchmarkGather is single signals of many callers into the synced stream.
// The yardstick is the raw engine with 500 signals in each message.
func BenchmarkGather(b *testing.B) {
	s := benchBus(b, Config{Dir: b.TempDir()})
	for _, callers := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			g, err := NewGatherer(s, ByService(nil), GatherOptions{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			sendAll(b, g, callers)
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.StopTimer()
			if err := g.Close(); err != nil {
				b.Fatal(err)
			}
			yard := rawEngine(b, s)
			b.ReportMetric(rate, "signals/s")
			b.ReportMetric(yard, "yardstick/s")
			b.ReportMetric(rate/yard, "ratio")
		})
	}
}

func sendAll(b *testing.B, g *Gatherer, callers int) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			one := []outcry.Signal{report("imessage", uint64(c+1))}
			for left.Add(-1) >= 0 {
				if err := g.Send(context.Background(), one); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// rawEngine publishes encoded batches of 500, 64 at a time, and says how many
// signals a second that is.
func rawEngine(b *testing.B, s *Bus) float64 {
	batch := make([]outcry.Signal, 500)
	for i := range batch {
		batch[i] = report("imessage", uint64(i+1)*0x9e3779b97f4a7c15)
	}
	data, err := outcry.AppendSignals(nil, batch)
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range 64 {
		all.Go(func() {
			for time.Since(start) < 500*time.Millisecond {
				if _, err := s.Publish(b.Context(), 0, fmt.Sprint(start.UnixNano(), n.Add(1)), data); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(n.Load()) * float64(len(batch)) / time.Since(start).Seconds()
}

// BenchmarkConsume reads messages of 500 signals back and decodes them.
func BenchmarkConsume(b *testing.B) {
	s := benchBus(b, Config{Dir: b.TempDir()})
	rawEngine(b, s)
	last, err := s.Last(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	signals := 0
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		var batch []outcry.Signal
		err := s.Consume(ctx, 0, 0, time.Time{}, func(ms []Message) error {
			for _, m := range ms {
				var err error
				if batch, err = outcry.DecodeSignals(batch[:0], m.Data); err != nil {
					return err
				}
				signals += len(batch)
			}
			if ms[len(ms)-1].Seq >= last {
				cancel()
			}
			return nil
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(signals)/b.Elapsed().Seconds(), "signals/s")
}
