package webpush

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/outcry/outcry/internal/notify"
)

// maxAnswer is how much of an answer is read, so that the connection can be
// used again; what it says does not matter.
const maxAnswer = 16 << 10

// answer judges a push service's response. What it says of our key and our
// clock (401, 403) may be mended, and is no subscriber's fault: tried again.
func answer(resp *http.Response, now time.Time) error {
	defer resp.Body.Close() //nolint:errcheck // nothing follows from it
	// An error is the end of the body, or a cut one: the status has said it all.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	err := fmt.Errorf("the push service answers %d", resp.StatusCode)
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge:
		return &notify.Failure{Permanent: true, Err: err}
	default:
		return &notify.Failure{After: notify.RetryAfter(resp.Header.Get("Retry-After"), now, longestWait), Err: err}
	}
}

// longestWait bounds what a push service may ask for.
const longestWait = time.Hour

// pauses remember which push services have asked for one: what a service says
// to one message it means for the others that wait.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time // by host
}

// mostPauses bounds the memory of pauses.
const mostPauses = 256

func (p *pauses) set(host string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.until) >= mostPauses {
		clear(p.until)
	}
	p.until[host] = until
}

func (p *pauses) wait(host string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.until[host]
	if !ok {
		return 0
	}
	if !now.Before(until) {
		delete(p.until, host)
	}
	return until.Sub(now)
}
