package icmpcheck

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is a socket to a network that loses the echoes of these numbers.
type line struct {
	lost map[int]bool
	rtt  time.Duration
	err  error
}

func (l line) Close() error { return nil }

func (l line) Echo(_ netip.Addr, seq int, _ time.Time) (time.Duration, error) {
	if l.lost[seq] {
		return 0, os.ErrDeadlineExceeded
	}
	return l.rtt, l.err
}

func TestJudgement(t *testing.T) {
	lost := func(seqs ...int) map[int]bool {
		m := map[int]bool{}
		for _, s := range seqs {
			m[s] = true
		}
		return m
	}
	for _, c := range []struct {
		says   string
		line   line
		set    func(*Options)
		reason probe.Reason
	}{
		{"all come back", line{rtt: 1}, func(*Options) {}, ""},
		{"some get lost, and may", line{rtt: 1, lost: lost(1, 3)}, func(*Options) {}, ""},
		{"one gets lost, and must not", line{rtt: 1, lost: lost(2)}, func(o *Options) { o.MaxLoss = 0 }, probe.ReasonLoss},
		{"all get lost", line{lost: lost(1, 2, 3)}, func(*Options) {}, probe.ReasonTimeout},
		{"they are slow", line{rtt: time.Second}, func(o *Options) { o.MaxLatency = time.Millisecond }, probe.ReasonSlow},
		{"the kernel has no route", line{err: &probe.Fault{Reason: probe.ReasonUnreachable, Err: errors.New("no route")}}, func(*Options) {}, probe.ReasonUnreachable},
	} {
		o := Defaults("ping:127.0.0.1")
		o.Spacing = 0
		c.set(&o)
		p, err := New(o, probe.Env{})
		if err != nil {
			t.Fatal(err)
		}
		p.(*prober).open = func(bool) (socket, error) { return c.line, nil }
		probetest.Want(t, c.says, probetest.Attempt(t, p, nil), c.reason)
	}
}

// On the real kernel an echo to ourselves comes back, or the answer says what
// to do about it; it never is "down".
func TestRealKernel(t *testing.T) {
	p, err := New(Defaults("icmp://127.0.0.1"), probe.Env{})
	r := probetest.Attempt(t, p, err)
	if r.Outcome == outcry.Good {
		return
	}
	probetest.Want(t, "the kernel refuses", r, probe.ReasonUnsupported)
	if !strings.Contains(r.Detail, "ping_group_range") || !strings.Contains(r.Detail, "CAP_NET_RAW") {
		t.Errorf("it does not say what to do: %s", r.Detail)
	}
}

func TestWhereTheKernelRefuses(t *testing.T) {
	p, err := New(Defaults("icmp://127.0.0.1"), probe.Env{})
	p.(*prober).open = func(bool) (socket, error) {
		return nil, &probe.Fault{Reason: probe.ReasonUnsupported, Err: errors.New(advice)}
	}
	probetest.Want(t, "no socket", probetest.Attempt(t, p, err), probe.ReasonUnsupported)
}

func TestTheGuardHolds(t *testing.T) {
	p, err := New(Defaults("icmp://169.254.169.254"), probe.Env{})
	probetest.Want(t, "metadata", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

func TestNewRefuses(t *testing.T) {
	for _, set := range []func(*Options){
		func(o *Options) { o.URL = "tcp://x:1" }, func(o *Options) { o.IP = "5" },
		func(o *Options) { o.Count = 0 }, func(o *Options) { o.Count = 1000 },
	} {
		o := Defaults("ping:x")
		set(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func FuzzIsAnswer(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0, 1, 'x'}, 1, false)
	f.Add([]byte{129, 0, 0, 0, 0, 1, 0, 1, 'x'}, 1, true)
	f.Fuzz(func(t *testing.T, packet []byte, seq int, v6 bool) {
		s := &kernelSocket{v6: v6, token: [tokenSize]byte{1}}
		if s.isAnswer(packet, seq) && !strings.Contains(string(packet), string(s.token[:])) {
			t.Fatal("an answer without our token was taken")
		}
	})
}
