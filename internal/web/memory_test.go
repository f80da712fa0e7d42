//go:build !race

// The race detector keeps shadow memory of its own, which is not what a
// listener costs.

package web

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// listenersPerGiB is how many idle listeners a GiB must hold.
const listenersPerGiB = 30_000

// idleListeners opens so many live streams over loopback and gives the bytes
// that the process holds for each when all have been told of a change and wait
// for the next. The clients are in the same process, and counted with it.
func idleListeners(tb testing.TB, n int) float64 {
	s := newTest(tb, func(c *Config, _ *Deps) { c.MaxListeners, c.Descriptors = n, 4*n+1000 })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	go func() { _ = s.Serve(tb.Context(), l, time.Second) }()
	before := inUse()
	answer := bufio.NewReader(nil)
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if _, err := io.WriteString(c, "GET /events?page=/ HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0)\r\nAccept: text/event-stream\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nReferer: http://x/\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\n\r\n"); err != nil {
			tb.Fatal(err)
		}
		answer.Reset(c)
		if res, err := http.ReadResponse(answer, nil); err != nil || res.StatusCode != http.StatusOK {
			tb.Fatalf("a listener is answered %v, %v", res, err)
		}
	}
	return float64(inUse()-before) / float64(n)
}

// inUse is the memory of heap and stacks, after two collections, so that
// what pools keep is gone too.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// TestIdleListenersAreSmall bounds what an open page costs.
func TestIdleListenersAreSmall(t *testing.T) {
	each := idleListeners(t, 1000)
	t.Logf("%.0f bytes per idle listener, %.0f per GiB", each, (1<<30)/each)
	if each > (1<<30)/listenersPerGiB {
		t.Errorf("%.0f bytes per idle listener: %.0f in a GiB, want %d", each, (1<<30)/each, listenersPerGiB)
	}
}

// BenchmarkIdleListeners measures the same with many.
func BenchmarkIdleListeners(b *testing.B) {
	for b.Loop() {
		each := idleListeners(b, 5000)
		b.ReportMetric(each, "B/listener")
		b.ReportMetric((1<<30)/each, "listeners/GiB")
	}
}
