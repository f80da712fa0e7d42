//go:build slow

package webrtccheck

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// sessions asks coturn, as its operator does, how many it has, and how long the
// last of them lasts.
func (r relay) sessions(t *testing.T) (count int, longest time.Duration) {
	t.Helper()
	c, err := net.Dial("tcp", r.control)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	for _, step := range []struct{ after, say string }{{"password: ", secret}, {"> ", "ps"}} {
		for said := ""; !strings.HasSuffix(strings.TrimRight(said, "\r\n"), step.after); {
			b, err := in.ReadByte()
			if err != nil {
				t.Fatalf("coturn says %q to its operator, and then: %v", said, err)
			}
			said += string(b)
		}
		if _, err := io.WriteString(c, step.say+"\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		seconds := 0
		if _, err := fmt.Sscanf(strings.TrimSpace(lines.Text()), "expiring in %d secs", &seconds); err == nil {
			longest = max(longest, time.Duration(seconds)*time.Second)
		}
		if _, err := fmt.Sscanf(strings.TrimSpace(lines.Text()), "Total sessions: %d", &count); err == nil {
			return count, longest
		}
	}
	t.Fatal("coturn does not say how many sessions it has")
	return 0, 0
}

// settled waits until there is no session.
func (r relay) settled(t *testing.T) {
	t.Helper()
	n := 0
	if !probetest.Comes(func() bool { n, _ = r.sessions(t); return n == 0 }) {
		t.Errorf("coturn has %d sessions", n)
	}
}

// made is how many allocations coturn's log knows of.
func (r relay) made() int { return strings.Count(r.process.Log(), "ALLOCATE processed, success") }

// brief makes the sound short, and asks for some of it.
func brief(o *Options) { o.Talk, o.MaxLoss, o.MinMOS = 80*time.Millisecond, 90, 0 }

// Each attempt gives its allocations back: three of them, which coturn
// otherwise keeps for ten minutes; and leaves no goroutine and no socket.
func TestAllocationsAreFreed(t *testing.T) {
	const wide = 6
	runs := probetest.Runs(t, 250)
	r := coturn(t, longTerm("--verbose")...)
	p, err := New(options(func(o *Options) { o.TURN = "turn:" + r.plain }, brief, alice), probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	many := probetest.Many{Says: "calls through coturn", Runs: runs, Wide: wide, Pardon: 0.02, Attempt: func(int) probe.Result {
		return probe.Attempt(t.Context(), p, 60*time.Second)
	}}
	good := many.Test(t)
	if n := r.made(); n < 3*good {
		t.Errorf("%d runs that were well made %d allocations, not three each", good, n)
	}
	r.settled(t)
}

// Nor do those that only allocate, by each of the ways there.
func TestManyAllocations(t *testing.T) {
	const wide = 30
	runs := probetest.Runs(t, 2000)
	r := coturn(t, longTerm("--verbose")...)
	var probers []probe.Prober
	for _, turn := range []string{"turn:" + r.plain, "turn:" + r.plain + "?transport=tcp", "turns:" + r.secure} {
		p, err := New(options(func(o *Options) { o.TURN, o.Talk, o.STUN = turn, 0, "stun:"+r.plain }, alice), probe.Env{Roots: r.roots})
		if err != nil {
			t.Fatal(err)
		}
		probers = append(probers, p)
	}
	many := probetest.Many{Says: "allocations at coturn", Runs: runs, Wide: wide, Attempt: func(worker int) probe.Result {
		return probe.Attempt(t.Context(), probers[worker%len(probers)], 60*time.Second)
	}}
	many.Test(t)
	r.settled(t)
}

// A process that is killed in the middle of a call leaves its allocations for
// their lifetime at the most, ten minutes, and over a stream not even that. The
// next run is well meanwhile.
func TestKilledInTheMiddle(t *testing.T) {
	for _, c := range []struct {
		transport string
		lasts     time.Duration // at most, after the kill
	}{{"udp", 10 * time.Minute}, {"tcp", 0}} {
		r := coturn(t, longTerm()...)
		child := probetest.StartChild(t, fmt.Sprintf(`{turn: "turn:%s?transport=%s", user: alice, password: {env: TURN_PASSWORD}, talk: 1m}`, r.plain, c.transport),
			t.TempDir(), "TURN_PASSWORD="+secret)
		if !probetest.Comes(func() bool {
			if said, ended := child.Ended(); ended {
				t.Fatal("it has ended by itself: ", said)
			}
			n, _ := r.sessions(t)
			return n >= 2
		}) {
			t.Fatal("the peers have not allocated")
		}
		child.Kill()
		n, longest := 0, time.Duration(0)
		if !probetest.Comes(func() bool {
			n, longest = r.sessions(t)
			return longest <= c.lasts && (c.lasts > 0 || n == 0)
		}) {
			t.Errorf("over %s: %d sessions, the last for %s", c.transport, n, longest)
		}
		o := options(func(o *Options) { o.TURN = "turn:" + r.plain }, brief, alice)
		probetest.Want(t, "the next run", attempt(t, o, probe.Env{}, 40*time.Second), "")
		if !probetest.Comes(func() bool { now, _ := r.sessions(t); return now <= n }) {
			t.Errorf("over %s: the next run left something", c.transport)
		}
	}
}
