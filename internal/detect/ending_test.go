package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func TestWhenItEnded(t *testing.T) {
	const onset, end, now = outcry.Tick(178_000_000), outcry.Tick(178_000_336), outcry.Tick(178_000_390)
	draw := func(before, after float64) *service {
		r := rand.New(rand.NewPCG(1, 2))
		s := &service{State: condition{Is: outcry.CondRecovering, Onset: outcry.Onset{At: onset.Start()}}}
		for tick := onset - 60; tick < now; tick++ {
			p := after
			if tick >= onset && tick < end {
				p = before
			}
			one := run{Tick: tick, Vantage: int(tick % 3), Runs: 1}
			if r.Float64() < p {
				one.Fails = 1
			}
			s.Runs = append(s.Runs, one)
		}
		return s
	}
	for _, c := range []struct {
		says          string
		before, after float64
		known         bool
	}{
		{"checks failed, and pass", 1, 0, true},
		{"most of them failed, and a few still do by chance", 0.9, 0.01, true},
		{"a third of them failed", 0.33, 0, true},
		{"none failed: reports alone know no instant", 0, 0, false},
		{"they fail as ever", 0.5, 0.5, false},
	} {
		got := draw(c.before, c.after).ended()
		if off := got.Sub(end.Start()).Abs(); got.IsZero() == c.known || c.known && off > time.Minute {
			t.Errorf("%s: %s, off by %s", c.says, got, off)
		}
	}
	if got := (&service{}).ended(); !got.IsZero() {
		t.Errorf("nothing is known: %s", got)
	}
}
