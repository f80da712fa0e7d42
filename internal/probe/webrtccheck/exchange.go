package webrtccheck

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry/internal/probe"
)

const (
	headerBytes = 20 // of a STUN message
	maxDatagram = 64 << 10
	maxStray    = 1000                   // messages of others, or garbage
	firstRTO    = 500 * time.Millisecond // RFC 8489, 6.2.1; then it doubles
)

// dialogue exchanges messages with a server, over one connection.
type dialogue struct {
	conn    net.Conn
	stream  bool
	garbage bool // something came that is not STUN
}

// exchange sends a request and waits for its answer. Over UDP it is sent again
// until something comes.
func (d *dialogue) exchange(ctx context.Context, doing string, req *stun.Message) (*stun.Message, error) {
	stop := context.AfterFunc(ctx, func() {
		d.conn.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // closed already
	})
	defer stop()
	wait := firstRTO
	for {
		if _, err := d.conn.Write(req.Raw); err != nil {
			return nil, d.failed(ctx, doing, err)
		}
		until, ok := ctx.Deadline()
		if again := time.Now().Add(wait); !d.stream && (!ok || again.Before(until)) {
			until = again
		}
		if ctx.Err() == nil {
			d.conn.SetReadDeadline(until) //nolint:errcheck // closed already
		}
		res, err := d.answer(req)
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() && ctx.Err() == nil && !d.stream {
			wait *= 2
			continue
		}
		if err != nil {
			return nil, d.failed(ctx, doing, err)
		}
		return res, nil
	}
}

func (d *dialogue) failed(ctx context.Context, doing string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	// The connection's own deadline, the context's, may be the first to tell.
	if d.garbage && probe.Classify(err) == probe.ReasonTimeout {
		return fault(probe.ReasonProtocol, "%s: what came was not STUN", doing)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// answer reads until the answer to a request is there.
func (d *dialogue) answer(req *stun.Message) (*stun.Message, error) {
	for range maxStray {
		raw, err := d.read()
		if err != nil {
			return nil, err
		}
		res := &stun.Message{Raw: raw}
		if err := res.Decode(); err != nil {
			if d.stream {
				return nil, fault(probe.ReasonProtocol, "what came was not STUN")
			}
			d.garbage = true
			continue
		}
		if res.TransactionID == req.TransactionID && res.Type.Method == req.Type.Method &&
			(res.Type.Class == stun.ClassSuccessResponse || res.Type.Class == stun.ClassErrorResponse) {
			return res, nil
		}
	}
	return nil, fault(probe.ReasonTooLarge, "over %d messages that are no answer", maxStray)
}

// read takes the next message from the connection. In a stream its length is
// in its header (RFC 8489, 6.2.2).
func (d *dialogue) read() ([]byte, error) {
	if !d.stream {
		buf := make([]byte, maxDatagram)
		n, err := d.conn.Read(buf)
		return buf[:n], err //nolint:wrapcheck // the caller says what it was for
	}
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(d.conn, head); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	if !stun.IsMessage(head) {
		return nil, fault(probe.ReasonProtocol, "what came was not STUN")
	}
	raw := make([]byte, headerBytes+int(binary.BigEndian.Uint16(head[2:])))
	copy(raw, head)
	_, err := io.ReadFull(d.conn, raw[headerBytes:])
	return raw, err //nolint:wrapcheck // as above
}
