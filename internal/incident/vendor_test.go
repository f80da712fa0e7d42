package incident_test

import (
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
)

func says(service string, at float64, o outcry.Outcome) outcry.Bulletin {
	return outcry.Bulletin{Source: "apple", Service: service, At: minute(at), Outcome: o}
}

// hears gives a stage's ledger a vendor's words at their times, between ticks.
func (s *stage) hears(script []spell, to float64, words ...outcry.Bulletin) {
	s.t.Helper()
	for m := 0.0; m <= to; m += 1.0 / 6 {
		for len(words) > 0 && !words[0].At.After(minute(m)) {
			for _, c := range s.ledger.Hear(minute(m), words[:1]) {
				s.keep(minute(m), c)
			}
			words = words[1:]
		}
		s.tick(minute(m), script)
	}
}

func TestAnIncidentTellsHowLateItsVendorWas(t *testing.T) {
	fault := fails("imessage", 10, 65) // since minute 9
	for _, c := range []struct {
		name, headline string
		timeline       string
		words          []outcry.Bulletin
	}{
		{"its first word came after 51 minutes, and its last when it was over",
			"The vendor's own page first admitted it after 51 minutes of 56, at 22:00 UTC, and said at 22:10 UTC that it was over.",
			"The vendor's own page now admits a fault, 51 minutes after it began.",
			[]outcry.Bulletin{says("imessage", 0, outcry.Good), says("imessage", 60, outcry.Bad), says("imessage", 61, outcry.Bad), says("imessage", 70, outcry.Good)}},
		{"it never said a word", "The vendor's own page never said a word of it.", "",
			[]outcry.Bulletin{says("imessage", 0, outcry.Good), says("facetime", 20, outcry.Bad), says("unheard-of", 20, outcry.Bad)}},
		{"it was first", "The vendor's own page had admitted a fault before it began.", "",
			[]outcry.Bulletin{says("imessage", 0, outcry.Good), says("imessage", 5, outcry.Bad)}},
		{"it said so only when all was over", "The vendor's own page first admitted it after 2 h 1 min, at 23:10 UTC, and said at 23:20 UTC that it was over.", "",
			[]outcry.Bulletin{says("imessage", 0, outcry.Good), says("imessage", 130, outcry.Bad), says("imessage", 140, outcry.Good), says("imessage", 150, outcry.Bad)}},
		{"nobody read it", "", "", nil},
	} {
		s := newStage(t, incident.Policy{})
		s.hears([]spell{fault}, 160, c.words...)
		in := s.stored[s.order[0]]
		if len(s.order) != 1 || in.Open() {
			t.Fatalf("%s: %d incidents, open %t", c.name, len(s.order), in.Open())
		}
		if _, told, _ := strings.Cut(in.Headline, "The vendor"); c.headline != strings.TrimSpace(prefixed(told)) {
			t.Errorf("%s: %q", c.name, in.Headline)
		}
		var quoted []string
		for _, u := range in.Updates {
			if strings.Contains(u.Body, "vendor") {
				quoted = append(quoted, u.Body)
			}
		}
		if strings.Join(quoted, "|") != c.timeline {
			t.Errorf("%s: the timeline has %q", c.name, quoted)
		}
	}
}

func prefixed(s string) string {
	if s == "" {
		return ""
	}
	return "The vendor" + s
}

// A ledger that is made anew is told what was said before; what an incident has
// noted stays.
func TestWordsOfVendorsOutliveARestart(t *testing.T) {
	s := newStage(t, incident.Policy{})
	s.hears([]spell{fails("imessage", 10, 30)}, 20, says("imessage", 0, outcry.Good))
	s.restart()
	s.ledger.Recall([]outcry.Bulletin{says("imessage", 0, outcry.Good)})
	for _, c := range s.ledger.Hear(minute(21), []outcry.Bulletin{says("imessage", 21, outcry.Bad)}) {
		s.keep(minute(21), c)
	}
	s.tick(minute(21), []spell{fails("imessage", 10, 30)})
	in := s.stored[s.order[0]]
	words := in.VendorWords()
	if len(words) != 1 || !words[0].Heard || !words[0].Admitted.Equal(minute(21)) {
		t.Errorf("%+v", words)
	}
}

// Checks know the end sooner than reports, which die down slowly.
func TestTheEndIsWhatChecksSay(t *testing.T) {
	s := newStage(t, incident.Policy{})
	fault := fails("imessage", 10, 65)
	tail := recovers(fault, 75)
	tail.v.Ended = minute(60)
	s.hears([]spell{fault, tail}, 100, says("imessage", 0, outcry.Good), says("imessage", 50, outcry.Bad))
	in := s.stored[s.order[0]]
	if !in.EndedAt.Equal(minute(60)) || !in.Over().Equal(minute(60)) || in.Open() {
		t.Errorf("ended at %s, over at %s", in.EndedAt, in.Over())
	}
	if !strings.Contains(in.Headline, "after 41 minutes of 51") || !strings.Contains(in.Headline, "It was back by 22:00 UTC, after about 51 min") {
		t.Error(in.Headline)
	}
}
