package httpcheck

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"syscall"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// lane does HTTP/1.1 without TLS, for the requests that are plain in every
// respect, in the goroutine of whoever asks. A transport of net/http makes two
// goroutines and two buffers for each connection, 11 KB for every endpoint that
// is watched; here a connection that waits is a descriptor and little else, and
// one that is new costs little more than its dial. Everything that is not plain
// is the transport's.
type lane struct {
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	keeps   bool // connections, for the next request
	shelf   shelf
	readers sync.Pool // of *bufio.Reader
	writers sync.Pool // of *bufio.Writer
}

func newLane(dial func(ctx context.Context, network, address string) (net.Conn, error), keeps bool) *lane {
	l := &lane{dial: dial, keeps: keeps, shelf: shelf{idle: make(map[string][]kept)}}
	l.readers.New = func() any { return bufio.NewReader(nil) }
	l.writers.New = func() any { return bufio.NewWriter(nil) }
	return l
}

// takes reports whether a request is plain: it can be sent twice without harm,
// and neither sends a body nor asks for another protocol.
func (l *lane) takes(req *http.Request) bool {
	if l == nil || req.URL.Scheme != "http" || (req.Body != nil && req.Body != http.NoBody) {
		return false
	}
	for i := range len(req.URL.Host) {
		if req.URL.Host[i] >= 0x80 {
			return false // a name that is yet to be written in ASCII
		}
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return req.Header["Expect"] == nil && req.Header["Upgrade"] == nil && req.Header["Connection"] == nil
	}
	return false
}

// RoundTrip implements [http.RoundTripper]. A kept connection that turns out to
// be closed before anything of an answer came is no failure of the server:
// others are tried, and in the end a new one.
func (l *lane) RoundTrip(req *http.Request) (*http.Response, error) {
	if !l.keeps {
		last := *req // the caller's is not ours to change
		last.Close = true
		req = &last
	}
	ctx, address := req.Context(), req.URL.Host
	if req.URL.Port() == "" {
		address = net.JoinHostPort(req.URL.Hostname(), "80")
	}
	for {
		conn, reused, err := l.connection(ctx, address)
		if err != nil {
			return nil, err
		}
		e := l.begin(ctx, conn, address)
		resp, err := e.roundTrip(req)
		if err == nil {
			return resp, nil
		}
		e.end(false)
		if !reused || e.answered || ctx.Err() != nil || !hungUp(err) {
			return nil, err
		}
	}
}

// connection gives one that is kept, or makes one.
func (l *lane) connection(ctx context.Context, address string) (conn net.Conn, reused bool, err error) {
	conn = l.shelf.take(address)
	if reused = conn != nil; !reused {
		if conn, err = l.dial(ctx, "tcp", address); err != nil {
			return nil, false, err
		}
	}
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{Conn: conn, Reused: reused})
	}
	return conn, reused, nil
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// exchange is one request and its answer on a connection. It ends when the body
// is read or closed.
type exchange struct {
	lane     *lane
	conn     net.Conn
	address  string
	reader   *bufio.Reader // nil when the exchange is over
	release  func() bool   // of the context; false when it has broken the connection
	room     int           // bytes that the header may still have; below 0: no bound
	answered bool          // something of an answer has come
	last     bool          // the connection ends with the exchange
}

func (l *lane) begin(ctx context.Context, conn net.Conn, address string) *exchange {
	e := &exchange{lane: l, conn: conn, address: address, room: maxHeader}
	e.release = context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // fails when it is closed, which does as well
	})
	e.reader = l.readers.Get().(*bufio.Reader) //nolint:forcetypeassert,errcheck // nothing else is put there
	e.reader.Reset(bounded{e})
	return e
}

func (e *exchange) roundTrip(req *http.Request) (*http.Response, error) {
	if err := e.send(req); err != nil {
		return nil, err
	}
	resp, err := e.answer(req)
	if err != nil {
		return nil, err
	}
	e.room = -1
	e.last = resp.Close || req.Close || resp.StatusCode == http.StatusSwitchingProtocols
	if resp.Body == http.NoBody {
		e.end(!e.last)
	} else {
		resp.Body = &stream{Reader: resp.Body, exchange: e}
	}
	return resp, nil
}

func (e *exchange) send(req *http.Request) error {
	w := e.lane.writers.Get().(*bufio.Writer) //nolint:forcetypeassert,errcheck // nothing else is put there
	defer e.lane.writers.Put(w)
	defer w.Reset(nil)
	w.Reset(e.conn)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	return nil
}

// maxInterim is how many answers of class 1xx may come before the real one.
const maxInterim = 5

func (e *exchange) answer(req *http.Request) (*http.Response, error) {
	if _, err := e.reader.Peek(1); err != nil {
		return nil, fmt.Errorf("wait for the answer: %w", err)
	}
	e.answered = true
	if t := httptrace.ContextClientTrace(req.Context()); t != nil && t.GotFirstResponseByte != nil {
		t.GotFirstResponseByte()
	}
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(e.reader, req)
		if err != nil && e.room == 0 { // what was cut off is taken for a line that is no header's
			return nil, tooLong()
		}
		if err != nil {
			return nil, fmt.Errorf("read the answer's header: %w", err)
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
	return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("more than %d interim answers", maxInterim)}
}

// bounded reads from an exchange's connection, and of a header not without end.
type bounded struct{ *exchange }

func (b bounded) Read(p []byte) (int, error) {
	if b.room == 0 {
		return 0, tooLong()
	}
	if b.room > 0 {
		p = p[:min(len(p), b.room)]
	}
	n, err := b.conn.Read(p)
	if b.room > 0 {
		b.room -= n
	}
	return n, err //nolint:wrapcheck // wrapped where it is known what was read
}

func tooLong() error {
	return &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("the answer's header goes on after %d bytes", maxHeader)}
}

// end keeps the connection, if it is to be kept and can be, or closes it.
func (e *exchange) end(keep bool) {
	if e.reader == nil {
		return
	}
	keep = e.release() && keep && e.reader.Buffered() == 0
	e.reader.Reset(nil)
	e.lane.readers.Put(e.reader)
	e.reader = nil
	if keep {
		e.lane.shelf.put(e.address, e.conn)
		return
	}
	e.conn.Close() //nolint:errcheck // what was to be read from it has been
}

// stream is the body of an answer; with its end, or when it is closed, the
// exchange ends.
type stream struct {
	io.Reader
	exchange *exchange
}

// Read implements [io.Reader].
func (s *stream) Read(p []byte) (int, error) {
	if s.exchange.reader == nil {
		return 0, io.EOF
	}
	n, err := s.Reader.Read(p)
	if err != nil {
		s.exchange.end(err == io.EOF && !s.exchange.last)
	}
	return n, err //nolint:wrapcheck // an io.EOF must be one
}

// Close implements [io.Closer]. What was not read by then is not read any more.
func (s *stream) Close() error {
	s.exchange.end(false)
	return nil
}
