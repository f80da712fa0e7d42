package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// report is the page that is printed, and written if asked for.
type report struct {
	strings.Builder
	folds, repeats, drawn int
}

func (r *report) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

func (r *report) real(fs []*failure, outcomes []*outcome) {
	r.line("## Real failures: %d cases\n", len(fs))
	r.line("%d-fold cross-validation, over %d ways to cut the cases into folds: the setting of each method is chosen", r.folds, r.repeats)
	r.line("on the cases outside the fold. F1 counts elements (conjunctions of single values) named rightly,")
	r.line("wrongly and not at all; a case is exact if all of its elements are named and no others.\n")
	r.line("| method | F1, mean | of all cuts, lowest and highest | cases exact, mean | F1 at the setting best on all |\n| --- | --- | --- | --- | --- |")
	for _, o := range outcomes {
		s := o.summarise(r.folds, r.repeats)
		r.line("| %s | %.3f | %.3f–%.3f | %.1f of %d | %.3f |", o.method.name(), mean(s.f1), s.f1[0], s.f1[len(s.f1)-1],
			mean(s.exact), len(fs), o.total(o.best(everyCase), everyCase).f1())
	}
	r.line("\nHow much hangs on the setting, over all cases:\n")
	r.line("| %s | F1 | cases exact |\n| --- | --- | --- |", outcomes[0].method.name())
	for setting := range outcomes[0].scores {
		t := outcomes[0].total(setting, everyCase)
		r.line("| %s | %.3f | %d |", outcomes[0].method.describe(setting), t.f1(), t.exact)
	}
}

// listing has every case, as found in the first cross-validation.
func (r *report) listing(fs []*failure, outcomes []*outcome) {
	r.line("\n### Case by case\n\nAs found in the first of the cuts. An empty cell: as the label has it; ∅: not confined.\n")
	head, rule := "| case | label |", "| --- | --- |"
	used := make([][]int, len(outcomes))
	for k, o := range outcomes {
		head, rule = head+" "+o.method.name()+" |", rule+" --- |"
		_, used[k] = o.validate(r.folds, 0)
	}
	r.line("%s\n%s", head, rule)
	for i, f := range fs {
		var label []string
		for e := range f.truth {
			label = append(label, e)
		}
		row := fmt.Sprintf("| %s | %s |", f.name, written(label))
		for k, o := range outcomes {
			setting := used[k][i]
			if o.scores[setting][i].exact == 1 {
				row += " |"
			} else {
				row += " " + written(o.found[setting][i]) + " |"
			}
		}
		r.line("%s", row)
	}
}

func written(elements []string) string {
	if len(elements) == 0 {
		return "∅"
	}
	elements = slices.Sorted(slices.Values(elements))
	return strings.Join(elements, "; ")
}

// generated runs every method, at the setting best on the real cases, on
// failures whose cause is known.
func (r *report) generated(outcomes []*outcome) error {
	r.line("\n## Generated failures: causes known\n")
	r.line("%d of each size and depth; settings are those best on the real cases. A cause of no attributes reaches", r.drawn)
	r.line("everywhere, and must be said to. Shares of cases exact:\n")
	head, rule := "| size | attributes |", "| --- | --- |"
	for _, o := range outcomes {
		head, rule = head+" "+o.method.name()+" |", rule+" --- |"
	}
	r.line("%s\n%s", head, rule)
	spent := make([]time.Duration, len(outcomes))
	f1 := make([]score, len(outcomes))
	for _, z := range sizes() {
		for depth := range 4 {
			row := fmt.Sprintf("| %s | %d |", z.name, depth)
			fs := make([]*failure, r.drawn)
			for seed := range fs {
				fs[seed] = generate(z, depth, uint64(seed)) //nolint:gosec // small and positive
			}
			for k, o := range outcomes {
				start := time.Now()
				sum, err := o.run(fs)
				if err != nil {
					return err
				}
				spent[k] += time.Since(start)
				f1[k] = f1[k].plus(sum)
				row += fmt.Sprintf(" %.2f |", float64(sum.exact)/float64(sum.cases))
			}
			r.line("%s", row)
		}
	}
	row := "| all: F1 | |"
	for _, s := range f1 {
		row += fmt.Sprintf(" %.3f |", s.f1())
	}
	r.line("%s", row)
	row = "| all: time for a case | |"
	for k, d := range spent {
		row += fmt.Sprintf(" %.1f ms |", d.Seconds()*1e3/float64(f1[k].cases))
	}
	r.line("%s", row)
	return nil
}

func (o *outcome) run(fs []*failure) (sum score, err error) {
	setting := o.best(everyCase)
	for _, f := range fs {
		found, err := o.method.locate(f, setting)
		if err != nil {
			return sum, fmt.Errorf("%s on generated failures: %w", o.method.name(), err)
		}
		sum = sum.plus(f.score(found))
	}
	return sum, nil
}
