package web

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
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

// line is one listener's connection (WHATWG HTML, 9.2 Server-sent events),
// taken from net/http when the stream begins: its buffers, its context and the
// stack of its handler are most of what a listener would cost, and a listener
// mostly waits. What waits here is one goroutine in a read, which ends when the
// client goes; whoever has something to tell brings a goroutine along, and
// takes it away again.
type line struct {
	s      *Server
	at     *site
	lang   int
	asked  bool // for the language, by the address
	places []place
	conn   net.Conn // set once, by hub.attach

	due atomic.Bool // a look is on its way: one more would see the same

	mu   sync.Mutex // one writer at a time; it guards what follows
	open bool       // the answer's head has been sent
	beat *time.Timer
	have []string // the versions that the client knows, in the order of places
}

// take makes the connection of a request the line's own and tells what has
// changed since the client looked. What fails afterwards ends the line and is
// nobody's error: the client has gone.
func (l *line) take(w http.ResponseWriter) error {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return fmt.Errorf("take the connection of a live stream: %w", err)
	}
	l.s.hub.attach(l, c)
	l.begin(w.Header())
	go l.wait()
	return nil
}

// begin sends the answer's head and what there is to tell.
func (l *line) begin(h http.Header) {
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx in front would hold events back
	h.Set("Connection", "close")     // RFC 9112, 6.3: the body ends with the connection
	h.Set("Date", l.s.deps.Now().UTC().Format(http.TimeFormat))
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	_ = h.Write(&head) // to memory
	fmt.Fprintf(&head, "\r\nretry: %d\n\n", 1000+rand.IntN(4000))

	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = l.send(head.Bytes()) && l.tell()
	if l.open {
		l.beat = time.AfterFunc(l.s.config.Heartbeat, l.live)
	}
}

// wait is over when the client has gone, or says something, which a listener
// has no cause to.
func (l *line) wait() {
	var one [1]byte
	_, _ = l.conn.Read(one[:]) // whatever comes of it, the line ends
	_ = l.conn.Close()
	l.mu.Lock()
	l.open = false
	if l.beat != nil {
		l.beat.Stop()
	}
	l.mu.Unlock()
	l.s.hub.leave(l)
}

// wake has the line told of what has changed. It never waits: the hub wakes
// all of them, one after the other.
func (l *line) wake() {
	if !l.due.Swap(true) {
		l.s.hub.lines.Go(l.look)
	}
}

// look tells what has changed. Before the head is out there is nothing to do:
// who sends it looks too.
func (l *line) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due.Store(false)
	if l.open {
		l.open = l.tell()
	}
}

// live says that the line is there, so that neither end nor anything between
// them takes it for dead.
func (l *line) live() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open = l.open && l.send([]byte(": beat\n\n")); l.open {
		l.beat.Reset(l.s.config.Heartbeat)
	}
}

// tell tells of those documents of which the client has another version, and
// reports whether the line still holds. Only the last event of several has an
// id: a client that is cut off among them comes back with the id before, and is
// told of all of them again.
func (l *line) tell() bool {
	docs := *l.at.docs.Load()
	if len(l.places) == 1 {
		return l.tellOne(docs[l.places[0].page])
	}
	var events []string
	var step uint64
	for i, p := range l.places {
		h := docs[p.page]
		if h == nil {
			continue
		}
		h = l.at.in(h, l.lang, l.asked)
		version := original(h.doc.Version)
		if step = max(step, h.step); version == l.have[i] {
			continue
		}
		events = append(events, l.news(h, p, l.have[i])...)
		l.have[i] = version
	}
	if len(events) == 0 {
		return true
	}
	return l.send(l.numbered(events, step))
}

// tellOne is tell for a line that is about one document, as nearly all are: of
// ten thousand that have the same version of it, all are sent the same bytes.
func (l *line) tellOne(h *held) bool {
	if h == nil {
		return true
	}
	h = l.at.in(h, l.lang, l.asked)
	version := original(h.doc.Version)
	if version == l.have[0] {
		return true
	}
	have := l.have[0]
	l.have[0] = version
	if t := h.told.Load(); t != nil && t.have == have {
		return l.send(t.text)
	}
	text := l.numbered(l.news(h, l.places[0], have), h.step)
	if _, ok := h.since(have); ok { // else it also depends on how many listen
		h.told.Store(&telling{have, text})
	}
	return l.send(text)
}

// telling is what those are sent who have a version of a document.
type telling struct {
	have string
	text []byte
}

// numbered gives events as they go over the line.
func (l *line) numbered(events []string, step uint64) []byte {
	last := len(events) - 1
	events[last] = fmt.Sprintf("id: %s-%d\n%s", l.s.life, step, events[last])
	return []byte(strings.Join(events, ""))
}

// news gives the events that lead from a version of a document to its own.
func (l *line) news(h *held, at place, have string) []string {
	if path, ok := h.since(have); ok {
		out := make([]string, 0, len(path))
		for i := range path {
			out = append(out, path[i].event)
		}
		return out
	}
	spread := min(time.Duration(l.s.hub.audience(at))*spreadPerListener, spreadMost)
	return []string{fmt.Sprintf("event: page\ndata: {\"page\":%q,\"version\":%q,\"spread\":%d}\n\n",
		h.doc.Path, original(h.doc.Version), spread.Milliseconds())}
}

// send writes within its time, or closes the connection, which ends the line.
func (l *line) send(text []byte) bool {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err == nil {
		if _, err = l.conn.Write(text); err == nil {
			return true
		}
	}
	_ = l.conn.Close()
	return false
}
