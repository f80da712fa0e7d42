package httpcheck

import (
	"context"
	"crypto/tls"
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
}

func newRecorder() *recorder {
	return &recorder{trail: probe.NewTrail(), mark: time.Now(), current: "connect"}
}

// attach has the recorder called by requests of the context.
func (r *recorder) attach(ctx context.Context) context.Context {
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
	})
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
}

func (r *recorder) got(i httptrace.GotConnInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i.Reused {
		r.add("reuse", i.Conn.RemoteAddr().String(), nil)
	}
	r.mark, r.current, r.handshake = time.Now(), "write", false
}

// hop records a redirect, without its query, which may hold a token.
func (r *recorder) hop(to *url.URL) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add("redirect", "to "+to.Scheme+"://"+to.Host+to.Path, nil)
	r.current = "connect"
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
