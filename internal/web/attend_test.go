package web

import (
	"net"
	"testing"
)

// sink is a connection that takes every write.
type sink struct{ net.Conn }

func (sink) Write(b []byte) (int, error) { return len(b), nil }

const browserRequest = "GET / HTTP/1.1\r\nHost: status.example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nPriority: u=0, i\r\n\r\n"

// TestPagesAllocateNothing: an outage brings everybody at once, and the
// collector of garbage is not to come with them.
func TestPagesAllocateNothing(t *testing.T) {
	f := &front{s: newTest(t, nil)}
	request := []byte(browserRequest)
	f.answer(sink{}, request) // prints the response of this second
	if n := testing.AllocsPerRun(1000, func() { f.answer(sink{}, request) }); n >= 1 {
		t.Errorf("%.1f allocations for a page", n)
	}
}

func BenchmarkPage(b *testing.B) {
	f := &front{s: newTest(b, nil)}
	request := []byte(browserRequest)
	b.ReportAllocs()
	for b.Loop() {
		f.answer(sink{}, request)
	}
}
