package replay

import (
	"math/rand/v2"
	"strconv"

	"github.com/outcry/outcry"
)

// noises are the brigades and the chatter. Offline vantages are drawn with the
// checks, gaps where all records are gathered.
func noises(sc *Scenario, random func(string) *rand.Rand) []source {
	title := names(sc)
	var out []source
	for i, n := range sc.Noise {
		rng := random("noise/" + strconv.Itoa(i))
		when := span{seconds(n.At), seconds(n.At) + n.Lasts.Seconds()}
		switch n.Kind {
		case Brigade:
			out = append(out, newBrigade(sc, n, rng, when))
		case Chatter:
			out = append(out, &chatter{n.Service, title[n.Service], newSpread(rng, n.Posts, when)})
		case VantageOffline, Gap: // not sources of records
		}
	}
	return out
}

// brigade is reports that one hand files from a few /24 networks, each under a
// new name.
type brigade struct {
	sc   *Scenario
	spec Noise
	nets [][3]byte
	when *spread
	n    int
}

func newBrigade(sc *Scenario, n Noise, rng *rand.Rand, when span) *brigade {
	b := &brigade{sc: sc, spec: n}
	for range n.Prefixes {
		b.nets = append(b.nets, [3]byte{byte(100 + rng.IntN(81)), byte(rng.IntN(256)), byte(rng.IntN(256))})
	}
	b.when = newSpread(rng, n.Reports, when)
	return b
}

func (b *brigade) fill(to float64, emit func(float64, Record)) {
	rng := b.when.rng
	for t, ok := b.when.next(to); ok; t, ok = b.when.next(to) {
		net := b.nets[rng.IntN(len(b.nets))]
		emit(t, Record{
			Kind:     outcry.KindReport,
			Service:  b.spec.Service,
			Symptom:  "not-working",
			Region:   pick(rng, b.sc.Regions, other),
			Carrier:  pick(rng, b.sc.Carriers, other),
			Address:  dotted(network{net[0], net[1]}, net[2], byte(1+rng.IntN(254))),
			Agent:    "curl/8.5",
			Reporter: "b" + strconv.Itoa(b.n),
		})
		b.n++
	}
}

// chatter is many posts without a complaint.
type chatter struct {
	service, name string
	when          *spread
}

func (c *chatter) fill(to float64, emit func(float64, Record)) {
	for t, ok := c.when.next(to); ok; t, ok = c.when.next(to) {
		emit(t, post(c.when.rng, c.service, remarks[:], c.name))
	}
}
