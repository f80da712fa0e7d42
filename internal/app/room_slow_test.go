//go:build slow

package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// descriptors is how many files and sockets the process of the test below may
// have open.
const descriptors = 320

// TestListenersLeaveRoomForReports: a process with few descriptors is listened
// to until it refuses, by more than it has descriptors, all of whom keep what
// they got. Then reports and pages of people who come anew are answered as ever.
func TestListenersLeaveRoomForReports(t *testing.T) {
	binary, _, dir := built(t)
	cfg := filepath.Join(dir, "many.yaml")
	if err := os.WriteFile(cfg, []byte("admin_listen: \"off\"\nlisten: 127.0.0.1:0\n"+crowded), 0o600); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(dir, "small.sh")
	if err := os.WriteFile(small, fmt.Appendf(nil, "#!/bin/sh\nulimit -n %d\nexec %s \"$@\"\n", descriptors, binary), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	p := launch(t, small, cfg, filepath.Join(dir, "data"))
	t.Cleanup(func() { p.kill(); p.tail.tell(t, "outcry") })
	host := strings.TrimPrefix(p.base, "http://")
	var lines []net.Conn
	t.Cleanup(func() { hangUp(lines) })
	held, refused := 0, 0
	for range 2 * descriptors {
		c, code := listenTo(t, host)
		lines = append(lines, c)
		switch code {
		case http.StatusOK:
			held++
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Fatalf("listener %d is answered %d", len(lines), code)
		}
	}
	t.Logf("of %d listeners %d are held, with %d descriptors", len(lines), held, descriptors)
	if held < descriptors/4 || refused < descriptors/2 {
		t.Errorf("%d listeners are held and %d refused: this proves nothing", held, refused)
	}
	anew := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	var people sync.WaitGroup
	for i := range 8 {
		people.Go(func() {
			for k := range 20 {
				comeAnew(t, anew, p.base, i*20+k)
			}
		})
	}
	people.Wait()
	(&live{base: p.base}).counted(t, 160)
	hangUp(lines)
	awaits(t, 2*time.Minute, "there is room for a listener again", func() bool {
		c, code := listenTo(t, host)
		_ = c.Close()
		return code == http.StatusOK
	})
}

// listenTo opens a live stream, and gives the status that it is answered with. A
// refused one stays on the line as long as it may.
func listenTo(t *testing.T, host string) (net.Conn, int) {
	t.Helper()
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET /events?page=/ HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("a listener gets no answer: %v", err)
	}
	return c, res.StatusCode //nolint:bodyclose // of a stream; its connection is closed
}

func hangUp(lines []net.Conn) {
	for _, c := range lines {
		_ = c.Close()
	}
}

// comeAnew reports and reads the page, each by a connection of its own.
func comeAnew(t *testing.T, c *http.Client, base string, person int) {
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1/reports", strings.NewReader(`{"service":"shop"}`)) //nolint:noctx // the client has a timeout
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", from(person))
	page, err := http.NewRequest(http.MethodGet, base+"/s/shop", nil) //nolint:noctx // the client has a timeout
	if err != nil {
		t.Error(err)
		return
	}
	for want, r := range map[int]*http.Request{http.StatusAccepted: req, http.StatusOK: page} {
		res, err := c.Do(r)
		if err != nil {
			t.Errorf("person %d: %v", person, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("person %d: %s %s is answered %s", person, r.Method, r.URL.Path, res.Status)
		}
	}
}
