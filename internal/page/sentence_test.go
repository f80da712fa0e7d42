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

func TestWhatAVendorsWordComesTo(t *testing.T) {
	for _, c := range []struct {
		why    string
		n      Bulletin
		status Status
		word   string
	}{
		{"a fault", Bulletin{Outcome: outcry.Bad, Status: "major-outage"}, Degraded, "Admits it"},
		{"none", Bulletin{Outcome: outcry.Good, Status: "operational"}, Operational, "All well"},
		{"nonsense", Bulletin{Outcome: outcry.Unknown, Status: "nonsense"}, Unknown, "Cannot be read"},
		{"a component that the page has no more", Bulletin{Outcome: outcry.Unknown, Status: "not-listed"}, Unknown, "Cannot be read"},
		{"planned work can be read", Bulletin{Outcome: outcry.Unknown, Status: "under-maintenance"}, Maintained, "Maintenance"},
		{"a word that we do not know, too", Bulletin{Outcome: outcry.Unknown, Status: "notice"}, Unknown, "Unknown"},
	} {
		if s, word, _ := c.n.says(); s != c.status || word != c.word {
			t.Errorf("%s: %s, %q", c.why, s.Word(), word)
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
		{"there are no checks, and the vendor's page is in quarantine: it is not green", Service{Bulletins: []Bulletin{{Source: "a", Outcome: outcry.Unknown, Status: "nonsense"}, {Source: "b", Outcome: outcry.Unknown, Status: "unreachable"}, {Source: "a", Outcome: outcry.Good}}, Series: quiet}, true},
		{"one of two vendors' pages can be read", Service{Bulletins: []Bulletin{{Source: "a", Outcome: outcry.Unknown, Status: "nonsense"}, {Source: "b", Outcome: outcry.Good}}, Series: quiet}, false},
		{"the vendor tells of planned work", Service{Bulletins: []Bulletin{{Outcome: outcry.Unknown, Status: "under-maintenance"}}, Series: quiet}, false},
		{"all checks are blind; that the vendor says that all is well is no look", Service{Probes: []Probe{blind}, Bulletins: []Bulletin{{Outcome: outcry.Good}}, Series: quiet}, true},
		{"there are no checks: the door for reports is open", Service{Series: quiet}, false},
	} {
		if got := c.s.unseen(); got != c.unseen {
			t.Errorf("%s: unseen is %v", c.why, got)
		}
	}
}
