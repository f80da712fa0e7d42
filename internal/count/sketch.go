package count

import (
	"math"
	"math/bits"
)

// sketch is a HyperLogLog of 2,048 one-byte registers: standard error
// 1.04/√2048 = 2.3%.
//
// It is our own, for two properties that the ready-made ones lack: its estimate
// (Ertl 2017, "New cardinality estimation algorithms for HyperLogLog sketches",
// arXiv:1702.01284, algorithm 6) needs no switch between ranges and never falls
// as values come in, so that what is flushed as a difference is never negative
// and does not depend on where the flushes fall; and it is 2 KB, one of which
// may be had for every cell of every tick.
type sketch struct {
	registers [1 << precision]uint8
	held      [maxRank + 1]uint16 // how many registers hold each value; the zeros are what the others leave
}

const (
	precision = 11
	maxRank   = 64 - precision + 1
)

func (s *sketch) add(v uint64) {
	h := mix(v)
	r := uint8(min(bits.LeadingZeros64(h<<precision), maxRank-1) + 1)
	old := &s.registers[h>>(64-precision)]
	if r <= *old {
		return
	}
	if *old > 0 {
		s.held[*old]--
	}
	s.held[r]++
	*old = r
}

// estimate takes the counts of values only, so that it may be asked often.
func (s *sketch) estimate() uint32 {
	const m = float64(len(s.registers))
	used := 0
	z := m * tau(1-float64(s.held[maxRank])/m)
	for k := maxRank - 1; k >= 1; k-- {
		used += int(s.held[k])
		z = 0.5 * (z + float64(s.held[k]))
	}
	used += int(s.held[maxRank])
	z += m * sigma((m-float64(used))/m)
	return uint32(math.Round(m * m / (2 * math.Ln2 * z)))
}

// sigma is Σ x^(2^k) 2^(k-1), Ertl's correction for registers still empty.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z, last := 1.0, x, -1.0
	for z != last {
		x *= x
		last = z
		z += x * y
		y += y
	}
	return z
}

// tau is Ertl's correction for registers that are full.
func tau(x float64) float64 {
	if x <= 0 || x >= 1 {
		return 0
	}
	y, z, last := 1.0, 1-x, -1.0
	for z != last {
		x = math.Sqrt(x)
		last = z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
	}
	return z / 3
}
