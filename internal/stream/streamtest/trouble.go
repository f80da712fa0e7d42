package streamtest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// Troubled puts troubles of real networks before a server's answers, one before
// each: a rate limit with Retry-After, a body that stalls, a connection that
// drops before it answers, one that drops in the middle, and a page of nonsense.
// After those it answers as it is. Give the source a [stream.Web] with a short
// Idle, and check at the end that all were met.
func Troubled(t testing.TB, h http.Handler) (troubled http.Handler, met func() int) {
	x := &trouble{h: h, end: t.Context().Done()}
	return x, func() int {
		x.mu.Lock()
		defer x.mu.Unlock()
		return min(x.n/2, Troubles)
	}
}

// Troubles is how many a troubled server has.
const Troubles = 5

type trouble struct {
	h   http.Handler
	end <-chan struct{}
	mu  sync.Mutex
	n   int
}

func (x *trouble) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	n := x.n
	x.n++
	x.mu.Unlock()
	if n%2 == 1 || n/2 >= Troubles {
		x.h.ServeHTTP(w, r)
		return
	}
	switch n / 2 {
	case 0:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	case 1:
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush() //nolint:forcetypeassert // the server's own
		select {
		case <-r.Context().Done():
		case <-x.end:
		}
	case 2:
		panic(http.ErrAbortHandler)
	case 3:
		w.Header().Set("Content-Length", "4096")
		fmt.Fprint(w, `{"data":{"children":[{"data":{"na`)
		panic(http.ErrAbortHandler)
	default:
		fmt.Fprint(w, "<html><body>We are down for maintenance</body></html>")
	}
}
