package web

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFrontSeesTheEndThatComesWithARequest: a client that says all it has to say
// at once, and that this was all, waits for the end of the answer; the poller
// tells of both but once.
func TestFrontSeesTheEndThatComesWithARequest(t *testing.T) {
	addr := start(t, newTest(t, nil))
	for range 20 {
		conn, _ := dial(t, addr)
		tcp := conn.(*net.TCPConn) //nolint:errcheck // dial makes no other
		raw, err := tcp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { // so that one packet carries both
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1) //nolint:gosec // a descriptor
		}); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := tcp.SetDeadline(time.Now().Add(crowdedFor)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tcp, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := tcp.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(tcp); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 OK\r\n") {
			t.Fatalf("%d bytes, and not the end: %v", len(answer), err)
		}
	}
}
