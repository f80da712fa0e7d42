package notify

import (
	"net/http"
	"strconv"
	"time"
)

// RetryAfter reads a Retry-After header (RFC 9110, section 10.2.3), in seconds
// or as a date, of at most the longest wait; 0 when there is none that makes
// sense.
func RetryAfter(value string, now time.Time, longest time.Duration) time.Duration {
	var wait time.Duration
	if s, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longest)
}
