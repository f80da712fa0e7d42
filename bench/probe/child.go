package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/dnscheck"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/probe/tcpcheck"
	"github.com/outcry/outcry/internal/probe/tlscheck"
)

// child is one measured process.
func child(role, ports string, seconds, rate int) error {
	switch role {
	case "server":
		return serve()
	case "kept", "fresh":
		return single(ports, role == "kept", time.Duration(seconds)*time.Second, rate)
	case "mixed":
		return mass(30*time.Second, func(pool *httpcheck.Pool, i int) (string, probe.Prober, error) { return one(pool, ports, i) })
	case "endpoints":
		return mass(10*time.Second, func(pool *httpcheck.Pool, i int) (string, probe.Prober, error) { return endpoint(pool, ports, i) })
	case "memory":
		return memory(ports)
	}
	return fmt.Errorf("no role %q", role)
}

// sink counts signals.
type sink struct{ good, bad atomic.Int64 }

// Send implements probe.Sender.
func (s *sink) Send(_ context.Context, signals []outcry.Signal) error {
	for i := range signals {
		if signals[i].Outcome == outcry.Good {
			s.good.Add(1)
		} else {
			s.bad.Add(1)
		}
	}
	return nil
}

// fleet is a scheduler that runs.
type fleet struct {
	sink    sink
	metrics *prometheus.Registry
	stop    func()
}

func start(checks []probe.Check) (*fleet, error) {
	f := &fleet{metrics: prometheus.NewRegistry()}
	metrics, err := probe.NewMetrics(f.metrics)
	if err != nil {
		return nil, err
	}
	s := probe.NewScheduler(probe.Config{Vantage: "bench", Metrics: metrics, Log: slog.New(slog.DiscardHandler)}, &f.sink)
	if err := s.Update(checks); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	f.stop = func() { cancel(); <-done }
	return f, nil
}

func check(i int, typ string, interval time.Duration, p probe.Prober) probe.Check {
	return probe.Check{Name: "check-" + strconv.Itoa(i), Service: "bench", Type: typ, Interval: interval, Timeout: 5 * time.Second, Prober: p}
}

func httpOptions(url string, kept bool) httpcheck.Options {
	o := httpcheck.Defaults(url)
	o.Matches, o.KeepAlive = []string{`"status":"ok"`}, kept
	return o
}

// single measures the CPU of one HTTP check.
func single(ports string, kept bool, lasts time.Duration, rate int) error {
	pool := httpcheck.NewPool()
	checks := make([]probe.Check, rate)
	for i := range checks {
		p, err := pool.New(httpOptions("http://127.0.0.1:"+portOf(ports, "http")+"/", kept), probe.Env{})
		if err != nil {
			return err
		}
		checks[i] = check(i, "http", time.Second, p)
	}
	f, err := start(checks)
	if err != nil {
		return err
	}
	defer f.stop()
	wait(2 * time.Second)
	before, used := f.sink.good.Load(), cpu()
	wait(lasts)
	used = cpu() - used
	n := f.sink.good.Load() - before
	if bad := f.sink.bad.Load(); bad > 0 || n == 0 {
		return fmt.Errorf("%d probes failed, %d did not", bad, n)
	}
	fmt.Printf("ms %g\n", used.Seconds()*1e3/float64(n))
	return nil
}

// many is how many checks there are in the measurements of mass.
const many = 10_000

// mass measures ten thousand checks that are run every interval.
func mass(interval time.Duration, one func(pool *httpcheck.Pool, i int) (string, probe.Prober, error)) error {
	pool := httpcheck.NewPool()
	checks := make([]probe.Check, many)
	for i := range checks {
		typ, p, err := one(pool, i)
		if err != nil {
			return err
		}
		checks[i] = check(i, typ, interval, p)
	}
	f, err := start(checks)
	if err != nil {
		return err
	}
	defer f.stop()
	wait(interval)
	used, began := cpu(), time.Now()
	wait(2 * interval)
	used = cpu() - used
	share, runs, err := onTime(f.metrics)
	if err != nil {
		return err
	}
	fmt.Printf("core %g\nruns %g\nfailed %d\nontime %g\nrss %g\n", used.Seconds()/time.Since(began).Seconds(), runs, f.sink.bad.Load(), share, rss())
	return nil
}

// one makes the ith of the mixed checks.
func one(pool *httpcheck.Pool, ports string, i int) (typ string, p probe.Prober, err error) {
	switch i % 10 {
	case 0, 1:
		p, err = tcpcheck.New(tcpcheck.Options{URL: "tcp://127.0.0.1:" + portOf(ports, "http")}, probe.Env{})
		return "tcp", p, err
	case 2:
		p, err = tlscheck.New(tlscheck.Options{URL: "tls://127.0.0.1:" + portOf(ports, "tls"), TLS: probe.TLSOptions{SkipVerify: true}}, probe.Env{})
		return "tls", p, err
	case 3:
		var o dnscheck.Options
		o.SetDefaults()
		o.SetURL("dns://127.0.0.1:" + portOf(ports, "dns") + "/example.com")
		p, err = dnscheck.New(o, probe.Env{})
		return "dns", p, err
	}
	return endpoint(pool, ports, i)
}

// endpoint makes the ith HTTP check, of an address that no other has.
func endpoint(pool *httpcheck.Pool, ports string, i int) (typ string, p probe.Prober, err error) {
	p, err = pool.New(httpOptions(fmt.Sprintf("http://127.1.%d.%d:%s/", i/200, i%200+1, portOf(ports, "http")), true), probe.Env{})
	return "http", p, err
}

// memory measures what a check takes while it waits.
func memory(ports string) error {
	pool := httpcheck.NewPool()
	base := heap()
	checks := make([]probe.Check, many)
	for i := range checks {
		_, p, err := endpoint(pool, ports, i)
		if err != nil {
			return err
		}
		checks[i] = check(i, "http", 24*time.Hour, p)
	}
	idle, err := start(checks)
	if err != nil {
		return err
	}
	wait(2 * time.Second) // to be put on schedule
	fmt.Printf("idle %g\n", (heap()-base)/many)
	idle.stop()
	for i := range checks {
		checks[i].Interval = 20 * time.Second
	}
	ran, err := start(checks)
	if err != nil {
		return err
	}
	defer ran.stop()
	wait(25 * time.Second)
	fmt.Printf("ran %g\n", (heap()-base)/many)
	return nil
}

// heap is what is in use after a collection, stacks included, in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// cpu is the time that this process has had of a core.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the same of another process, from /proc in ticks of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	user, uerr := strconv.ParseInt(fields[11], 10, 64)
	system, serr := strconv.ParseInt(fields[12], 10, 64)
	if uerr != nil || serr != nil {
		return 0, fmt.Errorf("read the CPU time of process %d", pid)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// rss is the memory of this process that is in RAM, in MB.
func rss() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * float64(os.Getpagesize()) / 1e6
}

// onTime is the share of runs that began within 0.1 s of their time.
func onTime(from prometheus.Gatherer) (share, runs float64, err error) {
	families, err := from.Gather()
	if err != nil {
		return 0, 0, err
	}
	for _, family := range families {
		if family.GetName() != "outcry_probe_late_seconds" {
			continue
		}
		h := family.GetMetric()[0].GetHistogram()
		for _, b := range h.GetBucket() {
			if b.GetUpperBound() == 0.1 {
				return float64(b.GetCumulativeCount()) / float64(h.GetSampleCount()), float64(h.GetSampleCount()), nil
			}
		}
	}
	return 0, 0, fmt.Errorf("no histogram of lateness")
}
