package probetest

import (
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// Many is a check that is run over and over, some of it side by side, and must
// leave nothing behind in this process. What it leaves at its peer, the test
// asks the peer.
type Many struct {
	Says   string
	Runs   int
	Wide   int // side by side; each has a number from 0
	Slack  int // goroutines and descriptors of servers in this process, which linger
	Reason probe.Reason
	// Pardon is the share of the runs that may end otherwise: a machine that is
	// busy with as many calls may lose all sound of one. What they leave counts.
	Pardon  float64
	Attempt func(worker int) probe.Result
}

// maxComplaints bounds how many runs that ended otherwise are shown.
const maxComplaints = 5

// Test runs it, and gives the runs that ended as they should.
func (m Many) Test(t testing.TB) int {
	t.Helper()
	m.run(t, min(4*m.Wide, m.Runs)) // whatever is kept, is kept by then
	goroutines, files := Open(t)
	began := time.Now()
	good := m.run(t, m.Runs)
	took := time.Since(began)
	after, left := m.settled(t, goroutines, files)
	t.Logf("%s: %d runs, %d side by side, in %s, %.0f a second; goroutines %d before and %d after, descriptors %d and %d",
		m.Says, m.Runs, m.Wide, took.Round(100*time.Millisecond), float64(m.Runs)/took.Seconds(), goroutines, after, files, left)
	if after > goroutines+m.Slack || left > files+m.Slack {
		t.Errorf("%s: %d goroutines and %d descriptors, after %d and %d", m.Says, after, left, goroutines, files)
	}
	return good
}

// run makes so many attempts.
func (m Many) run(t testing.TB, runs int) int {
	t.Helper()
	var next, good atomic.Int64
	var all sync.WaitGroup
	others := make(chan probe.Result, runs)
	for w := range m.Wide {
		all.Go(func() {
			for next.Add(1) <= int64(runs) {
				if r := m.Attempt(w); r.Reason == m.Reason {
					good.Add(1)
				} else {
					others <- r
				}
			}
		})
	}
	all.Wait()
	m.complain(t, others, runs)
	return int(good.Load())
}

// complain tells of runs that ended otherwise than wanted.
func (m Many) complain(t testing.TB, others <-chan probe.Result, runs int) {
	t.Helper()
	n := len(others)
	if n == 0 {
		return
	}
	tell := t.Errorf
	if n <= int(math.Ceil(m.Pardon*float64(runs))) {
		tell = t.Logf
	}
	for range min(n, maxComplaints) {
		r := <-others
		tell("%s: %d of %d runs, this one too: %s; wanted reason %q", m.Says, n, runs, r.Summary(), m.Reason)
	}
}

// settled waits until no more is open than was, or it does not change for the
// better: what a library ends in the background takes a moment.
func (m Many) settled(t testing.TB, goroutines, files int) (after, left int) {
	t.Helper()
	Comes(func() bool {
		after, left = Open(t)
		return after <= goroutines+m.Slack && left <= files+m.Slack
	})
	return after, left
}

// Open counts the goroutines and descriptors of this process.
func Open(t testing.TB) (goroutines, files int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return runtime.NumGoroutine(), len(entries)
}

// Comes waits for a condition, and tells whether it came: for those that say more
// than [Eventually] when it does not.
func Comes(is func() bool) bool { return WithinTime(runTime, is) }

// WithinTime is [Comes] with a time.
func WithinTime(limit time.Duration, is func() bool) bool {
	end, again := time.After(limit), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-end:
			return false
		}
	}
	return true
}
