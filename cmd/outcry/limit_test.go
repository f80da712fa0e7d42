package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fewFiles is how many files the limited process may have open. Without a
// share for reports, the clients of the test would hold them all.
const fewFiles = 256

// limited starts a process with few file descriptors and gives its host.
func limited(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "outcry")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, binary); err != nil {
		t.Fatal(err)
	}
	cfg := write(t, "listen: 127.0.0.1:0\nadmin_listen: \"off\"\nservices:\n  - {id: shop, name: Shop}\n")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n "$1"; shift; exec "$@"`, "sh", "256", binary, "serve", "--config", cfg, "--data", filepath.Join(dir, "data"))
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), "page="); ok {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			page, _, _ := strings.Cut(rest, " ")
			u, err := url.Parse(page)
			if err != nil {
				t.Fatal(err)
			}
			return u.Host
		}
	}
	t.Fatal("the process ended before it was ready")
	return ""
}

// hold sends a request over a connection of its own, which stays open until
// the test ends, and gives the answer's head.
func hold(t *testing.T, host, request string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", host) //nolint:noctx // it has the deadline below
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer to %q: %v", request, err)
	}
	return res
}

// TestListenersLeaveFilesForReports: at the limit of open files, listeners
// are told to poll, those who poll and keep their connections are answered and
// not kept, and a report comes in.
func TestListenersLeaveFilesForReports(t *testing.T) {
	host := limited(t)
	const listen, poll = "GET /events?page=/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	listening, refused := 0, 0
	for refused < fewFiles {
		switch res := hold(t, host, listen); {
		case res.StatusCode == http.StatusOK:
			listening++
		case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
			refused++
		default:
			t.Fatalf("listener %d is answered %s %v", listening, res.Status, res.Header)
		}
		if listening > fewFiles {
			t.Fatal("more listen than there can be connections")
		}
	}
	for range fewFiles {
		if res := hold(t, host, poll); res.StatusCode != http.StatusOK {
			t.Fatalf("whoever polls is answered %s", res.Status)
		}
	}
	t.Logf("%d of %d descriptors are listeners'", listening, fewFiles)
	if listening < fewFiles/4 {
		t.Errorf("only %d listeners were let in", listening)
	}
	const body = `{"service":"shop"}`
	res := hold(t, host, "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n"+body)
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("a report is answered %s", res.Status)
	}
}
