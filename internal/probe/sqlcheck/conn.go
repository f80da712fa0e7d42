package sqlcheck

import (
	"bufio"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/outcry/outcry/internal/probe"
)

// boundedConn reads so much, and no more. In the clear it looks at the head of
// each message: drivers wait for what a head announces, also when it is none.
type boundedConn struct {
	net.Conn
	in     *bufio.Reader
	frames *frames // nil: what is read is not in the clear
	left   int64
	broken atomic.Pointer[probe.Fault] // why no more is read; a driver may read on when an attempt is over
}

func newBounded(conn net.Conn, d dialect, clear bool) *boundedConn {
	c := &boundedConn{Conn: conn, in: bufio.NewReaderSize(conn, 4<<10), left: maxRead}
	if clear {
		c.frames = &frames{head: make([]byte, 0, d.headSize), size: d.size}
	}
	return c
}

// Read implements [net.Conn]. One goroutine reads at a time.
func (c *boundedConn) Read(b []byte) (int, error) {
	if f := c.broken.Load(); f != nil {
		return 0, f
	}
	if c.left <= 0 {
		return 0, c.breaks(probe.ReasonTooLarge, fmt.Errorf("over %d bytes were sent, and no more are read", maxRead))
	}
	n, err := c.in.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	if c.frames != nil {
		if bad := c.frames.see(b[:n]); bad != nil {
			return 0, c.breaks(probe.Classify(bad), bad)
		}
	}
	return n, err //nolint:wrapcheck // a reader's error is its own
}

func (c *boundedConn) breaks(r probe.Reason, err error) error {
	f := &probe.Fault{Reason: r, Err: err}
	c.broken.Store(f)
	return f
}

// greeted waits for what the server says first.
func (c *boundedConn) greeted(trail *probe.Trail, verify func([]byte) error) error {
	return trail.Do("greeting", func() (string, error) {
		head, err := c.in.Peek(mysqlHead)
		if err != nil {
			return "", fmt.Errorf("wait for the greeting: %w", err)
		}
		return "", verify(head)
	})
}

// frames follows messages that have a head with their size.
type frames struct {
	head []byte // as far as it has come; its capacity is a head's size
	body int    // bytes of the message that are still to come
	size func(head []byte) (int, error)
}

// see takes what comes next. Its error is a [*probe.Fault]: a head that is none,
// or announces more than is ever read.
func (f *frames) see(b []byte) error {
	for len(b) > 0 {
		if f.body > 0 {
			n := min(f.body, len(b))
			f.body, b = f.body-n, b[n:]
			continue
		}
		n := min(cap(f.head)-len(f.head), len(b))
		f.head, b = append(f.head, b[:n]...), b[n:]
		if len(f.head) < cap(f.head) {
			return nil
		}
		size, err := f.size(f.head)
		if err == nil && size > maxRead {
			err = &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("a message of %d bytes is announced, and %d are read at most", size, maxRead)}
		}
		if err != nil {
			return err
		}
		f.body, f.head = size, f.head[:0]
	}
	return nil
}
