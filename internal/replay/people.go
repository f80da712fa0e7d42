package replay

import (
	"math/rand/v2"
	"net/netip"
	"strconv"

	"github.com/outcry/outcry"
)

// people are the reporters: each is a person with an address on one of their
// carrier's 40 /16 networks; three in ten sit behind one of its eight
// carrier-grade NAT addresses. One in ten reports again within half an hour.
type people struct {
	n    int
	nets map[string][]network
}

// network is the first two bytes of a /16.
type network [2]byte

const (
	networksPerCarrier = 40
	behindNAT          = 0.3
	addressesNAT       = 8
	reportsTwice       = 0.1
)

var agents = [...]string{"Mozilla/5.0 (iPhone)", "Mozilla/5.0 (Android)", "Mozilla/5.0 (Windows NT 10.0)", "Mozilla/5.0 (Macintosh)", "Mozilla/5.0 (X11)"}

// carrier gives its networks: the same for every scenario and seed.
func (p *people) carrier(name string) []network {
	if nets := p.nets[name]; nets != nil {
		return nets
	}
	own := rand.New(pcg(0, "net:"+name))
	nets := make([]network, networksPerCarrier)
	for i := range nets {
		nets[i] = network{byte(11 + own.IntN(89)), byte(own.IntN(256))}
	}
	p.nets[name] = nets
	return nets
}

// report emits what a new person says, and perhaps repeats.
func (p *people) report(rng *rand.Rand, t float64, r Record, emit func(float64, Record)) {
	p.n++
	r.Kind = outcry.KindReport
	r.Reporter = "p" + strconv.Itoa(p.n)
	r.Agent = agents[rng.IntN(len(agents))]
	r.Address = address(rng, p.carrier(r.Carrier))
	emit(t, r)
	if rng.Float64() < reportsTwice {
		emit(t+30+rng.Float64()*1770, r)
	}
}

func address(rng *rand.Rand, nets []network) string {
	if rng.Float64() < behindNAT {
		return dotted(nets[0], 255, byte(1+rng.IntN(addressesNAT)))
	}
	return dotted(nets[rng.IntN(len(nets))], byte(rng.IntN(255)), byte(1+rng.IntN(254)))
}

func dotted(n network, c, d byte) string {
	return netip.AddrFrom4([4]byte{n[0], n[1], c, d}).String()
}
