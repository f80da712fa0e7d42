package web

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// many is a world of so many services on one page.
func many(n int) page.World {
	w := pagetest.World(pagetest.Quiet)
	one := w.Services[0]
	w.Services, w.Pages, w.Incidents = nil, nil, nil
	for i := range n {
		s := one
		s.ID, s.Name, s.DependsOn = fmt.Sprintf("s%d", i), fmt.Sprintf("Service %d", i), nil
		s.Series = slices.Clone(one.Series)
		w.Services = append(w.Services, s)
	}
	return w
}

// judged is the world ten seconds later, in which so many services have another
// verdict: one incident is about them, which is confirmed or recovers, and more
// people have reported them.
func judged(w page.World, services, turn int) page.World {
	w.Now, w.Heard = w.Now.Add(10*time.Second), w.Heard.Add(10*time.Second)
	in := pagetest.Incident([]pagetest.Stage{pagetest.Outage, pagetest.Recovering}[turn%2])
	in.Services, in.Version, in.UpdatedAt = nil, int64(turn), w.Now
	for i := range services {
		s := &w.Services[i]
		in.Services = append(in.Services, s.ID)
		s.Series[len(s.Series)-1].Reports += uint32(1 + turn)
	}
	w.Incidents = []outcry.Incident{in}
	return w
}

// BenchmarkPublish measures the time from a changed world, in which so many
// services have another verdict, to the event with the change at a listener of
// the page with all services. Yardstick: 250 ms with 1,000 services, and the
// cost to grow with the change and not with the page. The processor's time
// says the same on a machine that is busy with something else.
func BenchmarkPublish(b *testing.B) {
	for _, c := range []struct{ services, changed int }{{10, 1}, {1000, 1}, {1000, 10}, {1000, 100}, {1000, 1000}} {
		b.Run(fmt.Sprintf("%d of %d services", c.changed, c.services), func(b *testing.B) { publishing(b, c.services, c.changed) })
	}
}

func publishing(b *testing.B, services, changed int) {
	s, err := New(Config{Page: page.Options{Location: pagetest.Location()}}, Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	w := judged(many(services), changed, 0)
	if err := s.Publish(w); err != nil {
		b.Fatal(err)
	}
	events := hear(b, s)
	var bytes int
	var took []time.Duration
	used := processorTime(b)
	for i := 1; b.Loop(); i++ {
		w = judged(w, changed, i)
		began := time.Now()
		if err := s.Publish(w); err != nil {
			b.Fatal(err)
		}
		bytes += <-events
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64((processorTime(b)-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(bytes)/float64(b.N), "B/event")
	b.ReportMetric(float64(len(s.site.get("/").doc.Body)), "B/page")
	b.ReportMetric(0, "ns/op") // with the time that it takes to make a world
	load, _ := os.ReadFile("/proc/loadavg")
	b.Logf("load %s", load)
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hear listens to the first page, and gives the size of each event.
func hear(b *testing.B, s *Server) <-chan int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(b.Context(), l, time.Second) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, "GET /events?page=/&have="+s.site.get("/").doc.Version+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "retry: ") {
	}
	events := make(chan int, 1)
	go func() {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") {
				events <- len(lines.Bytes())
			}
		}
	}()
	return events
}
