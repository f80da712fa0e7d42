package webhook

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
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
		return &notify.Failure{After: retryAfter(resp.Header.Get("Retry-After"), now), Err: fmt.Errorf("the receiver answers %d", code)}
	default:
		return &notify.Failure{Permanent: true, Err: fmt.Errorf("the receiver answers %d", code)}
	}
}

// longestWait bounds what a receiver may ask for.
const longestWait = 24 * time.Hour

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3), in seconds
// or as a date; 0 when there is none that makes sense.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if s, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
