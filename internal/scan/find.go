package scan

import (
	"fmt"
	"math"
)

// Options are what a confinement costs.
type Options struct {
	// Attributes is how many a cause may name at most. None means three.
	Attributes int
	// Condition is the price in nats of each attribute that is named, beside
	// the ln n of its values.
	Condition float64
	// ConditionShare and ValueShare are the shares of the evidence that each
	// attribute, and each value of it beyond the first, must bring.
	ConditionShare, ValueShare float64
	// Nameable says which values may be named; nil means all.
	Nameable func(attribute int, value string) bool
}

// Cause is where a fault is.
type Cause struct {
	// Sets has, for each attribute, the values that the fault is confined to,
	// sorted; nil where it is not confined.
	Sets [][]string
	// Score is F(S) − F(Sᶜ) less the price, in nats.
	Score float64
	// Count and Expect are the sums over the cells of the cause.
	Count, Expect float64
}

// Confined reports whether the fault is somewhere rather than everywhere.
func (c Cause) Confined() bool {
	for _, s := range c.Sets {
		if s != nil {
			return true
		}
	}
	return false
}

// Find gives the best cause. Cells that cannot be are an error: negative or
// endless numbers, or not all with the same attributes.
func Find(cells []Cell, o Options) (Cause, error) {
	q, err := newCube(cells)
	if err != nil {
		return Cause{}, fmt.Errorf("reading the cube: %w", err)
	}
	if o.Attributes <= 0 {
		o.Attributes = 3
	}
	b := q.votes()
	c := contest{q: q, b: b, o: o, everywhere: b.evidence(func(int) bool { return true })}
	best := c.run(newPrices(q, o, 0), claim{score: math.Inf(-1)}, 0)
	if best.attributes == nil {
		best.score = c.everywhere
		return q.cause(best), nil
	}
	evidence := best.score
	best.score -= o.shares(best) * evidence
	best = c.run(newPrices(q, o, evidence), best, evidence)
	return q.cause(best), nil
}

// contest is between the conjunctions of a cube.
type contest struct {
	q          *cube
	b          ballot
	o          Options
	everywhere float64 // the score of not being confined
}

// run gives the best claim that beats everywhere before its shares of the
// evidence, or the one that was best before.
func (c contest) run(p prices, best claim, evidence float64) claim {
	for _, attributes := range c.q.combinations(c.o.Attributes) {
		k := c.q.cuboid(attributes)
		for _, votes := range c.b {
			next, ok := k.search(votes, p, best.score)
			if !ok {
				continue
			}
			next.score -= c.b.evidence(func(i int) bool { return !c.q.holds(next, i) })
			if next.score > best.score+1e-9 && next.score+c.o.shares(next)*evidence > c.everywhere {
				best = next
			}
		}
	}
	return best
}

// shares of the evidence that a claim was charged.
func (o Options) shares(c claim) float64 {
	values := 0
	for _, set := range c.sets {
		for _, in := range set {
			if in {
				values++
			}
		}
	}
	n := len(c.attributes)
	return o.ConditionShare*float64(n) + o.ValueShare*float64(values-n)
}

// claim is a conjunction: of each of its attributes a set of values.
type claim struct {
	attributes []int
	sets       [][]bool
	score      float64
}

func (q *cube) holds(c claim, cell int) bool {
	for i, a := range c.attributes {
		if !c.sets[i][q.at[a][cell]] {
			return false
		}
	}
	return true
}

func (q *cube) cause(c claim) Cause {
	out := Cause{Sets: make([][]string, len(q.values)), Score: c.score}
	for i, a := range c.attributes {
		for v, in := range c.sets[i] {
			if in {
				out.Sets[a] = append(out.Sets[a], q.values[a][v])
			}
		}
	}
	for i, cell := range q.cells {
		if q.holds(c, i) {
			out.Count += cell.Count
			out.Expect += cell.Expect
		}
	}
	return out
}

// prices are what naming values costs, in nats, by attribute.
type prices struct {
	first []float64 // an attribute with one value
	more  []float64 // each further value
	named [][]bool  // by attribute and value: whether it may be named
}

func newPrices(q *cube, o Options, evidence float64) prices {
	var p prices
	for a, values := range q.values {
		name := math.Log(float64(len(values)))
		p.first = append(p.first, name+o.Condition+o.ConditionShare*evidence)
		p.more = append(p.more, name+o.ValueShare*evidence)
		named := make([]bool, len(values))
		for v, s := range values {
			named[v] = o.Nameable == nil || o.Nameable(a, s)
		}
		p.named = append(p.named, named)
	}
	return p
}
