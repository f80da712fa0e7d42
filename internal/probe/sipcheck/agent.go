package sipcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/outcry/outcry/internal/probe"
)

// RFC 3261, table 4.
const (
	timerT1 = 500 * time.Millisecond // the first retransmission; then it doubles
	timerT2 = 4 * time.Second        // up to this
)

// Bounds of what a peer may send in one attempt.
const (
	maxMessage  = 64 << 10 // bytes of a message
	maxMessages = 5000
	writeTime   = 500 * time.Millisecond // for one message
)

// agent speaks SIP over one flow. All but its reader runs on the caller's
// goroutine.
type agent struct {
	conn      net.Conn
	local     netip.AddrPort
	transport string // udp, tcp, tls
	name      string // User-Agent
	in        chan incoming
	done      chan struct{}
	reader    sync.WaitGroup
	garbage   int           // datagrams that are not SIP; the reader's until it is done
	ack       *sip.Request  // of the answered call: a repeated 200 gets it again
	callID    string        // of the answered call
	hungUp    bool          // the other side has said BYE
	pending   *sip.Response // to an INVITE that we have left, which came late
}

// incoming is a message, or why there are no more.
type incoming struct {
	msg sip.Message
	err error
}

// newAgent takes over a connection.
func newAgent(conn net.Conn, transport, name string) (*agent, error) {
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return nil, fmt.Errorf("read our own address: %w", err)
	}
	// The context's deadline is kept by whoever waits: the connection is still
	// of use after it, to hang up.
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("take over the connection: %w", err)
	}
	a := &agent{conn: conn, local: local, transport: transport, name: name, in: make(chan incoming, 16), done: make(chan struct{})}
	a.reader.Go(a.read)
	return a, nil
}

// close ends the reader and the connection.
func (a *agent) close() {
	close(a.done)
	a.conn.Close() //nolint:errcheck // all has been said
	a.reader.Wait()
}

// read hands messages over until the connection ends.
func (a *agent) read() {
	var err error
	if a.transport == "udp" {
		err = a.readDatagrams()
	} else {
		err = a.readStream()
	}
	a.hand(incoming{err: err})
}

func (a *agent) hand(i incoming) bool {
	select {
	case a.in <- i:
		return true
	case <-a.done:
		return false
	}
}

func (a *agent) readDatagrams() error {
	buf := make([]byte, maxMessage)
	for range maxMessages {
		n, err := a.conn.Read(buf)
		if err != nil {
			return err //nolint:wrapcheck // a *net.OpError says it all
		}
		if len(strings.Trim(string(buf[:min(n, 4)]), "\r\n\x00")) == 0 {
			continue // a keep-alive
		}
		msg, err := sip.ParseMessage(buf[:n])
		if err != nil {
			a.hand(incoming{err: errGarbage})
			continue
		}
		if !a.hand(incoming{msg: msg}) {
			return net.ErrClosed
		}
	}
	return fault(probe.ReasonTooLarge, "over %d datagrams from the server", maxMessages)
}

// errGarbage says that a datagram was not SIP: the next may be.
var errGarbage = errors.New("a datagram that is not SIP")

func (a *agent) readStream() error {
	parser := sip.NewParser().NewSIPStream()
	defer parser.Close()
	buf := make([]byte, 8<<10)
	count := 0
	for {
		n, err := a.conn.Read(buf)
		if err != nil {
			return err //nolint:wrapcheck // a *net.OpError says it all
		}
		stop := false
		err = parser.ParseSIPStream(buf[:n], func(m sip.Message) {
			count++
			stop = stop || !a.hand(incoming{msg: m})
		})
		switch {
		case stop:
			return net.ErrClosed
		case errors.Is(err, sip.ErrMessageTooLarge):
			return fault(probe.ReasonTooLarge, "a message of more than %d bytes", maxMessage)
		case err != nil && !errors.Is(err, sip.ErrParseSipPartial):
			return fault(probe.ReasonProtocol, "what the server sends is not SIP")
		case count > maxMessages:
			return fault(probe.ReasonTooLarge, "over %d messages from the server", maxMessages)
		}
	}
}

