package web

import (
	"sync"

	"github.com/outcry/outcry"
)

// hub knows who listens to which document. It carries no content: a listener
// that wakes looks at the document as it is then, so that a slow one misses
// steps but never the last.
type hub struct {
	max    int
	closed chan struct{}

	mu     sync.Mutex
	byPage map[string]map[*listener]struct{}
	n      int
	over   bool
}

// listener is one open live stream.
type listener struct {
	page string
	wake chan struct{} // holds at most one wake-up
}

func newHub(limit int) *hub {
	return &hub{max: limit, closed: make(chan struct{}), byPage: make(map[string]map[*listener]struct{})}
}

// join adds a listener to a document's path, if there is room.
func (h *hub) join(page string) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.n >= h.max {
		return nil, outcry.Errorf(outcry.CodeUnavailable, "there is no room for another live connection; ask again by polling")
	}
	l := &listener{page: page, wake: make(chan struct{}, 1)}
	if h.byPage[page] == nil {
		h.byPage[page] = make(map[*listener]struct{})
	}
	h.byPage[page][l] = struct{}{}
	h.n++
	return l, nil
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.byPage[l.page], l)
	if len(h.byPage[l.page]) == 0 {
		delete(h.byPage, l.page)
	}
	h.n--
}

// wake tells the listeners of the documents that they have changed.
func (h *hub) wake(pages []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range pages {
		for l := range h.byPage[p] {
			select {
			case l.wake <- struct{}{}:
			default: // it has not yet looked since the last time
			}
		}
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

func (h *hub) audience(page string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.byPage[page])
}

// close lets every listener go and takes no more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.over = true
		close(h.closed)
	}
}
