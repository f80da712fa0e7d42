package app

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/store"
)

// records is a store that a clock and its court read and write: tallies, how
// far they are counted, and how far they are judged.
type records struct {
	mu       sync.Mutex
	tallies  []outcry.Tally
	complete func() outcry.Tick
	fail     error // of reading
	judged   outcry.Tick
}

// set changes the records under their lock.
func (r *records) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *records) Position(context.Context, int) (uint64, outcry.Tick, time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return 0, r.complete(), time.Now(), nil
}

func (r *records) Tallies(_ context.Context, q store.TallyQuery) (out []outcry.Tally, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, y := range r.tallies {
		if y.Tick >= q.From && y.Tick < q.To {
			out = append(out, y)
		}
	}
	return out, r.fail
}

func (r *records) Apply(_ context.Context, j store.Judged, _ []store.IncidentChange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j.Prev != r.judged {
		return outcry.Errorf(outcry.CodeConflict, "judged to %d", r.judged)
	}
	r.judged = j.Tick
	return nil
}

func (r *records) LoadJudge(context.Context) (st store.JudgeState, err error) { return st, nil }

func (r *records) Incident(context.Context, string) (in outcry.Incident, err error) { return in, nil }

func (r *records) Incidents(context.Context, store.IncidentQuery) (list []outcry.Incident, err error) {
	return list, nil
}

// hall hears what was judged of what, by tick.
type hall struct {
	sums  map[outcry.Tick]uint32
	blind map[outcry.Tick]bool
}

func (h *hall) heard(t outcry.Tick, tallies []outcry.Tally, verdicts []outcry.Verdict) {
	if n := total(tallies); n > 0 {
		h.sums[t] += n
	}
	if len(verdicts) > 0 && verdicts[0].Condition == outcry.CondUnknown {
		h.blind[t] = true
	}
}
func (h *hall) passed(outcry.Tick)      {}
func (h *hall) changed(outcry.Incident) {}

// ticking runs a clock from the present tick on, in a bubble. What the hall has
// heard may be read when the clock has ended.
func ticking(t *testing.T, r *records, log *notebook) (h *hall, first outcry.Tick, end func() error) {
	t.Helper()
	first = outcry.TickOf(time.Now())
	h = &hall{sums: map[outcry.Tick]uint32{}, blind: map[outcry.Tick]bool{}}
	services := []outcry.Service{{ID: "a"}}
	c := &court{
		docket: r, audience: h, services: []string{"a"}, log: log.log(),
		judge: func(start outcry.Tick) (*detect.Judge, error) {
			return detect.New(detect.Config{Services: services}, start)
		},
		ledger: func(stored []outcry.Incident) (*incident.Ledger, error) {
			return incident.New(incident.Config{Services: services, NewID: newID}, stored)
		},
	}
	if err := c.open(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	k := &clock{
		court: c, tallies: r, partitions: 1, now: time.Now, log: log.log(),
		alive: func(outcry.Tick) float64 { return 1 }, late: newLateness(7),
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.run(ctx, first) }()
	return h, first, func() error { stop(); return <-ended }
}

func upToNow() outcry.Tick { return outcry.TickOf(time.Now()) - 1 }

func TestClockJudgesATickOnceItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := outcry.TickOf(time.Now())
		r := &records{complete: upToNow, tallies: []outcry.Tally{reports("a", now-1, 50), reports("a", now, 3), reports("a", now+1, 2)}}
		h, first, end := ticking(t, r, newNotebook())
		time.Sleep(outcry.TickLength + judgeDelay + 2*lookAgain)
		r.set(func() {
			if r.judged != first {
				t.Errorf("judged to %d, want %d", r.judged, first)
			}
		})
		time.Sleep(outcry.TickLength)
		r.set(func() { r.tallies[1] = reports("a", now, 7) }) // four stragglers
		time.Sleep(outcry.TickLength)
		_ = end()
		want := map[outcry.Tick]uint32{first: 3, first + 1: 2, first + 2: 4} // those of before the start are not new
		if diff := cmp.Diff(want, h.sums); diff != "" {
			t.Errorf("heard by tick (-want +got):\n%s", diff)
		}
		if len(h.blind) > 0 {
			t.Errorf("blind in %v", h.blind)
		}
	})
}

// The clock waits for a counter that is behind, but not for ever: then the tick
// counts as not watched, for nobody knows yet what came in.
func TestClockRunsOutOfPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := upToNow()
		r := &records{complete: func() outcry.Tick { return stuck }}
		h, first, end := ticking(t, r, newNotebook())
		time.Sleep(patience - time.Second)
		r.set(func() {
			if r.judged != 0 {
				t.Errorf("judged to %d though nothing is counted", r.judged)
			}
		})
		time.Sleep(2 * outcry.TickLength)
		r.set(func() { r.complete = upToNow })
		time.Sleep(time.Minute)
		_ = end()
		if !h.blind[first] || h.blind[upToNow()-1] {
			t.Errorf("blind in %v; want in the first, %d, and not in the last", h.blind, first)
		}
	})
}

func TestClockTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notes := newNotebook()
		now := outcry.TickOf(time.Now())
		r := &records{complete: upToNow, fail: failing(), tallies: []outcry.Tally{reports("a", now, 3)}}
		h, first, end := ticking(t, r, notes)
		time.Sleep(20 * time.Second)
		r.set(func() { r.fail = nil })
		time.Sleep(5 * time.Second)
		_ = end()
		if h.sums[first] != 3 || !strings.Contains(notes.String(), "tried again") {
			t.Errorf("heard %v; the log:\n%s", h.sums, notes)
		}
	})
}

// A clock whose court finds that another has judged ends, and says why.
func TestClockGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &records{complete: upToNow}
		_, _, end := ticking(t, r, newNotebook())
		time.Sleep(15 * time.Second)
		r.set(func() { r.judged += 5 })
		time.Sleep(15 * time.Second)
		if err := end(); outcry.CodeOf(err) != outcry.CodeConflict {
			t.Errorf("ended with %v, want a conflict", err)
		}
	})
}
