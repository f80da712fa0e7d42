package web

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/outcry/outcry"
)

const (
	// writeWithin is how long a listener may take to read an event before it
	// is dropped.
	writeWithin = 10 * time.Second
	// spreadPerListener is how much time each listener of a document adds to
	// the span over which they all fetch it anew, up to spreadMost.
	spreadPerListener = 30 * time.Microsecond
	spreadMost        = 500 * time.Millisecond
)

// stream is one listener's connection (WHATWG HTML, 9.2 Server-sent events).
type stream struct {
	s    *Server
	w    http.ResponseWriter
	rc   *http.ResponseController
	l    *listener
	have string // the version that the client knows
}

// events serves GET /events?page=PATH&have=VERSION. It says only that a
// document has changed, and to which version; the client fetches the document
// itself, from whatever cache is nearest. Last-Event-ID, which is a version
// too, takes the place of have on a reconnect.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	h := s.site.get(q.Get("page"))
	if h == nil || h.kind > kindHistory {
		return outcry.Errorf(outcry.CodeNotFound, "there is no such page to listen to")
	}
	l, err := s.hub.join(h.doc.Path)
	if err != nil {
		return err
	}
	defer s.hub.leave(l)
	st := &stream{s: s, w: w, rc: http.NewResponseController(w), l: l, have: q.Get("have")}
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		st.have = id
	}
	if err := st.open(); err != nil {
		return nil // it has gone away already
	}
	st.run(r)
	return nil
}

func (st *stream) open() error {
	h := st.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx in front would hold events back
	// A stream outlives the deadlines that ordinary requests have.
	if err := st.rc.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift the read deadline: %w", err)
	}
	return st.send("retry: %d\n\n", 1000+rand.IntN(4000))
}

// run tells of changes until either side ends it.
func (st *stream) run(r *http.Request) {
	beat := time.NewTicker(st.s.config.Heartbeat)
	defer beat.Stop()
	for {
		if err := st.tell(); err != nil {
			return
		}
		select {
		case <-st.l.wake:
		case <-beat.C:
			if err := st.send(": beat\n\n"); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-st.s.hub.closed:
			return
		}
	}
}

// tell sends the document's version, unless the client has it.
func (st *stream) tell() error {
	h := st.s.site.get(st.l.page)
	if h == nil || h.doc.Version == st.have {
		return nil
	}
	st.have = h.doc.Version
	spread := min(time.Duration(st.s.hub.audience(st.l.page))*spreadPerListener, spreadMost)
	return st.send("id: %s\nevent: page\ndata: {\"page\":%q,\"version\":%q,\"spread\":%d}\n\n",
		st.have, h.doc.Path, st.have, spread.Milliseconds())
}

func (st *stream) send(format string, args ...any) error {
	if err := st.rc.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return fmt.Errorf("set the write deadline: %w", err)
	}
	if _, err := fmt.Fprintf(st.w, format, args...); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return st.rc.Flush()
}
