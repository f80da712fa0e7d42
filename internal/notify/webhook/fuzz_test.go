package webhook

import (
	"net/http"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/notify"
)

// Whatever a receiver writes into Retry-After, the wait is between nothing and
// a day.
func FuzzRetryAfter(f *testing.F) {
	now := time.Unix(1614265330, 0)
	for _, s := range []string{"", "120", "-1", "99999999999999999999", "Thu, 25 Feb 2021 15:42:10 GMT", now.Add(time.Hour).Format(http.TimeFormat), "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if wait := notify.RetryAfter(value, now, longestWait); wait < 0 || wait > longestWait {
			t.Errorf("%q gives %v", value, wait)
		}
	})
}
