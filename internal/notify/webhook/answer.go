package webhook

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/outcry/outcry/internal/notify"
)

// maxAnswer is how much of an answer is read, so that the connection can be
// used again; what it says does not matter.
const maxAnswer = 16 << 10

// answer judges a receiver's response.
func answer(resp *http.Response, now time.Time) error {
	defer resp.Body.Close() //nolint:errcheck // nothing follows from it
	// An error is the end of the body, or a cut one: the status has said it all.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return nil
	case code/100 == 3:
		return &notify.Failure{Err: fmt.Errorf("the receiver answers %d: redirects are not followed", code)}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code/100 != 4:
		return &notify.Failure{After: notify.RetryAfter(resp.Header.Get("Retry-After"), now, longestWait), Err: fmt.Errorf("the receiver answers %d", code)}
	default:
		return &notify.Failure{Permanent: true, Err: fmt.Errorf("the receiver answers %d", code)}
	}
}

// longestWait bounds what a receiver may ask for.
const longestWait = 24 * time.Hour
