// Command page measures how fast the status page is served, with nginx on the
// same bytes in the same run as the yardstick.
//
//	go run ./bench/page [-seconds 8] [-connections 100] [-rounds 3]
//	go run ./bench/page -listeners 10000 [-rounds 9]
//
// The second form measures the live stream: how long after a change all of so
// many listeners, in a process of their own, have it. It needs two descriptors
// for each.
//
// It needs nginx and wrk (apt-get install nginx wrk). Our server and nginx
// (gzip_static, two workers, no access log) run one after the other on the
// same cores as the load generator; each round measures both. The figure is
// the ratio of the medians. The CPU time for each request is printed beside it:
// it says the same on a machine that is busy with something else, where the
// rates do not.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/web"
)

func main() {
	seconds := flag.Int("seconds", 8, "length of each measurement")
	connections := flag.Int("connections", 100, "open connections")
	rounds := flag.Int("rounds", 3, "measurements of each server")
	listeners := flag.Int("listeners", 0, "measure instead how long after a change so many listeners of the live stream have it")
	crowding := flag.String("crowd", "", "be the listeners of the server at this address (what -listeners starts)")
	serve := flag.String("serve", "", "only serve the demonstration world on this address, for looking at it")
	flag.Parse()
	var err error
	switch {
	case *serve != "":
		err = demonstrate(*serve)
	case *crowding != "":
		err = crowd(*crowding, *listeners)
	case *listeners > 0:
		err = listen(*listeners, *rounds)
	default:
		err = run(*seconds, *connections, *rounds)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// serve serves the page of an outage at an address, until the end of ctx.
func serve(ctx context.Context, addr string, listeners int) (s *web.Server, at string, done <-chan error, err error) {
	c := web.Config{Page: page.Options{Name: "Outcry", URL: "http://localhost:8080", Location: pagetest.Location()}}
	if listeners > 0 {
		c.MaxListeners, c.Descriptors = listeners, 4*listeners+1000
	}
	if s, err = web.New(c, web.Deps{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()}); err != nil {
		return nil, "", nil, err
	}
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		return nil, "", nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, "", nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, time.Second) }()
	return s, l.Addr().String(), ended, nil
}

func demonstrate(addr string) error {
	_, _, done, err := serve(context.Background(), addr, 0)
	if err != nil {
		return err
	}
	return <-done
}

// contestant is one server: its page, and the CPU time that it has used.
type contestant struct {
	name, url string
	cpu       func() (time.Duration, error)
	rates     []float64
	costs     []float64       // µs of CPU for each request
	tails     []time.Duration // p99
}

func run(seconds, connections, rounds int) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	_, addr, _, err := serve(ctx, "127.0.0.1:0", 0)
	if err != nil {
		return err
	}
	ours := &contestant{name: "outcry", url: "http://" + addr + "/", cpu: ownCPU}
	theirs, end, err := startNginx(ours.url)
	if err != nil {
		return err
	}
	defer end()
	for i := range rounds {
		for _, c := range []*contestant{ours, theirs} {
			if err := c.measure(i+1, seconds, connections); err != nil {
				return err
			}
		}
	}
	fmt.Printf("median   p99 outcry %s, nginx %s\n", median(ours.tails).Round(10*time.Microsecond), median(theirs.tails).Round(10*time.Microsecond))
	x, y := median(ours.rates), median(theirs.rates)
	fmt.Printf("median   outcry %.0f/s, nginx gzip_static %.0f/s: ratio %.2f; CPU for each %.1f and %.1f µs (%d connections, %d cores, %s)\n",
		x, y, x/y, median(ours.costs), median(theirs.costs), connections, runtime.NumCPU(), runtime.Version())
	return nil
}

func (c *contestant) measure(round, seconds, connections int) error {
	before, err := c.cpu()
	if err != nil {
		return err
	}
	rate, latency, tail, err := load(c.url, seconds, connections)
	if err != nil {
		return err
	}
	after, err := c.cpu()
	if err != nil {
		return err
	}
	cost := float64((after - before).Microseconds()) / (rate * float64(seconds))
	fmt.Printf("round %d  %-6s  %8.0f requests/s  %4.1f µs CPU each  %s load %s\n", round, c.name, rate, cost, latency, loadAverage())
	c.rates, c.costs, c.tails = append(c.rates, rate), append(c.costs, cost), append(c.tails, tail)
	return nil
}

func median[T cmp.Ordered](v []T) T {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// ownCPU is what this process has used; the load generator is another one.
func ownCPU() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read our own CPU time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

var (
	rateLine = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	tailLine = regexp.MustCompile(`(?m)^\s+(50|99)%\s+(\S+)`)
	badLine  = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// load runs wrk, which asks for gzip as browsers do.
func load(url string, seconds, connections int) (rate float64, latency string, tail time.Duration, err error) {
	out, err := exec.Command("wrk", "-t2", "-c"+strconv.Itoa(connections), "-d"+strconv.Itoa(seconds)+"s", "--latency",
		"-H", "Accept-Encoding: gzip", url).CombinedOutput()
	if err != nil {
		return 0, "", 0, fmt.Errorf("run wrk: %w: %s", err, out)
	}
	m := rateLine.FindSubmatch(out)
	if m == nil || badLine.Match(out) {
		return 0, "", 0, fmt.Errorf("wrk against %s: %s", url, out)
	}
	for _, t := range tailLine.FindAllSubmatch(out, -1) {
		latency += fmt.Sprintf("p%s %s  ", t[1], t[2])
		if tail, err = time.ParseDuration(string(t[2])); err != nil {
			return 0, "", 0, fmt.Errorf("read what wrk says: %w", err)
		}
	}
	rate, err = strconv.ParseFloat(string(m[1]), 64)
	return rate, latency, tail, err
}

func save(url, coding, file string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", coding) // set by hand, the client hands over the bytes as they are
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("fetch our own page: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("fetch our own page: %w", err)
	}
	fmt.Printf("page as %s: %d bytes\n", coding, len(body))
	return os.WriteFile(file, body, 0o644)
}
