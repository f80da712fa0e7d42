package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// size of a generated failure: the values of each attribute, and the attempts
// a minute.
type size struct {
	name     string
	widths   []int
	attempts float64
}

func sizes() []size {
	return []size{
		{"small: 96 cells, 5,000 attempts a minute", []int{6, 4, 4}, 5e3},
		{"medium: 960 cells, 50,000 attempts", []int{8, 6, 5, 4}, 5e4},
		{"large: 4,800 cells, 500,000 attempts", []int{12, 10, 8, 5}, 5e5},
	}
}

// The generated failures' habits.
const (
	minutesBefore = 10
	leastExtra    = 40 // failures that a cause must bring to be told from chance
	rateSpread    = 0.3
	hitSpread     = 0.5
)

// generate draws a failure of a known cause: depth attributes confined, one of
// them at times to two values, none if depth is nil. Attempts fall off from
// value to value as in life, cells have rates of failure of their own around
// 2%, minutes shake all of them, and of what a cause touches between a tenth
// and a half of the attempts fail, in some cells more than in others.
func generate(z size, depth int, seed uint64) *failure {
	rng := rand.New(rand.NewPCG(seed, uint64(depth))) //nolint:gosec // must repeat, needs no secrecy
	for {
		f := &failure{name: fmt.Sprintf("%s, %d attributes, %d", z.name, depth, seed), minutes: minutesBefore, truth: map[string]bool{}}
		sets := cause(z, depth, rng)
		if extra := f.draw(z, sets, rng); depth > 0 && extra < leastExtra {
			continue
		}
		for _, e := range f.elements(sets) {
			f.truth[e] = true
		}
		return f
	}
}

func cause(z size, depth int, rng *rand.Rand) [][]string {
	sets := make([][]string, len(z.widths))
	for i, a := range rng.Perm(len(z.widths))[:depth] {
		n := 1
		if i == 0 && rng.Float64() < 0.3 {
			n = 2
		}
		for _, v := range rng.Perm(z.widths[a])[:n] {
			sets[a] = append(sets[a], value(v))
		}
		slices.Sort(sets[a])
	}
	return sets
}

func value(v int) string { return string(rune('a' + v)) }

// draw fills the cells and gives the failures that the cause is to bring.
func (f *failure) draw(z size, sets [][]string, rng *rand.Rand) (extra float64) {
	for a := range z.widths {
		f.attributes = append(f.attributes, string(rune('A'+a)))
	}
	shake := make([]float64, minutesBefore+1)
	for m := range shake {
		shake[m] = math.Exp(0.1 * rng.NormFloat64())
	}
	hit := 0.1 + 0.4*rng.Float64()
	if extent(sets) == 0 {
		hit /= 5 // everywhere, and so easy to see
	}
	shares := spreadShares(z.widths, rng)
	for at := range positions(z.widths) {
		c := cell{at: make([]string, len(at)), before: make([]tally, minutesBefore)}
		attempts, inside := z.attempts, true
		for a, v := range at {
			c.at[a] = value(v)
			attempts *= shares[a][v]
			inside = inside && (sets[a] == nil || slices.Contains(sets[a], value(v)))
		}
		rate := min(0.02*math.Exp(rateSpread*rng.NormFloat64()), 0.2)
		for m := range c.before {
			c.before[m] = attempt(attempts, rate*shake[m], rng)
		}
		rate *= shake[minutesBefore]
		if inside {
			more := min(hit*math.Exp(hitSpread*rng.NormFloat64()), 0.9)
			extra += attempts * more
			rate += (1 - rate) * more
		}
		c.now = attempt(attempts, rate, rng)
		f.cells = append(f.cells, c)
	}
	return extra
}

func extent(sets [][]string) (n int) {
	for _, s := range sets {
		n += len(s)
	}
	return n
}

// spreadShares gives each attribute's values shares that fall off as 1/rank, in
// an order of their own.
func spreadShares(widths []int, rng *rand.Rand) [][]float64 {
	var out [][]float64
	for _, w := range widths {
		shares, sum := make([]float64, w), 0.0
		for i, v := range rng.Perm(w) {
			shares[v] = 1 / float64(i+1)
			sum += shares[v]
		}
		for v := range shares {
			shares[v] /= sum
		}
		out = append(out, shares)
	}
	return out
}

// positions yields every combination of values.
func positions(widths []int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		at := make([]int, len(widths))
		for {
			if !yield(at) {
				return
			}
			a := len(at) - 1
			for ; a >= 0 && at[a] == widths[a]-1; a-- {
				at[a] = 0
			}
			if a < 0 {
				return
			}
			at[a]++
		}
	}
}

// attempt draws attempts and their failures.
func attempt(attempts, rate float64, rng *rand.Rand) tally {
	n := poisson(attempts, rng)
	return tally{min(poisson(n*rate, rng), n), n}
}

// poisson draws by multiplication below thirty and by its normal limit above.
func poisson(m float64, rng *rand.Rand) float64 {
	if m > 30 {
		return max(math.Round(m+math.Sqrt(m)*rng.NormFloat64()), 0)
	}
	n, p := 0.0, rng.Float64()
	for limit := math.Exp(-m); p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}
