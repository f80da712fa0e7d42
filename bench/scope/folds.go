package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// score counts elements found, found wrongly and missed, and the cases that
// are right as a whole.
type score struct{ right, wrong, missed, exact, cases int }

func (s score) plus(o score) score {
	return score{s.right + o.right, s.wrong + o.wrong, s.missed + o.missed, s.exact + o.exact, s.cases + o.cases}
}

func (s score) f1() float64 {
	return 2 * float64(s.right) / max(float64(2*s.right+s.wrong+s.missed), 1)
}

func (f *failure) score(found []string) score {
	s := score{cases: 1, missed: len(f.truth)}
	for _, e := range found {
		if f.truth[e] {
			s.right++
			s.missed--
		} else {
			s.wrong++
		}
	}
	if s.wrong == 0 && s.missed == 0 {
		s.exact = 1
	}
	return s
}

// outcome is what a method found, by setting and case.
type outcome struct {
	method method
	found  [][][]string
	scores [][]score
}

func try(m method, fs []*failure) (*outcome, error) {
	o := &outcome{method: m}
	for setting := range m.settings() {
		var found [][]string
		var scores []score
		for _, f := range fs {
			e, err := m.locate(f, setting)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name(), err)
			}
			found, scores = append(found, e), append(scores, f.score(e))
		}
		o.found, o.scores = append(o.found, found), append(o.scores, scores)
	}
	return o, nil
}

// total is a setting's score over some of the cases.
func (o *outcome) total(setting int, use func(i int) bool) (sum score) {
	for i, s := range o.scores[setting] {
		if use(i) {
			sum = sum.plus(s)
		}
	}
	return sum
}

// best is the setting to use, going by some of the cases. Where settings are
// steps on one scale, each is judged with its neighbours: a step that is good by
// itself only is good by chance.
func (o *outcome) best(use func(i int) bool) int {
	f1 := make([]float64, len(o.scores))
	for setting := range f1 {
		f1[setting] = o.total(setting, use).f1()
	}
	best, most := 0, -1.0
	for setting := range f1 {
		near := f1[setting : setting+1]
		if o.method.ordered() {
			near = f1[max(setting-1, 0):min(setting+2, len(f1))]
		}
		if m := mean(near); m > most+1e-12 {
			best, most = setting, m
		}
	}
	return best
}

// everyCase uses them all.
func everyCase(int) bool { return true }

// validate cuts the cases into folds at random and scores each fold by the
// setting that is best on the others. It gives the sum and the setting by case.
func (o *outcome) validate(folds int, seed uint64) (score, []int) {
	n := len(o.scores[0])
	fold := make([]int, n)
	for i, j := range rand.New(rand.NewPCG(seed, 3)).Perm(n) { //nolint:gosec // must repeat, needs no secrecy
		fold[j] = i % folds
	}
	var sum score
	used := make([]int, n)
	for k := range folds {
		setting := o.best(func(i int) bool { return fold[i] != k })
		for i := range n {
			if fold[i] == k {
				sum, used[i] = sum.plus(o.scores[setting][i]), setting
			}
		}
	}
	return sum, used
}

// summary is a method's cross-validation over many ways to cut the cases.
type summary struct{ f1, exact []float64 } // sorted

func (o *outcome) summarise(folds, repeats int) summary {
	var s summary
	for seed := range repeats {
		sum, _ := o.validate(folds, uint64(seed)) //nolint:gosec // small and positive
		s.f1, s.exact = append(s.f1, sum.f1()), append(s.exact, float64(sum.exact))
	}
	slices.Sort(s.f1)
	slices.Sort(s.exact)
	return s
}

func mean(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x / float64(len(xs))
	}
	return sum
}
