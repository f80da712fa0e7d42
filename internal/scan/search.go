package scan

import (
	"math"
	"math/bits"
	"slices"
)

// maxTrials bounds the sums that an exact search may take.
const maxTrials = 1 << 18

// cuboid is the cube summed by the values of some attributes.
type cuboid struct {
	attributes []int // the one with most values is last
	sizes      []int
	of         []int   // by cell: its group
	at         [][]int // by group: the value of each attribute
}

func (q *cube) cuboid(attributes []int) *cuboid {
	k := &cuboid{attributes: slices.Clone(attributes), of: make([]int, len(q.cells))}
	slices.SortStableFunc(k.attributes, func(x, y int) int { return len(q.values[x]) - len(q.values[y]) })
	for _, a := range k.attributes {
		k.sizes = append(k.sizes, len(q.values[a]))
	}
	groups := map[[3]int]int{}
	for i := range q.cells {
		var key [3]int
		for j, a := range k.attributes {
			key[j%3] = key[j%3]*k.sizes[j] + q.at[a][i]
		}
		g, known := groups[key]
		if !known {
			g = len(k.at)
			groups[key], k.at = g, append(k.at, q.coordinates(i, k.attributes))
		}
		k.of[i] = g
	}
	return k
}

func (q *cube) coordinates(cell int, attributes []int) []int {
	at := make([]int, len(attributes))
	for j, a := range attributes {
		at[j] = q.at[a][cell]
	}
	return at
}

// search gives the claim with the most votes after its price, if it can beat
// bar at all.
func (k *cuboid) search(votes []float64, p prices, bar float64) (claim, bool) {
	sums := make([]float64, len(k.at))
	for i, v := range votes {
		sums[k.of[i]] += v
	}
	most := -k.cheapest(p)
	for _, s := range sums {
		most += max(s, 0)
	}
	if most <= bar {
		return claim{}, false
	}
	width := 0
	for _, n := range k.sizes[:len(k.sizes)-1] {
		width += n
	}
	var c claim
	if width < 16 && len(k.at)<<width <= maxTrials {
		c = k.exhaust(sums, p, width)
	} else {
		c = k.ascend(sums, p)
	}
	return c, c.score > bar
}

func (k *cuboid) cheapest(p prices) (sum float64) {
	for _, a := range k.attributes {
		sum += p.first[a]
	}
	return sum
}

// exhaust tries every set of values of all attributes but the last, each with
// the best set of the last. The sets are the bits of a number.
func (k *cuboid) exhaust(sums []float64, p prices, width int) claim {
	masks := make([]uint, len(k.at))
	for g, at := range k.at {
		masks[g] = k.mask(at)
	}
	best := claim{attributes: k.attributes, score: math.Inf(-1)}
	last := len(k.sizes) - 1
	byValue := make([]float64, k.sizes[last])
	for trial := range uint(1) << width {
		price, ok := k.price(trial, p)
		if !ok {
			continue
		}
		clear(byValue)
		for g, m := range masks {
			if m&trial == m {
				byValue[k.at[g][last]] += sums[g]
			}
		}
		total, _ := p.total(k.attributes[last], byValue)
		if score := total - price; score > best.score {
			_, set := p.choose(k.attributes[last], byValue)
			best.score, best.sets = score, append(k.sets(trial), set)
		}
	}
	return best
}

// mask has one bit for the value of each attribute but the last.
func (k *cuboid) mask(at []int) (m uint) {
	for j, shift := 0, 0; j < len(k.sizes)-1; j++ {
		m |= 1 << (shift + at[j])
		shift += k.sizes[j]
	}
	return m
}

// price of the sets in a trial; not ok if one is empty or may not be named.
func (k *cuboid) price(trial uint, p prices) (sum float64, ok bool) {
	for j, n := range k.sizes[:len(k.sizes)-1] {
		a, set := k.attributes[j], trial&(1<<n-1)
		trial >>= n
		if set == 0 {
			return 0, false
		}
		sum += p.first[a] + p.more[a]*float64(bits.OnesCount(set)-1)
		for v, named := range p.named[a] {
			if !named && set>>v&1 == 1 {
				return 0, false
			}
		}
	}
	return sum, true
}

func (k *cuboid) sets(trial uint) [][]bool {
	var out [][]bool
	for _, n := range k.sizes[:len(k.sizes)-1] {
		set := make([]bool, n)
		for v := range set {
			set[v] = trial>>v&1 == 1
		}
		out = append(out, set)
		trial >>= n
	}
	return out
}

// total is the votes of the best set of one attribute's values, less their
// price, and the value that leads it: −1 if none may be named.
func (p prices) total(attribute int, votes []float64) (sum float64, lead int) {
	lead = -1
	for v, n := range votes {
		if p.named[attribute][v] && (lead < 0 || n > votes[lead]) {
			lead = v
		}
	}
	if lead < 0 {
		return math.Inf(-1), lead
	}
	sum = votes[lead] - p.first[attribute]
	for v, n := range votes {
		if v != lead && p.named[attribute][v] {
			sum += max(n-p.more[attribute], 0)
		}
	}
	return sum, lead
}

// choose gives that set: the lead and every other value worth its price.
func (p prices) choose(attribute int, votes []float64) (float64, []bool) {
	sum, lead := p.total(attribute, votes)
	set := make([]bool, len(votes))
	for v, n := range votes {
		set[v] = v == lead || p.named[attribute][v] && n > p.more[attribute]
	}
	return sum, set
}
