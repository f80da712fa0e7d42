package detect

import "math"

// Rhythm of ordinary life is not only seasonal: news, weather and chance move a
// service's normal rate slowly up and down. The null therefore multiplies the
// baseline by a stationary process of mean 1, variance V and correlation time
// Tau. Both are learned from the service's own quiet history by moments of its
// ten-minute counts; before there is history the prior holds.
type noise struct {
	V   float64 // variance of the multiplier
	Tau float64 // correlation time, in hours
	// Moments: sums over quiet segments of Eᵢ·Eᵢ₊ₗ and of the products of
	// residuals, at the lags of noiseLags.
	Den, Num [len(noiseLags)]float64
	Sq       float64 // Σ of the squared lag-0 terms, for the standard error
	N        float64 // segments seen, decayed
}

var noiseLags = [...]int{0, 1, 2, 3, 6, 12, 24}

const (
	segmentHours   = 1.0 / 6
	priorV         = 0.2
	priorTau       = 1.0
	priorFloor     = 60  // the prior weighs as if so much ΣE² had been seen …
	priorSegments  = 216 // … and at least a day and a half
	noiseTail      = 1.2 // see fit
	priorSlow      = 3.0 // hours: swings this slow are to be reckoned with until many of them have been seen
	youngSegments  = 2500
	spreadPart     = 0.5 // of the spread that is taken out of a young service's moments, see learn
	noiseMin       = 0.002
	noiseMax       = 1.0
	noiseForgetDay = 0.985 // half-life about six weeks
)

func newNoise() noise { return noise{V: priorV, Tau: priorTau} }

// window gives the mean and the relative variance of the average multiplier over
// the next w hours, from what is known of it now. The multiplier's logarithm is
// an Ornstein–Uhlenbeck process, so a rate that is high now also moves further.
func (n *noise) window(w, mu, q float64) (mean, variance float64) {
	x := w / n.Tau
	g := 1.0
	fresh := 0.0
	s2 := math.Log1p(n.V)
	if x > 1e-6 {
		g = -math.Expm1(-x) / x
		fresh = max(s2*(2/x*(1-g)-g*g), 0)
	}
	v := fresh + q*g*g
	return math.Exp(-s2/2 + g*(mu+s2/2) + v/2), math.Expm1(v)
}

// filter is what is known of the multiplier now: its logarithm is normal with
// mean Mu and variance Q.
type filter struct{ Mu, Q float64 }

// unknown is the belief without any evidence: the stationary distribution.
func (n *noise) unknown() filter {
	s2 := math.Log1p(n.V)
	return filter{Mu: -s2 / 2, Q: s2}
}

// mean of the multiplier.
func (f filter) mean() float64 { return math.Exp(f.Mu + f.Q/2) }

// forward carries the belief h hours on without evidence.
func (n *noise) forward(f filter, h float64) filter {
	rho := math.Exp(-h / n.Tau)
	s2 := math.Log1p(n.V)
	return filter{Mu: -s2/2 + rho*(f.Mu+s2/2), Q: rho*rho*f.Q + s2*(1-rho*rho)}
}

// observe updates the belief with y events where e were expected: the Gamma of
// the same mean and variance is conjugate to the count.
func (f filter) observe(y, e float64) filter {
	if f.Q < 1e-9 {
		return f
	}
	a := 1 / math.Expm1(f.Q)
	mean := (a + y) / (a/f.mean() + e)
	q := math.Log1p(1 / (a + y))
	return filter{Mu: math.Log(mean) - q/2, Q: q}
}

// learn takes the residual of the newest quiet segment with those before it;
// recent[0] is the newest, and a gap is marked by a negative expectation. spread
// is the relative variance of the baseline's own error, which neighbouring
// segments share, and which is not the rate's. The spread is a bound rather than
// an estimate: of a young service only half is taken out, or hardly a swing
// would be left.
func (n *noise) learn(recent []residual, spread float64) {
	if len(recent) == 0 || recent[0].E < 0 {
		return
	}
	r0 := recent[0]
	spread *= 1 - (1-spreadPart)*n.youth()
	for i, lag := range noiseLags {
		if lag >= len(recent) || recent[lag].E < 0 {
			continue
		}
		r := recent[lag]
		product := r0.D*r.D - spread*r0.E*r.E
		if lag == 0 {
			product -= r0.E // the Poisson part
			n.Sq += product * product
		}
		n.Num[i] += product
		n.Den[i] += r0.E * r.E
	}
	n.N++
}

// residual is a quiet segment's count less its expectation, and the latter.
type residual struct{ D, E float64 }

// forget lets old moments fade; called once a day.
func (n *noise) forget() {
	for i := range n.Num {
		n.Num[i] *= noiseForgetDay
		n.Den[i] *= noiseForgetDay
	}
	n.Sq *= noiseForgetDay * noiseForgetDay
	n.N *= noiseForgetDay
}

// fit chooses V and Tau by least squares of the autocovariance V·e^(−lag/Tau)
// over a grid of Tau, shrunk towards the prior, and adds half a standard error,
// and a margin that grows with V: the log-normal's tail is heavier than that of
// the Gamma which stands for it.
func (n *noise) fit() {
	best, bestV, bestTau := math.Inf(1), priorV, priorTau
	for _, tau := range []float64{0.1, 0.17, 0.3, 0.5, 0.7, 1, 1.4, 2, 3, 4.5, 6.5} {
		v, loss := n.fitTau(tau)
		if loss < best {
			best, bestV, bestTau = loss, v, tau
		}
	}
	n.Tau = max(bestTau, priorTau*n.youth())
	young := math.Sqrt(4 * max(bestTau, priorSlow*n.youth()) / (n.N*segmentHours + 24)) // relative error of a variance from so many correlation times
	n.V = min(max(bestV*(1+noiseTail*bestV+young), priorV*n.youth(), noiseMin), noiseMax)
}

// youth falls from one to nothing in two and a half weeks. A first week has seen
// few swings, and its baseline has learned those it has seen for the rhythm: at
// log-rate sd 0.5 over six hours, fits of V in the first fortnight came out at
// a third of the truth. So the prior is a floor until then.
func (n *noise) youth() float64 { return max(1-n.N/youngSegments, 0) }

func (n *noise) fitTau(tau float64) (v, loss float64) {
	var xx, xy, yy float64
	for i, lag := range noiseLags {
		prior := priorV * math.Exp(-float64(lag)*segmentHours/priorTau)
		weight := n.priorWeight()
		den := n.Den[i] + weight
		c := (n.Num[i] + weight*prior) / den
		k := autocorrelation(lag, tau)
		xx, xy, yy = xx+den*k*k, xy+den*k*c, yy+den*c*c
	}
	v = max(xy/xx, 0)
	loss = yy - 2*v*xy + v*v*xx
	return v + n.standardError(), loss
}

func (n *noise) priorWeight() float64 {
	return priorFloor + priorSegments*n.Den[0]/max(n.N, 1)
}

// autocorrelation of ten-minute averages of the process at a lag of segments.
func autocorrelation(lag int, tau float64) float64 {
	d := segmentHours / tau
	if lag == 0 {
		return 2 / (d * d) * (d + math.Expm1(-d))
	}
	g := -math.Expm1(-d) / d
	return g * g * math.Exp(-float64(lag-1)*d)
}

func (n *noise) standardError() float64 {
	den := n.Den[0] + n.priorWeight()
	return math.Sqrt(n.Sq) / den / 2
}
