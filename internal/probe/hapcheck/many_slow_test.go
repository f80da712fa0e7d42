//go:build slow

package hapcheck

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// open asks the accessory how many connections and pairings it has.
func (l *lamp) open(t *testing.T) (connections, pairings int) {
	t.Helper()
	before := strings.Count(l.process.Log(), "connections=")
	l.process.Signal(t, syscall.SIGUSR2)
	if !probetest.Comes(func() bool { return strings.Count(l.process.Log(), "connections=") > before }) {
		t.Fatal("the accessory does not say what is open")
	}
	log := l.process.Log()
	if _, err := fmt.Sscanf(log[strings.LastIndex(log, "connections="):], "connections=%d pairings=%d", &connections, &pairings); err != nil {
		t.Fatal(err)
	}
	return connections, pairings
}

// settled waits until nobody is connected, with so many pairings.
func (l *lamp) settled(t *testing.T, wanted int) {
	t.Helper()
	var connections, pairings int
	if !probetest.Comes(func() bool { connections, pairings = l.open(t); return connections == 0 && pairings == wanted }) {
		t.Errorf("the accessory has %d connections and %d pairings, not 0 and %d", connections, pairings, wanted)
	}
}

// ids are the accessory's characteristics that can be switched.
func (l *lamp) ids(t *testing.T) (ids []string) {
	t.Helper()
	l.prints(t, "READY")
	for line := range strings.Lines(l.process.Log()) {
		if id, ok := strings.CutPrefix(line, "BULB "); ok {
			ids = append(ids, strings.TrimSpace(id))
		}
	}
	return ids
}

// However often bulbs are switched, no run leaves a goroutine, a socket or a
// session, and there is the one pairing.
func TestManySwitches(t *testing.T) {
	const wide = 16 // each switches a bulb of its own
	runs := probetest.Runs(t, 100)
	l, data := startBulbs(t, fmt.Sprint(wide)), t.TempDir()
	probetest.Want(t, "paired", attemptOn(t, l.options(), data, 40*time.Second), "")
	var switching, reading []probe.Prober
	for _, id := range l.ids(t) {
		for _, write := range []bool{true, false} {
			p, err := New(l.options(func(o *Options) { o.Characteristic, o.Write = id, write }), probe.Env{Data: data})
			if err != nil {
				t.Fatal(err)
			}
			if write {
				switching = append(switching, p)
			} else {
				reading = append(reading, p)
			}
		}
	}
	for _, c := range []struct {
		says    string
		probers []probe.Prober
	}{{"bulbs that are switched", switching}, {"bulbs that are looked at", reading}} {
		if len(c.probers) != wide {
			t.Fatalf("%d bulbs", len(c.probers))
		}
		many := probetest.Many{Says: c.says, Runs: runs, Wide: wide, Attempt: func(worker int) probe.Result {
			return probe.Attempt(t.Context(), c.probers[worker], 60*time.Second)
		}}
		many.Test(t)
		l.settled(t, 1)
	}
}

// A process may be killed at whatever step of pairing, and after it: the next
// run pairs, or has the pairing, and there is one.
func TestKilledWhilePairing(t *testing.T) {
	steps := []string{"", "M1 is on the way", "M2 is", "M3 is", "M4 is", "M5 is", "M6 is", "it verifies", "M2 of that is on the way", "M3 of that is", "M4 of that is"}
	for turn := 1; turn < len(steps); turn++ {
		t.Run(steps[turn], func(t *testing.T) {
			l, data := startLamp(t), t.TempDir()
			var child *probetest.Child
			var mu sync.Mutex
			killed := false
			addr := probetest.Between(t, l.addr, func(now int) bool {
				mu.Lock()
				defer mu.Unlock()
				if now != turn || killed {
					return true
				}
				killed = true
				child.Kill()
				return turn == 5 // M5 gets there: of all that it may meet, the accessory knows a dead controller
			})
			mu.Lock()
			child = probetest.StartChild(t, fmt.Sprintf(`{address: %q, setup_code: {env: SETUP_CODE}}`, addr), data, "SETUP_CODE="+setupCode)
			mu.Unlock()
			if !probetest.Comes(func() bool { mu.Lock(); defer mu.Unlock(); return killed }) {
				said, _ := child.Ended()
				t.Fatal("it did not come so far: ", said)
			}
			if turn == 5 {
				probetest.Comes(func() bool { _, pairings := l.open(t); return pairings == 1 })
			}
			l.settled(t, map[bool]int{false: 0, true: 1}[turn >= 5])
			r := attemptOn(t, l.options(at(addr)), data, 60*time.Second)
			probetest.Want(t, "the next run", r, "")
			trail := probetest.Steps(r)
			if undone := strings.Contains(trail, "undo"); undone != (turn <= 6) {
				t.Errorf("the next run's steps are %s", trail)
			}
			l.settled(t, 1)
		})
	}
}
