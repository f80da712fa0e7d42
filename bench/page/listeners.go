package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry/internal/page/pagetest"
)

// listen measures how long after a change so many listeners of one page have
// all of its event. The listeners are in a process of their own, on the same
// cores; the time is from before the page is made anew to the last byte read.
func listen(listeners, rounds int) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, addr, _, err := serve(ctx, "127.0.0.1:0", listeners)
	if err != nil {
		return err
	}
	crowd := exec.Command(os.Args[0], "-crowd", addr, "-listeners", strconv.Itoa(listeners)) //nolint:gosec // ourselves
	crowd.Stderr = os.Stderr
	in, err := crowd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := crowd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := crowd.Start(); err != nil {
		return err
	}
	answers := bufio.NewScanner(out)
	if !answers.Scan() {
		return fmt.Errorf("the listeners did not come: %w", crowd.Wait())
	}
	fmt.Println(answers.Text())
	for i := range rounds {
		fmt.Fprintln(in, time.Now().UnixNano())
		if err := s.Publish(pagetest.World([]pagetest.Stage{pagetest.Recovering, pagetest.Outage}[i%2])); err != nil {
			return err
		}
		if !answers.Scan() {
			return fmt.Errorf("the listeners have gone: %w", crowd.Wait())
		}
		fmt.Println(answers.Text() + ", load " + loadAverage())
	}
	_ = in.Close()
	return crowd.Wait()
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	return strings.Join(f[:min(len(f), 3)], " ")
}

// crowd is so many listeners in one process: sockets that one epoll(7) waits
// for, so that who measures takes as little as may be of the cores of what is
// measured. For each line of standard input, an instant in nanoseconds, it
// awaits an event at each of them and prints how long after the instant those
// came.
func crowd(addr string, listeners int) error {
	ep, err := unix.EpollCreate1(0)
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	conns, err := join(ep, addr, listeners)
	if err != nil {
		return err
	}
	fmt.Printf("%d listen\n", len(conns))
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		began, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		took, err := gather(ep, len(conns), began)
		if err != nil {
			return err
		}
		at := func(share int) time.Duration {
			return took[min(len(took)*share/1000, len(took)-1)].Round(100 * time.Microsecond)
		}
		fmt.Printf("%d listeners have it: p50 %s, p90 %s, p99 %s, last %s\n", len(took), at(500), at(900), at(990), took[len(took)-1].Round(100*time.Microsecond))
	}
	runtime.KeepAlive(conns) // one that is collected is closed
	return nil
}

// join opens the streams, from several addresses of this machine, each of which
// has 28,000 ports.
func join(ep int, addr string, listeners int) ([]net.Conn, error) {
	var conns []net.Conn
	for i := range listeners {
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%4))}
		d := net.Dialer{LocalAddr: from, Timeout: 10 * time.Second}
		c, err := d.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		conns = append(conns, c)
		if err := greet(c); err != nil {
			return nil, fmt.Errorf("listener %d: %w", i, err)
		}
		raw, err := c.(*net.TCPConn).SyscallConn()
		if err != nil {
			return nil, err
		}
		var failed error
		if err := raw.Control(func(fd uintptr) {
			failed = unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}) //nolint:gosec // a descriptor
		}); err != nil || failed != nil {
			return nil, fmt.Errorf("watch a listener: %w %w", err, failed)
		}
	}
	return conns, nil
}

// greet asks for the stream and reads up to the event that tells its version.
func greet(c net.Conn) error {
	if _, err := io.WriteString(c, "GET /events?page=/ HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"); err != nil {
		return err
	}
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(got, []byte("event: page")) || !bytes.HasSuffix(got, []byte("\n\n")) {
		n, err := c.Read(buf)
		if err != nil {
			return fmt.Errorf("after %q: %w", got, err)
		}
		got = append(got, buf[:n]...)
	}
	return nil
}

// gather awaits one event at each listener.
func gather(ep, listeners int, began int64) ([]time.Duration, error) {
	var took []time.Duration
	begun := make(map[int32]bool) // an event of which not all is here
	ready, buf := make([]unix.EpollEvent, 256), make([]byte, 64<<10)
	for len(took) < listeners {
		n, err := unix.EpollWait(ep, ready, 30_000)
		if err != nil && err != unix.EINTR { //nolint:errorlint // an errno
			return nil, fmt.Errorf("epoll: %w", err)
		}
		if n == 0 {
			return nil, fmt.Errorf("only %d of %d listeners were told", len(took), listeners)
		}
		for _, e := range ready[:max(n, 0)] {
			m, err := unix.Read(int(e.Fd), buf)
			if err != nil || m == 0 {
				return nil, fmt.Errorf("a listener was cut off: %w", err)
			}
			begun[e.Fd] = begun[e.Fd] || bytes.Contains(buf[:m], []byte("event: "))
			if begun[e.Fd] && bytes.HasSuffix(buf[:m], []byte("\n\n")) {
				took = append(took, time.Duration(time.Now().UnixNano()-began))
				delete(begun, e.Fd)
			}
		}
	}
	slices.Sort(took)
	return took, nil
}
