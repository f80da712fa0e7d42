package web

import (
	"net"
	"sync"

	"github.com/outcry/outcry"
)

// hub knows who listens to which document. It carries no content: a line
// that is woken looks at the document as it is then, so that a slow one misses
// steps but never the last.
type hub struct {
	max   int
	lines sync.WaitGroup // those that have joined, and whoever tells them something

	mu     sync.Mutex
	byPage map[place]map[*line]struct{}
	n      int
	over   bool
}

// place is where a document is: the host of its own that its site has, and its
// path.
type place struct{ host, page string }

func newHub(limit int) *hub {
	return &hub{max: limit, byPage: make(map[place]map[*line]struct{})}
}

// join adds a line to the places of its documents, if there is room.
func (h *hub) join(l *line) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.n >= h.max {
		return errFull()
	}
	for _, p := range l.places {
		if h.byPage[p] == nil {
			h.byPage[p] = make(map[*line]struct{})
		}
		h.byPage[p][l] = struct{}{}
	}
	h.n++
	h.lines.Add(1)
	return nil
}

// attach gives a line that has joined its connection, which is closed when the
// hub is, or is already.
func (h *hub) attach(l *line, c net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.conn = c; h.over {
		_ = c.Close()
	}
}

func errFull() error {
	return outcry.Errorf(outcry.CodeUnavailable, "there is no room for another live connection; ask again by polling")
}

// leave takes a line out, once.
func (h *hub) leave(l *line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.lines.Done()
	for _, p := range l.places {
		delete(h.byPage[p], l)
		if len(h.byPage[p]) == 0 {
			delete(h.byPage, p)
		}
	}
	h.n--
}

// wake wakes the lines of the documents that have changed.
func (h *hub) wake(host string, pages []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range pages {
		for l := range h.byPage[place{host, p}] {
			l.wake()
		}
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

func (h *hub) audience(page place) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.byPage[page])
}

// close lets every listener go and takes no more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	for _, lines := range h.byPage {
		for l := range lines {
			if l.conn != nil {
				_ = l.conn.Close()
			}
		}
	}
}
