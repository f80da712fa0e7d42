package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
)

// The benchmarks run the whole front door: HTTP over loopback, the stream
// fsynced, and the load on the same cores. Each runs its yardstick in the same
// run and reports the ratio.

const benchConnections = 200

// sinkSender stores nothing: it shows what the door itself costs.
type sinkSender struct{}

func (sinkSender) Send(context.Context, []outcry.Signal) error { return nil }

func benchDoor(b *testing.B, s Sender) *Door {
	b.Helper()
	d, err := New(Config{
		Services: []outcry.Service{{ID: "imessage"}, {ID: "facetime"}},
		Limit:    Limit{Rate: -1},
		Tokens:   []Token{{Name: "bench", Secret: "secret", Report: true}},
	}, Parts{Sender: s, Salts: fixedSalts{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func benchGatherer(b *testing.B) *bus.Gatherer {
	b.Helper()
	s, err := bus.Open(b.Context(), bus.Config{Dir: b.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	g, err := bus.NewGatherer(s, bus.ByService(nil), bus.GatherOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(g.Close(), s.Close()); err != nil {
			b.Error(err)
		}
	})
	return g
}

// BenchmarkAccept is the door without HTTP and without a stream.
func BenchmarkAccept(b *testing.B) {
	d := benchDoor(b, sinkSender{})
	const n = 1000
	reports := make([]Raw, n)
	for i := range reports {
		reports[i] = Raw{
			Service: "imessage", Symptom: "not-delivered", Region: "US-TX", Carrier: "Verizon",
			Address: netip.AddrFrom4([4]byte{11, byte(i >> 8), byte(i), 7}), Agent: "Mozilla/5.0 (iPhone)",
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := d.Accept(b.Context(), reports, Caller{}); err != nil || r.Accepted != n {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

func ndjson(n int) []byte {
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, `{"service":"imessage","symptom":"not-delivered","region":"US-TX","carrier":"Verizon","platform":"ios","reporter":"p%d"}`+"\n", i)
	}
	return body.Bytes()
}

// BenchmarkNDJSON is batches of 10,000 reports over HTTP into the synced stream.
// Its yardstick is the raw engine: messages of 500 signals published in JetStream.
func BenchmarkNDJSON(b *testing.B) {
	const lines = 10_000
	body := ndjson(lines)
	d := benchDoor(b, benchGatherer(b))
	url, stop := serve(b, d)
	defer stop()
	client := &http.Client{}
	b.ReportAllocs()
	start := time.Now()
	var sent atomic.Int64
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := post(client, url, "application/x-ndjson", body); err != nil {
				b.Error(err)
				return
			}
			sent.Add(lines)
		}
	})
	rate := float64(sent.Load()) / time.Since(start).Seconds()
	b.StopTimer()
	yard := yardstickEngine(b)
	b.ReportMetric(rate, "reports/s")
	b.ReportMetric(yard, "yardstick/s")
	b.ReportMetric(rate/yard, "ratio")
}

func post(c *http.Client, url, kind string, body []byte) error {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer secret")
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %d: %.200s: %w", resp.StatusCode, answer, err)
	}
	return nil
}

// yardstickEngine publishes 500 signals a message, 64 messages at a time.
func yardstickEngine(b *testing.B) float64 {
	s, err := bus.Open(b.Context(), bus.Config{Dir: b.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const perMessage, workers = 500, 64
	data := make([]byte, perMessage*40)
	var n atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range workers {
		all.Go(func() {
			for time.Since(start) < time.Second {
				if _, err := s.Publish(b.Context(), 0, fmt.Sprint("y", n.Add(1)), data); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(n.Load()) * perMessage / time.Since(start).Seconds()
}

// BenchmarkSinglePost is one report a request, on disk before its 202. Its
// yardstick is a bare server: it reads the body, gathers bodies, writes and
// syncs a file, answers. The CPU time is that of the whole process, the load
// generator's included, and holds on a busy machine too.
func BenchmarkSinglePost(b *testing.B) {
	rate, cpu := loadSingle(b, benchDoor(b, benchGatherer(b)), true)
	b.StopTimer()
	yard, bare := loadSingle(b, newBareServer(b), false)
	b.ReportMetric(float64(cpu.Nanoseconds()), "cpu-ns/op")
	b.ReportMetric(float64(bare.Nanoseconds()), "yardstick-cpu-ns/op")
	b.ReportMetric(rate, "reports/s")
	b.ReportMetric(yard, "yardstick/s")
	b.ReportMetric(rate/yard, "ratio")
}

// loadSingle posts from benchConnections connections and says how many a second
// were answered, and what CPU time each took. The load generator is as bare as can be: it writes requests
// that were made before, and looks for the status in what comes back.
func loadSingle(b *testing.B, h http.Handler, counted bool) (rate float64, cpu time.Duration) {
	url, stop := serve(b, h)
	defer stop()
	const atLeast = 20_000
	n := atLeast
	if counted {
		n = max(b.N, atLeast)
		b.ReportAllocs()
		b.ResetTimer()
	}
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	start, before := time.Now(), cpuTime(b)
	for c := range benchConnections {
		all.Go(func() {
			if err := hammer(url[len("http://"):], c, &left); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(start).Seconds(), (cpuTime(b) - before) / time.Duration(n)
}

// cpuTime is what this process has used, in user and kernel.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func hammer(host string, number int, left *atomic.Int64) error {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	body := `{"service":"imessage","symptom":"not-delivered","region":"US-TX","carrier":"Verizon"}`
	request := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nContent-Type: application/json\r\nX-Forwarded-For: 11.%d.%d.1\r\nContent-Length: %d\r\n\r\n%s",
		number/250, number%250, len(body), body)
	answer := make([]byte, 1024)
	for left.Add(-1) >= 0 {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		n, err := conn.Read(answer)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 202")) {
			return fmt.Errorf("answered %.200s", answer[:n])
		}
	}
	return nil
}

func serve(b *testing.B, h http.Handler) (url string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	}()
	return "http://" + l.Addr().String(), func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}
}

// bareServer is the yardstick of single reports.
type bareServer struct {
	file    *os.File
	mu      sync.Mutex
	arrived sync.Cond
	waiting []byte
	done    chan struct{}
	over    bool
}

func newBareServer(b *testing.B) *bareServer {
	f, err := os.Create(filepath.Join(b.TempDir(), "reports"))
	if err != nil {
		b.Fatal(err)
	}
	s := &bareServer{file: f, done: make(chan struct{})}
	s.arrived.L = &s.mu
	var writer sync.WaitGroup
	writer.Go(func() { s.write(b) })
	b.Cleanup(func() {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
		s.arrived.Signal()
		writer.Wait()
	})
	return s
}

func (s *bareServer) write(b *testing.B) {
	for {
		s.mu.Lock()
		for len(s.waiting) == 0 && !s.over {
			s.arrived.Wait()
		}
		if s.over {
			s.mu.Unlock()
			return
		}
		data, done := s.waiting, s.done
		s.waiting, s.done = nil, make(chan struct{})
		s.mu.Unlock()
		_, err := s.file.Write(data)
		if err := errors.Join(err, s.file.Sync()); err != nil {
			b.Error(err)
			return
		}
		close(done)
	}
}

func (s *bareServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.waiting = append(s.waiting, body...)
	done := s.done
	s.arrived.Signal()
	s.mu.Unlock()
	<-done
	w.WriteHeader(http.StatusAccepted)
}

type fixedSalts struct{}

func (fixedSalts) Salt(_ context.Context, period string) ([]byte, error) {
	return []byte("salt of " + period), nil
}
