package detect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Looking ahead finds the places of the tick's reports, those of one service
// that is due alone left out, and changes nothing that is judged.
func TestLookingAheadChangesNothing(t *testing.T) {
	start := rested(t)
	a, b := restored(t, start), restored(t, start)
	found := 0
	for i, x := range storm(a.Next(), 300) {
		a.group(x)
		for _, due := range []uint64{0, 1, 0b111} {
			a.ahead.places = a.ahead.places[:0]
			a.ahead.look(a.services, due)
			if n := len(a.ahead.places); due < 2 && n > 0 {
				t.Fatalf("tick %d: found %d places for nobody to wait with", i, n)
			}
		}
		for _, p := range a.ahead.places {
			if p.key.Symptom == "" {
				t.Fatalf("tick %d: a place of no report: %+v", i, p.key)
			}
		}
		found += len(a.ahead.places)
		for _, s := range a.services {
			s.news = s.news[:0] // Step sorts them again
		}
		if d := cmp.Diff(step(t, a, a.Next(), x...), step(t, b, b.Next(), x...)); d != "" {
			t.Fatalf("tick %d: %s", i, d)
		}
	}
	if found < 300 {
		t.Errorf("only %d places were found in 300 ticks", found)
	}
}
