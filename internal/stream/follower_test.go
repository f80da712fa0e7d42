package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
	"github.com/outcry/outcry/internal/stream/streamtest"
)

// script is a source whose connections go by a script.
type script struct {
	dials   []time.Duration // since the start, of each connection
	cursors []string
	start   time.Time
	each    func(n int, take stream.Take) error
}

func (s *script) Follow(ctx context.Context, cursor string, take stream.Take) error {
	s.dials = append(s.dials, time.Since(s.start))
	s.cursors = append(s.cursors, cursor)
	if err := s.each(len(s.dials), take); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func follow(t *testing.T, s *script, c *streamtest.Collector, lasts time.Duration) {
	t.Helper()
	followHeard(t, s, c, lasts, 0)
}

func followHeard(t *testing.T, s *script, c *streamtest.Collector, lasts, heard time.Duration) {
	t.Helper()
	s.start = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	f := &stream.Follower{Name: "s", Source: s, Reader: c, Sender: c, Memory: c, Heard: heard, Log: slog.New(slog.DiscardHandler)}
	if err := f.Run(ctx); err != nil {
		t.Error(err)
	}
}

func post(i int) posts.Post { return posts.Post{Text: fmt.Sprint(i)} }

func TestReconnectsLaterTheLongerItFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{each: func(int, stream.Take) error { return errors.New("refused") }}
		follow(t, s, streamtest.NewCollector(), 10*time.Minute)
		for i := 2; i < len(s.dials); i++ {
			if gap := s.dials[i] - s.dials[i-1]; gap > 3*time.Minute {
				t.Errorf("waited %v", gap)
			}
		}
		if first, n := s.dials[1], len(s.dials); first > 2*time.Second || n > 20 || n < 8 {
			t.Errorf("%d connections in ten minutes, the second after %v", n, first)
		}
	})
}

func TestAServerMayAskForTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{each: func(n int, _ stream.Take) error {
			if n == 1 {
				return fmt.Errorf("wrapped: %w", &stream.Throttled{After: 90 * time.Second, Err: errors.New("429")})
			}
			return nil
		}}
		follow(t, s, streamtest.NewCollector(), 5*time.Minute)
		if len(s.dials) != 2 || s.dials[1] < 90*time.Second {
			t.Errorf("connected at %v", s.dials)
		}
	})
}

func TestTheCursorIsThatOfWhatIsSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := streamtest.NewCollector()
		c.Refuse = 1 << 30
		s := &script{each: func(n int, take stream.Take) error {
			for i := range 3 {
				if err := take(post(i), fmt.Sprint("c", i)); err != nil {
					return err
				}
			}
			if n == 2 {
				c.Refuse = 0
			}
			if n < 3 {
				return errors.New("dropped")
			}
			return nil
		}}
		follow(t, s, c, time.Minute)
		if got := s.cursors; got[0] != "" || got[1] != "" || got[2] != "c2" {
			t.Errorf("connected from %q: nothing was safe before the second connection's end", got)
		}
		kept, err := c.Setting(t.Context(), "stream.cursor.s")
		if err != nil || string(kept) != "c2" {
			t.Errorf("kept %q, %v", kept, err)
		}
	})
}

func TestASourceThatBringsMoreThanIsTakenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := streamtest.NewCollector()
		c.Refuse = 1 << 30
		taken := 0
		s := &script{each: func(_ int, take stream.Take) error {
			for {
				if err := take(post(taken), ""); err != nil {
					return err
				}
				taken++
			}
		}}
		follow(t, s, c, 3*time.Second)
		if taken > 2000 {
			t.Errorf("%d posts were read on while nothing could be sent", taken)
		}
	})
}

func TestSilenceEndsABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			for range 3 {
				time.Sleep(10 * time.Second)
				w.Write([]byte("\n")) //nolint:errcheck // of a pipe
			}
		}()
		body := stream.KeepAlive(r, 15*time.Second)
		start := time.Now()
		data, err := io.ReadAll(body)
		if err == nil || !strings.Contains(err.Error(), "nothing came for 15s") || len(data) != 3 {
			t.Errorf("read %q, %v", data, err)
		}
		if took := time.Since(start); took != 45*time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestHowLongToWaitIsRead(t *testing.T) {
	now := time.Date(2024, 5, 16, 21, 39, 0, 0, time.UTC)
	for _, c := range []struct {
		why, header, value string
		want               time.Duration
	}{
		{"seconds", "Retry-After", "120", 2 * time.Minute},
		{"a date", "Retry-After", "Thu, 16 May 2024 21:40:00 GMT", time.Minute},
		{"a date that is past", "Retry-After", "Thu, 16 May 2024 21:00:00 GMT", 0},
		{"X's own header", "X-Rate-Limit-Reset", "1715895600", time.Minute},
		{"nonsense", "Retry-After", "-3", 0},
		{"nothing", "Date", "", 0},
	} {
		h := http.Header{}
		h.Set(c.header, c.value)
		if got := stream.RetryAfter(h, now); got != c.want {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

// What a source that polls brings is minutes old when it is read: it is news as of
// then, unless it is older than the source's allowance. What a stream brings keeps
// its own time, for the judge's allowance to decide.
func TestHowLateAPostMayBeRead(t *testing.T) {
	for _, c := range []struct {
		why        string
		heard, old time.Duration
		want       time.Duration // how old it is taken to be
	}{
		{"a post of a stream is of when it was posted", 0, 5 * time.Second, 5 * time.Second},
		{"so is one that a stream brings late", 0, 5 * time.Minute, 5 * time.Minute},
		{"one that is polled is of when it was read", 10 * time.Minute, 5 * time.Minute, 0},
		{"up to the allowance", 10 * time.Minute, 10 * time.Minute, 0},
		{"and not after it", 10 * time.Minute, 10*time.Minute + time.Millisecond, 10*time.Minute + time.Millisecond},
		{"one from the future stays there", 10 * time.Minute, -time.Minute, -time.Minute},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var read time.Time
				s := &script{each: func(_ int, take stream.Take) error {
					read = time.Now().UTC().Truncate(time.Millisecond)
					return take(posts.Post{Text: "1", At: read.Add(-c.old)}, "")
				}}
				to := streamtest.NewCollector()
				followHeard(t, s, to, 10*time.Second, c.heard)
				got := to.Sent
				if len(got) != 1 || read.Sub(got[0].At) != c.want {
					t.Errorf("read at %v: %+v, want %v before", read, got, c.want)
				}
			})
		})
	}
}
