package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// adtributor finds values of one attribute (Bhagwan and others, Adtributor:
// revenue debugging in advertising systems, NSDI 2014): of each attribute the
// values with most surprise (the Jensen–Shannon divergence of their share) that
// explain some of the change each, until they explain most of it; and of the
// attributes the one with most surprise.
type adtributor struct{}

func (adtributor) name() string { return "Adtributor-style" }

func (adtributor) settings() int { return 18 }

func (adtributor) ordered() bool { return false }

func (adtributor) thresholds(setting int) (each, all float64, calm bool) {
	return []float64{0.05, 0.1, 0.2}[setting%3], []float64{0.5, 0.67, 0.9}[setting/3%3], setting >= 9
}

func (a adtributor) describe(setting int) string {
	each, all, calm := a.thresholds(setting)
	return fmt.Sprintf("each value explains %g, all %g; %s", each, all, minutesUsed(calm))
}

func minutesUsed(calm bool) string {
	if calm {
		return "calmer half of the minutes"
	}
	return "all minutes"
}

type suspect struct {
	value              string
	explains, surprise float64
}

func (a adtributor) locate(f *failure, setting int) ([]string, error) {
	each, all, calm := a.thresholds(setting)
	before := f.usual(calm)
	sets := make([][]string, len(f.attributes))
	most := math.Inf(-1)
	for d := range f.attributes {
		var surprise, explained float64
		var values []string
		for _, s := range f.suspects(d, before) {
			if explained <= all && s.explains > each {
				values = append(values, s.value)
				explained += s.explains
				surprise += s.surprise
			}
		}
		if explained > all && surprise > most {
			clear(sets)
			most, sets[d] = surprise, values
		}
	}
	return f.elements(sets), nil
}

// suspects are the values of an attribute, the most surprising first.
func (f *failure) suspects(d int, before []usual) []suspect {
	type pair struct{ real, expected float64 }
	by := map[string]pair{}
	var whole pair
	for i, c := range f.cells {
		p, expected := by[c.at[d]], c.now.all*before[i].rate
		by[c.at[d]] = pair{p.real + c.now.failed, p.expected + expected}
		whole = pair{whole.real + c.now.failed, whole.expected + expected}
	}
	var out []suspect
	for v, p := range by {
		was, is := p.expected/max(whole.expected, 1e-9), p.real/max(whole.real, 1e-9)
		out = append(out, suspect{v, (p.real - p.expected) / (whole.real - whole.expected), divergence(was, is)})
	}
	slices.SortFunc(out, func(x, y suspect) int {
		return cmp.Or(cmp.Compare(y.surprise, x.surprise), cmp.Compare(x.value, y.value))
	})
	return out
}

// divergence is one value's part of the Jensen–Shannon divergence.
func divergence(p, q float64) float64 {
	half := func(x float64) float64 {
		if x <= 0 {
			return 0
		}
		return x * math.Log(2*x/(p+q)) / 2
	}
	return half(p) + half(q)
}
