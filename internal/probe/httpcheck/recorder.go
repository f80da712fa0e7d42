package httpcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// recorder turns the transport's trace into steps. Its hooks may still be
// called, by a dial that goes on behind, when the exchange is over.
type recorder struct {
	mu        sync.Mutex
	trail     *probe.Trail
	done      bool
	mark      time.Time // when the current phase began
	current   string
	handshake bool // the last TLS handshake has not succeeded
	conn      net.Conn
	shaken    int // handshakes that succeeded, since the last redirect
	giveUp    context.CancelCauseFunc
}

// maxHandshakes is how many connections over TLS one request may use up. The
// transport retries a request whose connection goes away before it was looked at,
// without end and hundreds of times a second: of a server that turns everybody
// away so, which is no rare way to shed load, a probe must not become the flood.
const maxHandshakes = 3

func newRecorder() *recorder {
	return &recorder{trail: probe.NewTrail(), mark: time.Now(), current: "connect"}
}

// attach has the recorder called by requests of the context, which ends with
// the given function, or by the recorder when a server only turns away.
func (r *recorder) attach(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, r.giveUp = context.WithCancelCause(ctx)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:             func(httptrace.DNSStartInfo) { r.begin("dns") },
		DNSDone:              r.looked,
		ConnectStart:         func(string, string) { r.begin("connect") },
		ConnectDone:          func(_, addr string, err error) { r.end("connect", addr, err) },
		TLSHandshakeStart:    func() { r.begin("tls") },
		TLSHandshakeDone:     r.shook,
		GotConn:              r.got,
		WroteRequest:         func(i httptrace.WroteRequestInfo) { r.next("write", "first byte", i.Err) },
		GotFirstResponseByte: func() { r.next("first byte", "body", nil) },
	}), r.giveUp
}

func (r *recorder) begin(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return
	}
	r.mark, r.current = time.Now(), name
	r.handshake = name == "tls"
}

func (r *recorder) end(name, detail string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(name, detail, err)
}

// add records a step that began at the mark; the mutex is held.
func (r *recorder) add(name, detail string, err error) {
	if r.done {
		return
	}
	now := time.Now()
	r.trail.Add(name, r.mark, now, detail, err)
	r.mark = now
}

// next ends a phase where another begins.
func (r *recorder) next(name, following string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == following && following == "body" {
		return // the first byte of an answer after "100 Continue"
	}
	r.add(name, "", err)
	r.current = following
}

func (r *recorder) looked(i httptrace.DNSDoneInfo) {
	names := make([]string, 0, len(i.Addrs))
	for _, a := range i.Addrs {
		names = append(names, a.String())
	}
	r.end("dns", strings.Join(names, ", "), i.Err)
}

func (r *recorder) shook(s tls.ConnectionState, err error) {
	detail := ""
	if err == nil {
		detail = probe.TLSDetail(s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handshake = err != nil
	r.add("tls", detail, err)
	if err != nil {
		return
	}
	if r.shaken++; r.shaken > maxHandshakes {
		r.giveUp(&probe.Fault{Reason: probe.ReasonReset, Err: fmt.Errorf("the server gave up %d connections before it took the request", maxHandshakes)})
	}
}

func (r *recorder) got(i httptrace.GotConnInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i.Reused {
		r.add("reuse", i.Conn.RemoteAddr().String(), nil)
	}
	r.mark, r.current, r.handshake, r.conn = time.Now(), "write", false, i.Conn
}

// hungUp reports whether the server ended the connection that the request went
// to. The transport has closed it, and of TLS the first error of reading stays.
func (r *recorder) hungUp() bool {
	r.mu.Lock()
	conn := r.conn
	r.mu.Unlock()
	if conn == nil {
		return false
	}
	conn.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // fails when it is closed, and then nothing is waited for either
	_, err := conn.Read(make([]byte, 1))
	return hungUp(err) || errors.Is(err, io.ErrUnexpectedEOF)
}

// hop records a redirect, without its query, which may hold a token.
func (r *recorder) hop(to *url.URL) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add("redirect", "to "+to.Scheme+"://"+to.Host+to.Path, nil)
	r.current, r.shaken = "connect", 0
}

// phase is what was going on last.
func (r *recorder) phase() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

func (r *recorder) inHandshake() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.handshake
}

// body records the end of the answer.
func (r *recorder) body(size int, whole bool, err error) {
	detail := strconv.Itoa(size) + " bytes"
	if !whole {
		detail = "the first " + detail
	}
	r.end("body", detail, err)
}

// finish ends the recording: whatever hook is called later is ignored.
func (r *recorder) finish() []probe.Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
	return r.trail.Steps()
}