// send writes a message.
func (a *agent) send(msg sip.Message) error {
	if err := a.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if _, err := io.WriteString(a.conn, msg.String()); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// exchange sends a request and waits for its final answer, sending again over
// UDP until something comes (RFC 3261, 17.1). Provisional answers go to the
// function.
func (a *agent) exchange(ctx context.Context, req *sip.Request, provisional func(*sip.Response)) (*sip.Response, error) {
	if err := a.send(req); err != nil {
		return nil, err
	}
	return a.await(ctx, req, a.transport == "udp", provisional)
}

// await waits for the final answer to what was sent; repeat sends it again.
func (a *agent) await(ctx context.Context, req *sip.Request, repeat bool, provisional func(*sip.Response)) (*sip.Response, error) {
	wait := timerT1
	again := time.NewTimer(wait)
	defer again.Stop()
	if !repeat {
		again.Stop()
	}
	for {
		select {
		case i := <-a.in:
			res, err := a.take(i, req)
			if err != nil || (res != nil && !res.IsProvisional()) {
				return res, err
			}
			if res != nil {
				provisional(res)
				again.Stop() // also right for what is no INVITE: it is being worked on
			}
		case <-again.C:
			if err := a.send(req); err != nil {
				return nil, err
			}
			wait = min(2*wait, timerT2)
			again.Reset(wait)
		case <-ctx.Done():
			if a.garbage > 0 {
				return nil, fault(probe.ReasonProtocol, "wait for the answer to %s: what came was not SIP", req.Method)
			}
			return nil, fmt.Errorf("wait for the answer to %s: %w", req.Method, context.Cause(ctx))
		}
	}
}

// take deals with whatever came. It gives the answer to the request when that
// is what it is.
func (a *agent) take(i incoming, req *sip.Request) (*sip.Response, error) {
	switch {
	case errors.Is(i.err, errGarbage):
		a.garbage++
		return nil, nil
	case i.err != nil:
		return nil, fmt.Errorf("read from the server: %w", i.err)
	}
	switch m := i.msg.(type) {
	case *sip.Request:
		return nil, a.answer(m)
	case *sip.Response:
		if req != nil && answers(m, req) {
			return m, nil
		}
		return nil, a.repeated(m)
	}
	return nil, nil
}

// answers tells whether a response belongs to a request: RFC 3261, 17.1.3.
func answers(res *sip.Response, req *sip.Request) bool {
	via, cseq := res.Via(), res.CSeq()
	if via == nil || cseq == nil {
		return false
	}
	got, _ := via.Params.Get("branch")
	want, _ := req.Via().Params.Get("branch")
	return got == want && cseq.MethodName == req.Method
}

// repeated acknowledges once more what was acknowledged: our ACK got lost.
func (a *agent) repeated(res *sip.Response) error {
	cseq, id := res.CSeq(), res.CallID()
	if a.ack == nil || cseq == nil || cseq.MethodName != sip.INVITE || !res.IsSuccess() || id == nil || id.Value() != a.callID {
		return nil
	}
	return a.send(a.ack)
}

// answer answers what the other side asks of us.
func (a *agent) answer(req *sip.Request) error {
	if req.IsAck() || req.Via() == nil || req.CSeq() == nil || req.CallID() == nil {
		return nil
	}
	code, text := 405, "Method Not Allowed"
	switch {
	case req.Method == sip.OPTIONS:
		code, text = 200, "OK"
	case req.CallID().Value() != a.callID:
		code, text = 481, "Call/Transaction Does Not Exist"
	case req.Method == sip.BYE:
		a.hungUp = true
		code, text = 200, "OK"
	case req.Method == sip.INVITE || req.Method == sip.UPDATE:
		code, text = 488, "Not Acceptable Here"
	}
	return a.send(sip.NewResponseFromRequest(req, code, text, nil))
}
