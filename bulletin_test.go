package outcry_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func TestWhatAVendorSaidInSum(t *testing.T) {
	onset := time.Date(2024, 5, 16, 21, 39, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return onset.Add(time.Duration(minutes) * time.Minute) }
	say := func(minutes int, o outcry.Outcome) outcry.Bulletin {
		return outcry.Bulletin{Source: "apple", Service: "imessage", At: at(minutes), Outcome: o}
	}
	for _, c := range []struct {
		says     string
		list     []outcry.Bulletin
		heard    bool
		lag      time.Duration
		admitted bool
		cleared  int // minutes; 0: not
		untrue   int // false all-clears
	}{
		{"first word after 51 minutes, and over a little before we knew",
			[]outcry.Bulletin{say(-500, outcry.Good), say(51, outcry.Bad), say(61, outcry.Good)}, true, 51 * time.Minute, true, 61, 0},
		{"all was well throughout: a miss", []outcry.Bulletin{say(-500, outcry.Good)}, true, 0, false, 0, 0},
		{"the feed was in quarantine: its silence means nothing", []outcry.Bulletin{say(-500, outcry.Unknown)}, false, 0, false, 0, 0},
		{"it was read only after the fault began, and said nothing: no miss", []outcry.Bulletin{say(5, outcry.Good)}, false, 0, false, 0, 0},
		{"it was first", []outcry.Bulletin{say(-500, outcry.Good), say(-8, outcry.Bad)}, true, -8 * time.Minute, true, 0, 0},
		{"a fault of the day before was over before this one", []outcry.Bulletin{say(-900, outcry.Bad), say(-500, outcry.Good)}, true, 0, false, 0, 0},
		{"it said over half an hour too early, and took it back",
			[]outcry.Bulletin{say(-9, outcry.Good), say(10, outcry.Bad), say(30, outcry.Good), say(40, outcry.Bad), say(70, outcry.Good)}, true, 10 * time.Minute, true, 70, 1},
		{"nonsense in between takes nothing back",
			[]outcry.Bulletin{say(-9, outcry.Good), say(10, outcry.Bad), say(20, outcry.Unknown)}, true, 10 * time.Minute, true, 0, 0},
	} {
		in := outcry.Incident{Bulletins: c.list, Onset: outcry.Onset{At: onset}, MonitoringAt: at(65)}
		words := in.VendorWords()
		if len(words) != 1 {
			t.Fatalf("%s: %d sources", c.says, len(words))
		}
		w := words[0]
		lag, known := w.Lag(onset)
		cleared := time.Time{}
		if c.cleared != 0 {
			cleared = at(c.cleared)
		}
		if w.Heard != c.heard || known != c.admitted || lag != c.lag || !w.Cleared.Equal(cleared) || len(w.FalseClears) != c.untrue {
			t.Errorf("%s: %+v, lag %s", c.says, w, lag)
		}
	}
}
