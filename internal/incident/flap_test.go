package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
)

// A service that fails and recovers in turn is one incident, and its timeline
// says so at most once in ten minutes.
func TestFlapping(t *testing.T) {
	for _, c := range []struct {
		name      string
		on, off   float64 // minutes of each
		well      bool    // in between it is normal, not just recovering
		incidents int
	}{
		{"every five minutes, to recovering", 5, 5, false, 1},
		{"every five minutes, to normal", 5, 5, true, 1},
		{"every two minutes", 2, 2, true, 1},
		{"fast enough to count as failing all the while", 1, 0.5, false, 1},
		{"with a pause that closes it, within the time to reopen", 5, 12, true, 1},
		{"with pauses of an hour: faults of their own", 5, 60, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var script []spell
			for at := 1.0; at < 120; at += c.on + c.off {
				f := fails("imessage", at, at+c.on)
				script = append(script, f)
				if !c.well {
					script = append(script, recovers(f, at+c.on+c.off))
				}
			}
			s := newStage(t, incident.Policy{})
			s.play(180, script, nil)
			if len(s.order) != c.incidents {
				t.Errorf("%s: %d incidents, want %d: %v", c.name, len(s.order), c.incidents, s.tales())
			}
			for _, id := range s.order {
				in := s.stored[id]
				if in.State != outcry.StateResolved {
					t.Errorf("%s: ends as %s", c.name, in.State)
				}
				relapsesApart(t, &in)
			}
		})
	}
}

func relapsesApart(t *testing.T, in *outcry.Incident) {
	t.Helper()
	var last time.Time
	for _, u := range in.Updates {
		if !u.Public || !strings.Contains(u.Body, "failing again") {
			continue
		}
		if !last.IsZero() && u.At.Sub(last) < incident.DefaultWindows().Flap {
			t.Errorf("told to fail again at %v and at %v", last.Sub(zero), u.At.Sub(zero))
		}
		last = u.At
	}
}

// A small fault lingers near the usual rate until the ledger closes it, while the
// judge still holds it open. When it fails again, by the same onset, it is the
// same incident, also after half an hour.
func TestAFaultThatWasNeverOverIsTheSame(t *testing.T) {
	f := fails("imessage", 10, 20)
	lingers := recovers(f, 70)
	lingers.v.Size.Rate = lingers.v.Size.Usual
	again := fails("imessage", 70, 80)
	again.v.Onset = f.v.Onset
	s := newStage(t, incident.Policy{})
	s.play(120, []spell{f, lingers, again}, nil)
	if len(s.order) != 1 {
		t.Errorf("%d incidents: %v", len(s.order), s.tales())
	}
	if in := s.stored[s.order[0]]; !in.Onset.At.Equal(f.v.Onset.At) || in.State != outcry.StateResolved {
		t.Errorf("it began at %v and ends as %s", in.Onset.At, in.State)
	}
}

// When it fails again hours after it was closed, it is another incident: its onset
// is not that of the one that was told to be over.
func TestWhatFailsAgainHoursLaterBeginsThen(t *testing.T) {
	f := fails("imessage", 10, 20)
	lingers := recovers(f, 250)
	lingers.v.Size.Rate = lingers.v.Size.Usual
	again := fails("imessage", 250, 280)
	again.v.Onset = f.v.Onset
	s := newStage(t, incident.Policy{})
	s.play(320, []spell{f, lingers, again}, nil)
	if len(s.order) != 2 {
		t.Fatalf("%d incidents: %v", len(s.order), s.tales())
	}
	one, two := s.stored[s.order[0]], s.stored[s.order[1]]
	if !one.Onset.At.Equal(f.v.Onset.At) || two.Onset.At.Before(one.ClosedAt) || two.Onset.At.After(two.DetectedAt) || !two.Onset.From.Equal(one.ClosedAt) {
		t.Errorf("the first began at %v and closed at %v; the second began at %v (from %v) and was found at %v",
			one.Onset.At, one.ClosedAt, two.Onset.At, two.Onset.From, two.DetectedAt)
	}
}
