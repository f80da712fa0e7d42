package scan

import "math"

// ascend improves one attribute's set at a time, given the others, until no
// change helps: from each value with everything of the other attributes, and
// from each with the value that is best beside it.
func (k *cuboid) ascend(sums []float64, p prices) claim {
	best := claim{attributes: k.attributes, score: math.Inf(-1)}
	try := func(sets [][]bool) {
		if c := k.climb(sums, p, sets); c.score > best.score {
			best = c
		}
	}
	for j := range k.sizes {
		lead := k.leading(sums, p, j)
		for v, named := range p.named[k.attributes[j]] {
			if !named {
				continue
			}
			sets := k.everything(p)
			clear(sets[j])
			sets[j][v] = true
			try(sets)
			if lead[v] >= 0 {
				try(k.single(lead[v]))
			}
		}
	}
	return best
}

func (k *cuboid) climb(sums []float64, p prices, sets [][]bool) claim {
	score := math.Inf(-1)
	for stuck := 0; stuck < len(sets); {
		for j, a := range k.attributes {
			total, set := p.choose(a, k.given(sums, sets, j))
			total -= p.others(k.attributes, sets, j)
			if total <= score+1e-9 {
				stuck++
				continue
			}
			score, sets[j], stuck = total, set, 0
		}
	}
	return claim{attributes: k.attributes, sets: sets, score: score}
}

// given is the votes by value of attribute j within the sets of the others.
func (k *cuboid) given(sums []float64, sets [][]bool, j int) []float64 {
	out := make([]float64, k.sizes[j])
	for g, at := range k.at {
		in := true
		for i, v := range at {
			in = in && (i == j || sets[i][v])
		}
		if in {
			out[at[j]] += sums[g]
		}
	}
	return out
}

// others is the price of all sets but the one of attribute j.
func (p prices) others(attributes []int, sets [][]bool, j int) (sum float64) {
	for i, a := range attributes {
		n := 0
		for _, in := range sets[i] {
			if in {
				n++
			}
		}
		if i != j {
			sum += p.first[a] + p.more[a]*float64(n-1)
		}
	}
	return sum
}

// leading gives, for each value of attribute j, the group with most votes of
// those that may be named; −1 where there is none.
func (k *cuboid) leading(sums []float64, p prices, j int) []int {
	out := make([]int, k.sizes[j])
	for v := range out {
		out[v] = -1
	}
	for g, at := range k.at {
		named := true
		for i, a := range k.attributes {
			named = named && p.named[a][at[i]]
		}
		if best := out[at[j]]; named && (best < 0 || sums[g] > sums[best]) {
			out[at[j]] = g
		}
	}
	return out
}

func (k *cuboid) single(g int) [][]bool {
	sets := make([][]bool, len(k.sizes))
	for j, n := range k.sizes {
		sets[j] = make([]bool, n)
		sets[j][k.at[g][j]] = true
	}
	return sets
}

func (k *cuboid) everything(p prices) [][]bool {
	sets := make([][]bool, len(k.sizes))
	for j, a := range k.attributes {
		sets[j] = append([]bool(nil), p.named[a]...)
	}
	return sets
}
