package web

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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

// TestFrontAnswersAll: whatever comes at once, and however late the client begins
// to read, each request has its whole answer, and the connection lives on.
func TestFrontAnswersAll(t *testing.T) {
	s := newTest(t, nil)
	addr, want := start(t, s), s.site.get("/").doc.Body
	request := "GET / HTTP/1.1\r\nHost: x\r\nX-Pad: " + strings.Repeat("a", 128-36) + "\r\n\r\n"
	if plainHead%len(request) != 0 {
		t.Fatalf("%d bytes do not fill what is read at a time", len(request))
	}
	for _, c := range []struct {
		says  string
		times int
	}{
		{"one", 1},
		{"as many as are read at a time: nothing tells of those behind them", plainHead / len(request)},
		{"some more than that", plainHead/len(request) + 3},
		{"more than the client's and our buffers hold answers, which nobody reads until all are asked for", 600},
	} {
		t.Run(c.says, func(t *testing.T) {
			conn, r := dial(t, addr)
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // whoever is never answered is told so
				t.Fatal(err)
			}
			for range 2 {
				asked := make(chan error, 1)
				go func() {
					_, err := io.WriteString(conn, strings.Repeat(request, c.times))
					asked <- err
				}()
				if c.times < 100 { // so many requests are held by buffers, whoever reads answers
					if err := <-asked; err != nil {
						t.Fatal(err)
					}
					asked <- nil
				}
				for i := range c.times {
					resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
					if err != nil {
						t.Fatalf("answer %d: %v", i+1, err)
					}
					if body, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(body, want) {
						t.Fatalf("answer %d has %d bytes, want %d: %v", i+1, len(body), len(want), err)
					}
				}
				if err := <-asked; err != nil {
					t.Fatal(err)
				}
			}
		})
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
