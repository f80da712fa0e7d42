package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const causes = `- data: one
  timestamp: 180
  cause: {'cdn':5, 'p2p':0}
- data: two
  timestamp: 180
  cause: [{'cdn':5}, {'cdn':3}]
`

func folder(t *testing.T, rows string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"anomaly.yaml": causes, "one.csv": rows, "two.csv": rows} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	fs, err := load(folder(t, "\ufeffmin,cdn,p2p,value,cnt\n60,5,0,1,10\n120,5,0,2,20\n180,5,0,9,10\n180,5,0,1,10\n240,5,0,7,7\n180,3,1,0,4\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := fs[0]
	want := []cell{
		{at: []string{"5", "0"}, now: tally{10, 20}, before: []tally{{1, 10}, {2, 20}}},
		{at: []string{"3", "1"}, now: tally{0, 4}, before: []tally{{}, {}}},
	}
	if d := cmp.Diff(want, f.cells, cmp.AllowUnexported(cell{}, tally{})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]bool{"cdn=5&p2p=0": true}, f.truth); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]bool{"cdn=5": true, "cdn=3": true}, fs[1].truth); d != "" {
		t.Error(d)
	}
}

func TestLoadRefuses(t *testing.T) {
	cases := map[string]string{
		"an empty file":               "",
		"a file without counts":       "min,cdn,p2p\n60,5,0\n",
		"a file without attributes":   "min,value,cnt\n60,5,0\n",
		"a count that is not one":     "min,cdn,value,cnt\n60,5,x,1\n",
		"a count below nothing":       "min,cdn,value,cnt\n60,5,-1,1\n",
		"a count that is no number":   "min,cdn,value,cnt\n60,5,NaN,1\n",
		"a row with a column too few": "min,cdn,value,cnt\n60,5,1\n",
	}
	for name, rows := range cases {
		if _, err := load(folder(t, rows)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestElementsAreTheProductOfSets(t *testing.T) {
	f := &failure{attributes: []string{"cdn", "p2p", "isp"}}
	got := f.elements([][]string{{"3", "5"}, {"0"}, nil})
	if d := cmp.Diff([]string{"cdn=3&p2p=0", "cdn=5&p2p=0"}, got); d != "" {
		t.Error(d)
	}
	if got := f.elements(make([][]string, 3)); got != nil {
		t.Errorf("nothing confined has the elements %q", got)
	}
}

func TestUsualIsOfTheCalmerHalf(t *testing.T) {
	f := &failure{minutes: 4, cells: []cell{{before: []tally{{100, 1000}, {900, 1000}, {100, 1000}, {800, 1000}}}}}
	if got := f.usual(true)[0].rate; got < 0.099 || got > 0.101 {
		t.Errorf("%g of the calmer half fail, not 0.1", got)
	}
	if got := f.usual(false)[0].rate; got < 0.474 || got > 0.476 {
		t.Errorf("%g of all fail, not 0.475", got)
	}
}

func TestScore(t *testing.T) {
	f := &failure{truth: map[string]bool{"a=1": true, "a=2": true}}
	cases := []struct {
		name  string
		found []string
		want  score
	}{
		{"all of it is exact", []string{"a=1", "a=2"}, score{right: 2, exact: 1, cases: 1}},
		{"half of it is missed", []string{"a=1"}, score{right: 1, missed: 1, cases: 1}},
		{"something else is wrong and all missed", []string{"b=1"}, score{wrong: 1, missed: 2, cases: 1}},
		{"nothing is all missed", nil, score{missed: 2, cases: 1}},
	}
	for _, c := range cases {
		if d := cmp.Diff(c.want, f.score(c.found), cmp.AllowUnexported(score{})); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
}

// A setting is chosen on the other folds: a case that only its own label would
// have chosen the setting for is not found.
func TestNoCaseChoosesItsOwnSetting(t *testing.T) {
	good, bad := score{right: 1, exact: 1, cases: 1}, score{wrong: 1, missed: 1, cases: 1}
	o := &outcome{method: adtributor{}, scores: [][]score{{good, good, good, bad}, {bad, bad, bad, good}}}
	sum, used := o.validate(4, 1)
	if sum.exact != 3 {
		t.Errorf("%d of 4 exact, by settings %v", sum.exact, used)
	}
}

func TestGeneratedFailuresRepeat(t *testing.T) {
	for depth := range 4 {
		f, again := generate(sizes()[0], depth, 7), generate(sizes()[0], depth, 7)
		if d := cmp.Diff(f, again, cmp.AllowUnexported(failure{}, cell{}, tally{})); d != "" {
			t.Fatal(d)
		}
		if len(f.cells) != 96 || (len(f.truth) == 0) != (depth == 0) {
			t.Errorf("depth %d: %d cells, cause %v", depth, len(f.cells), f.truth)
		}
		for e := range f.truth {
			if n := strings.Count(e, "="); n != depth {
				t.Errorf("depth %d: %q", depth, e)
			}
		}
	}
}

// The goal, on the cases if they are here.
func TestGoalOnRealFailures(t *testing.T) {
	dir := "../../../shared/data/rs"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the cases are not here: %v", err)
	}
	fs, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	o, err := try(ours{}, fs)
	if err != nil {
		t.Fatal(err)
	}
	if s := o.summarise(5, 50); mean(s.f1) < 0.75 {
		t.Errorf("F1 %.3f by cross-validation, at least 0.75 is the goal", mean(s.f1))
	}
}
