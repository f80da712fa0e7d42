package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// robustspot mines rules from the leaves that moved. It follows RobustSpot,
// made for these data, as re-implemented in github.com/shaido987/riskloc
// (algorithms/robustspot), with a fixed threshold on the influence degree for
// its search for a knee: leaves are weighted by how far their rate moved beside
// the others' (influence degree) and by what that did to the whole (contribution
// ability); the commonest value of each attribute among them, and the
// conjunctions of these in which one part implies the rest with confidence, are
// ranked by how much commoner they are among the leaves that moved than among
// all. The best is taken out and the rest mined again, for a cause of the same
// attributes with other values.
type robustspot struct{}

func (robustspot) name() string { return "RobustSpot-style" }

func (robustspot) settings() int { return 24 }

func (robustspot) ordered() bool { return false }

func (robustspot) thresholds(setting int) (degree, confidence float64, calm bool) {
	return []float64{0.5, 0.8, 0.9, 0.95}[setting%4], []float64{0.6, 0.8, 0.9}[setting/4%3], setting >= 12
}

func (r robustspot) describe(setting int) string {
	degree, confidence, calm := r.thresholds(setting)
	return fmt.Sprintf("degree %g, confidence %g; %s", degree, confidence, minutesUsed(calm))
}

// leaf is a cell with what was to be expected of it.
type leaf struct {
	at              []string
	now, expected   tally
	degree, ability float64
}

func (l leaf) moved(degree float64) bool { return l.degree > degree && l.ability > 0 }

// claim is a conjunction of single values; "" where there is none.
type claim []string

func (c claim) holds(at []string) bool {
	for i, v := range c {
		if v != "" && v != at[i] {
			return false
		}
	}
	return true
}

// pick is the part of a claim whose attributes have their bit set.
func (c claim) pick(bits int) claim {
	out := make(claim, len(c))
	for d := range c {
		if bits>>d&1 == 1 {
			out[d] = c[d]
		}
	}
	return out
}

func (c claim) size() (n int) {
	for _, v := range c {
		if v != "" {
			n++
		}
	}
	return n
}

// implied reports whether some part of a conjunction implies the rest.
func (c claim) implied(leaves []leaf, confidence float64) bool {
	whole := weight(leaves, c)
	for bits := 1; bits < 1<<len(c)-1; bits++ {
		part := c.pick(bits)
		if n := part.size(); n > 0 && n < c.size() && whole > confidence*weight(leaves, part) {
			return true
		}
	}
	return false
}

// sibling reports whether two claims name the same attributes and not the same
// values.
func (c claim) sibling(o claim) bool {
	for i := range c {
		if (c[i] == "") != (o[i] == "") {
			return false
		}
	}
	return !slices.Equal(c, o)
}

func (r robustspot) locate(f *failure, setting int) ([]string, error) {
	degree, confidence, calm := r.thresholds(setting)
	before := f.usual(calm)
	var leaves []leaf
	for i, c := range f.cells {
		if c.now.all > 0 {
			leaves = append(leaves, leaf{at: c.at, now: c.now, expected: tally{c.now.all * before[i].rate, c.now.all}})
		}
	}
	rank(leaves)
	rest, best := slices.Clone(leaves), []claim(nil)
	for range 3 {
		next := mine(rest, degree, confidence)
		if next == nil || len(best) > 0 && !best[0].sibling(next) {
			break
		}
		together := append(slices.Clone(best), next)
		if len(best) > 0 && delta(leaves, together, degree) <= delta(leaves, best, degree) {
			break
		}
		best = together
		rest = slices.DeleteFunc(rest, func(l leaf) bool { return next.holds(l.at) })
		rank(rest)
	}
	return f.claims(best), nil
}

func (f *failure) claims(cs []claim) []string {
	var out []string
	for _, c := range cs {
		sets := make([][]string, len(c))
		for i, v := range c {
			if v != "" {
				sets[i] = []string{v}
			}
		}
		out = append(out, f.elements(sets)...)
	}
	return out
}

// rank gives every leaf its influence degree and contribution ability.
func rank(leaves []leaf) {
	var moved float64
	var expected tally
	for _, l := range leaves {
		moved += l.now.rate() - l.expected.rate()
		expected = expected.plus(l.expected)
	}
	for i, l := range leaves {
		own := l.now.rate() - l.expected.rate()
		others := (moved - own) / max(float64(len(leaves)-1), 1)
		leaves[i].degree = 1 - 1/(math.Abs(own/others)+1)
		with := tally{expected.failed - l.expected.failed + l.now.failed, expected.all - l.expected.all + l.now.all}
		leaves[i].ability = with.rate()/max(expected.rate(), 1e-9) - 1
	}
}

// mine gives the best conjunction of the commonest values among the leaves
// that moved; nil when none did.
func mine(leaves []leaf, degree, confidence float64) claim {
	var moved []leaf
	for _, l := range leaves {
		if l.moved(degree) {
			moved = append(moved, l)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	var common, best claim
	for d := range moved[0].at {
		common = append(common, commonest(moved, d))
	}
	most := math.Inf(-1)
	for bits := 1; bits < 1<<len(common); bits++ {
		c := common.pick(bits)
		if n := c.size(); n > 3 || n > 1 && !c.implied(moved, confidence) {
			continue
		}
		if s := delta(leaves, []claim{c}, degree); s > most+1e-12 {
			best, most = c, s
		}
	}
	return best
}

// weight of the leaves in which a conjunction holds.
func weight(leaves []leaf, c claim) (sum float64) {
	for _, l := range leaves {
		if c.holds(l.at) {
			sum += l.degree * l.ability
		}
	}
	return sum
}

func commonest(leaves []leaf, d int) string {
	by := map[string]float64{}
	for _, l := range leaves {
		by[l.at[d]] += l.degree * l.ability
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(by)), func(x, y string) int { return cmp.Compare(by[x], by[y]) })
}

// delta is how much commoner claims are among the leaves that moved than among
// all of them.
func delta(leaves []leaf, cs []claim, degree float64) float64 {
	var in, inMoved, moved float64
	for _, l := range leaves {
		holds := slices.ContainsFunc(cs, func(c claim) bool { return c.holds(l.at) })
		if holds {
			in++
		}
		if l.moved(degree) {
			moved++
			if holds {
				inMoved++
			}
		}
	}
	return inMoved/max(moved, 1) - in/max(float64(len(leaves)), 1)
}
