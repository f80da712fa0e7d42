package httpcheck

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// serverEnv makes the test binary the benchmarks' server, so that the CPU it
// takes is its own process's.
const serverEnv = "OUTCRY_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serveBench()
		return
	}
	goleak.VerifyTestMain(m)
}

// serveBench serves a small answer on every address of the loopback network,
// until its standard input ends.
func serveBench() {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	go io.Copy(os.Stdout, os.Stdin) //nolint:errcheck // see below
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"status":"ok"}`) //nolint:errcheck // the client tells
	})}
	go s.Serve(l)                 //nolint:errcheck // ends with the process
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // until it ends
}

// benchServer starts the server and gives its port.
func benchServer(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()      //nolint:errcheck // ends the server
		cmd.Process.Kill() //nolint:errcheck // in case it does not
		cmd.Wait()         //nolint:errcheck // killed
	})
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(port)
}

// cpu is the time that this process has had of a core.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rss is the memory of this process that is in RAM, in MB.
func rss(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * float64(os.Getpagesize()) / 1e6
}

// wait lets the scheduler run for a time that is to be measured.
func wait(d time.Duration) { <-time.After(d) }

// counting is a sender that counts.
type counting struct {
	mu        sync.Mutex
	good, bad int
}

func (c *counting) Send(_ context.Context, signals []outcry.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range signals {
		if signals[i].Outcome == outcry.Good {
			c.good++
		} else {
			c.bad++
		}
	}
	return nil
}

func (c *counting) counts() (good, bad int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.good, c.bad
}

// fleet is a scheduler with n checks.
type fleet struct {
	stop    context.CancelFunc
	done    chan struct{}
	sink    counting
	metrics prometheus.Gatherer
	pool    *Pool
}

func startFleet(b *testing.B, n int, interval time.Duration, url func(i int) string) *fleet {
	b.Helper()
	reg := prometheus.NewRegistry()
	metrics, err := probe.NewMetrics(reg)
	if err != nil {
		b.Fatal(err)
	}
	f := &fleet{metrics: reg, pool: NewPool(), done: make(chan struct{})}
	s := probe.NewScheduler(probe.Config{Vantage: "bench", Metrics: metrics, Log: slog.New(slog.DiscardHandler)}, &f.sink)
	checks := make([]probe.Check, n)
	for i := range checks {
		p, err := f.pool.New(Defaults(url(i)), probe.Env{})
		if err != nil {
			b.Fatal(err)
		}
		checks[i] = probe.Check{Name: fmt.Sprint("check-", i), Service: "bench", Type: "http", Interval: interval, Timeout: 5 * time.Second, Prober: p}
	}
	if err := s.Update(checks); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	go func() { s.Run(ctx); close(f.done) }()
	return f
}

func (f *fleet) close() {
	f.stop()
	<-f.done
	f.pool.Close() //nolint:errcheck // never fails
}

// onTime is the share of runs that began within 0.1 s of their time.
func (f *fleet) onTime(b *testing.B) (share float64, runs uint64) {
	families, err := f.metrics.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, fam := range families {
		if fam.GetName() != "outcry_probe_late_seconds" {
			continue
		}
		h := fam.GetMetric()[0].GetHistogram()
		return float64(below(h, .1)) / float64(h.GetSampleCount()), h.GetSampleCount()
	}
	b.Fatal("no histogram of lateness")
	return 0, 0
}

func below(h *dto.Histogram, bound float64) uint64 {
	for _, bucket := range h.GetBucket() {
		if bucket.GetUpperBound() == bound {
			return bucket.GetCumulativeCount()
		}
	}
	return 0
}

// BenchmarkCPUPerProbe is the CPU of one keep-alive probe at 1,000 a second,
// with schedule, assertions, steps and signals, next to a bare client that
// does no more than GET at the same pace. Run it with -benchtime 1x.
func BenchmarkCPUPerProbe(b *testing.B) {
	const lasts = 8 * time.Second
	b.Run("outcry", func(b *testing.B) {
		port := benchServer(b)
		f := startFleet(b, 1000, time.Second, func(int) string { return "http://127.0.0.1:" + port + "/" })
		defer f.close()
		wait(2 * time.Second)
		before, beforeBad := f.sink.counts()
		start := cpu()
		wait(lasts)
		used := cpu() - start
		good, bad := f.sink.counts()
		if bad > beforeBad {
			b.Fatalf("%d probes failed", bad-beforeBad)
		}
		b.ReportMetric(used.Seconds()*1e3/float64(good-before), "cpu-ms/probe")
		b.ReportMetric(float64(good-before)/lasts.Seconds(), "probes/s")
	})
	b.Run("bare", func(b *testing.B) {
		url := "http://127.0.0.1:" + benchServer(b) + "/"
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idlePerHost}}
		defer client.CloseIdleConnections()
		start, n := cpu(), 0
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		var wg sync.WaitGroup
		for began := time.Now(); time.Since(began) < lasts; n++ {
			<-tick.C
			wg.Go(func() { bareGet(b, client, url) })
		}
		wg.Wait()
		b.ReportMetric((cpu()-start).Seconds()*1e3/float64(n), "cpu-ms/probe")
		b.ReportMetric(float64(n)/lasts.Seconds(), "probes/s")
	})
}

func bareGet(b *testing.B, client *http.Client, url string) {
	resp, err := client.Get(url)
	if err != nil {
		b.Error(err)
		return
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Error(err)
	}
}

// BenchmarkTenThousand runs 10,000 checks of as many addresses (of the
// loopback network), each on a connection of its own, every 10 s: the share of
// a core that it takes, in the first interval and later, its memory, and how
// many runs began on time; the collector is as the product has it. The kernel's
// buffers of the sockets are not part of it. Run it with -benchtime 1x.
func BenchmarkTenThousand(b *testing.B) {
	const interval = 10 * time.Second
	port := benchServer(b)
	base := cpu()
	f := startFleet(b, 10_000, interval, func(i int) string {
		return fmt.Sprintf("http://127.1.%d.%d:%s/", i/200, i%200+1, port)
	})
	defer f.close()
	wait(interval)
	first := cpu()
	firstShare, _ := f.onTime(b)
	wait(2 * interval)
	later := cpu()
	share, runs := f.onTime(b)
	good, bad := f.sink.counts()
	if bad > 0 {
		b.Errorf("%d probes failed, %d were good", bad, good)
	}
	b.ReportMetric((first-base).Seconds()/interval.Seconds()*100, "%core-first")
	b.ReportMetric((later-first).Seconds()/(2*interval).Seconds()*100, "%core")
	b.ReportMetric(rss(b), "MB-RSS")
	b.ReportMetric(firstShare*100, "%on-time-first")
	b.ReportMetric(share*100, "%on-time")
	b.ReportMetric(float64(runs), "runs")
}
