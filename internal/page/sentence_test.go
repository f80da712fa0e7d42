package page

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func TestWhatAnUnconfirmedIncidentRestsOn(t *testing.T) {
	speak, err := newTongues()
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(Options{Location: time.UTC}, World{}, speak[0])
	report, probe := func(n float64) outcry.Evidence { return outcry.Evidence{Stream: "report", Nats: n} }, func(n float64) outcry.Evidence { return outcry.Evidence{Stream: "probe", Nats: n} }
	for _, c := range []struct {
		why, want string
		evidence  []outcry.Evidence
	}{
		{"people alone", "Unconfirmed: people report problems; there are no checks of our own to confirm it.", []outcry.Evidence{report(20)}},
		{"people, against our checks", "Unconfirmed: people report problems; our checks pass.", []outcry.Evidence{report(20), probe(-2)}},
		{"people and checks", "Unconfirmed: people report problems; our checks see it too.", []outcry.Evidence{report(8), probe(6)}},
		{"checks, and nobody says so", "Unconfirmed: our own checks fail; hardly anybody has reported it yet.", []outcry.Evidence{probe(15), report(-0.5)}},
	} {
		if got := b.unconfirmed(&outcry.Incident{Evidence: c.evidence}); got != c.want {
			t.Errorf("%s: %q", c.why, got)
		}
	}
}

func TestNobodyLooks(t *testing.T) {
	blind, sees := Probe{Outcome: outcry.Unknown}, Probe{Outcome: outcry.Good}
	quiet, spoke := []Bin{{}, {}}, []Bin{{Reports: 1}, {}}
	for _, c := range []struct {
		why    string
		s      Service
		unseen bool
	}{
		{"all checks are blind, and nobody has said anything in a day", Service{Probes: []Probe{blind, blind}, Series: quiet}, true},
		{"one check can tell", Service{Probes: []Probe{blind, sees}, Series: quiet}, false},
		{"people report here, and now they do not", Service{Probes: []Probe{blind}, Series: spoke}, false},
		{"people say that it works", Service{Probes: []Probe{blind}, Series: quiet, Works: 1}, false},
		{"there are no checks: the door for reports is open", Service{Series: quiet}, false},
	} {
		if got := c.s.unseen(); got != c.unseen {
			t.Errorf("%s: unseen is %v", c.why, got)
		}
	}
}
