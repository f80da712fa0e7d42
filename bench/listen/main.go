// Command listen measures what it costs to listen to vendors' pages: so many
// pages of the Statuspage v2 format, of 8 KB each, polled at an interval from a
// server in a process of its own that answers conditional requests with 304.
//
//	go run ./bench/listen                     # 1,000 pages a minute, for two minutes
//	go run ./bench/listen -changed 0.05       # of which one in twenty has changed
//
// It prints the processor time of the listening process alone, as a share of
// one core, and what one poll comes to. Connections are plain and kept alive: a
// real page costs a TLS handshake more whenever its server hangs up.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
	"github.com/outcry/outcry/internal/listen/statuspage"
)

func main() {
	pages := flag.Int("pages", 1000, "pages that are listened to")
	interval := flag.Duration("interval", time.Minute, "between two polls of a page")
	lasts := flag.Duration("for", 2*time.Minute, "how long to measure, after the first round")
	changed := flag.Float64("changed", 0, "share of polls that bring a page that has changed")
	serve := flag.Bool("serve", false, "be the server")
	flag.Parse()
	var err error
	if *serve {
		err = server(*changed)
	} else {
		err = measure(*pages, *interval, *lasts, *changed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "listen:", err)
		os.Exit(1)
	}
}

// server answers until its parent is gone.
func server(changed float64) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() { // the parent holds the other end
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(0)
	}()
	body := page()
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" && rand.Float64() >= changed {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, rand.Uint64()))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, body, rand.Uint64())
	}))
}

// page is a summary of fifty components.
func page() string {
	var b strings.Builder
	b.WriteString(`{"page":{"id":"x","name":"Bench","url":"https://status.example.com","updated_at":"%d"},"status":{"indicator":"none","description":"All Systems Operational"},"incidents":[],"components":[`)
	for i := range 50 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"c%d","name":"Component %d","status":"operational","created_at":"2024-05-16T21:39:00Z","position":%d,"description":null,"showcase":false,"group":false}`, i, i, i)
	}
	return b.String() + `]}`
}

// counter takes signals.
type counter struct{ signals atomic.Int64 }

func (c *counter) Send(_ context.Context, s []outcry.Signal) error {
	c.signals.Add(int64(len(s)))
	return nil
}

func measure(pages int, interval, lasts time.Duration, changed float64) error {
	addr, stop, err := start(changed)
	if err != nil {
		return err
	}
	defer stop()
	var polls atomic.Int64
	format := statuspage.Format()
	urls := make([]listen.Source, pages)
	for i := range urls {
		urls[i] = listen.Source{
			Name: fmt.Sprintf("page-%d", i), Type: "statuspage", URL: fmt.Sprintf("http://%s/%d/summary.json", addr, i), Interval: interval,
			Format: format, Services: map[string]string{"Component 7": fmt.Sprintf("service-%d", i), listen.Whole: "all"},
		}
	}
	to := &counter{}
	l, err := listen.New(listen.Config{Now: func() time.Time { polls.Add(1); return time.Now() }}, urls, to)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { l.Run(ctx); close(ended) }()
	time.Sleep(min(interval, time.Minute)) // the first round brings every page whole
	first, asked, began := cpu(), polls.Load(), time.Now()
	time.Sleep(lasts)
	used, took := cpu()-first, time.Since(began)
	n := float64(polls.Load()-asked) / 2 // the clock is read before a fetch and after
	cancel()
	<-ended
	fmt.Printf("%d pages every %s for %s: %.0f polls, %.0f%% of them changed, %d signals in all\n", pages, interval, took.Round(time.Second), n, 100*changed, to.signals.Load())
	fmt.Printf("processor: %.2f%% of a core, %.0f µs a poll; memory: %d MB at most\n", 100*used.Seconds()/took.Seconds(), used.Seconds()*1e6/n, peak()>>10)
	return nil
}

// start runs this program as the server.
func start(changed float64) (addr string, stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(exe, "-serve", "-changed", fmt.Sprint(changed))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), func() { _ = in.Close(); _ = cmd.Wait() }, err
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest memory of this process, in KB.
func peak() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss
}
