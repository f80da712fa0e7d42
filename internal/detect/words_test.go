package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/outcry/outcry"
)

// Each reporter here has a network of their own. Checks have long failed when
// three report in a row: the window that says most is theirs alone.
func TestReportersAndNetworksAreOfTheSameTime(t *testing.T) {
	j, from := smallService(t)
	bad := map[string]bool{"a": true, "b": true}
	seen := map[string]bool{}
	for k := from; k < from+360; k++ {
		tallies := []outcry.Tally{checks("shop", k, bad, "a", "b", "c")}
		if k%60 == 0 || k >= from+330 && k < from+333 {
			tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
		for _, v := range step(t, j, k, tallies...) {
			for _, e := range v.Evidence {
				seen[e.Words] = true
			}
		}
	}
	told := 0
	for words := range seen {
		var people, networks int
		who, whence, ok := strings.Cut(words, ", from ")
		if !ok {
			continue
		}
		if _, err := fmt.Sscanf(who+" "+whence, "%d distinct", &people); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		if _, err := fmt.Sscanf(whence, "%d network", &networks); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		if told++; networks > people {
			t.Errorf("%d people have more networks than they are: %q", people, words)
		}
	}
	if told == 0 {
		t.Errorf("no words of networks at all: %v", seen)
	}
}
