package detect

import "math"

// thetas is the grid of rate multipliers that an outage may have, with equal
// prior weights: from a rate half as high again to three hundred times.
type thetaGrid struct {
	theta, ln []float64
	lnWeight  float64
}

func newThetaGrid() thetaGrid {
	g := thetaGrid{theta: []float64{1.4, 2, 3, 4.5, 7, 11, 18, 30, 60, 120, 300}}
	for _, t := range g.theta {
		g.ln = append(g.ln, math.Log(t))
	}
	g.lnWeight = -math.Log(float64(len(g.theta)))
	return g
}

// blockLLR is the log-likelihood ratio, in nats, of c events in a block where b
// are expected: rate θ·b against b, when the block's own multiplier is Gamma
// with mean 1 and variance 1/a. The counts inside the block share that
// multiplier, so the ratio of two negative binomials of size a remains:
//
//	c ln θ − (c + a) ln((a + θb)/(a + b))
//
// and for a = ∞ the Poisson ratio c ln θ − b(θ − 1).
func blockLLR(c, b, a, theta, lnTheta float64) float64 {
	if math.IsInf(a, 1) {
		return c*lnTheta - b*(theta-1)
	}
	return c*lnTheta - (c+a)*math.Log1p(b*(theta-1)/(a+b))
}

// blockGLR is the ratio maximised over θ ≥ 1: zero unless c > b.
func blockGLR(c, b, a float64) float64 {
	if c <= b {
		return 0
	}
	if b <= 0 {
		b = 1e-12
	}
	if math.IsInf(a, 1) {
		return c*math.Log(c/b) - (c - b)
	}
	return c*math.Log(c/b) - (c+a)*math.Log((a+c)/(a+b))
}

// mixture is the log of the ratio averaged over the grid.
func (g thetaGrid) mixture(c, b, a float64) float64 {
	best, sum := math.Inf(-1), 0.0
	for j := range g.theta {
		l := blockLLR(c, b, a, g.theta[j], g.ln[j])
		if l > best {
			sum = sum*math.Exp(best-l) + 1
			best = l
		} else if l > best-30 {
			sum += math.Exp(l - best)
		}
	}
	return best + math.Log(sum) + g.lnWeight
}

// logAdd is ln(eˣ + eʸ).
func logAdd(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) {
		return x
	}
	return x + math.Log1p(math.Exp(y-x))
}

// sum is ln Σⱼ wⱼ·massⱼ·Λⱼ: the mixture over the grid, summed over the starting
// points that a mark stands for. In g empty ticks before it, each expecting r,
// a start i ticks early loses e^(−r(θ−1)i), so that the larger the rate the
// fewer starts are still alive: min(g, 1/(r(θ−1))). Older marks that the mark
// has taken over, extra, live on only at moderate rates.
func (g thetaGrid) sum(w window, gap, rate, extra float64) float64 {
	best, sum := math.Inf(-1), 0.0
	for j, theta := range g.theta {
		mass := min(gap, 1+1/(rate*(theta-1)+1e-12))
		if theta < 4 {
			mass += extra
		}
		l := blockLLR(w.C, w.B, w.A, theta, g.ln[j])
		if l > best {
			sum = sum*math.Exp(best-l) + mass
			best = l
		} else if l > best-30 {
			sum += mass * math.Exp(l-best)
		}
	}
	return best + math.Log(sum) + g.lnWeight
}

// maybe mixes a ratio with the possibility, at even odds, that this stream is
// not touched by the fault: a silent stream then costs ln 2 and no more.
func maybe(llr float64) float64 { return logAdd(0, llr) - math.Ln2 }
