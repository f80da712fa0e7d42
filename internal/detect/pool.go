package detect

import (
	"math"

	"github.com/outcry/outcry"
)

const (
	poolUntil = 24.0 // hours of a service's own history, from which its category has nothing to add
	poolFrom  = 24.0 // hours of history from which a service speaks for its category
	poolEvery = 360  // ticks
	poolPrior = 2.0  // services' worth of belief in poolSpread
)

// poolSpread is the variance of the logarithm of a rate of which nothing is
// known: that of the default prior.
func poolSpread() float64 { return math.Log1p(1 / defaultPrior().Size) }

// pool lets a service without history of its own expect what others of its
// category have: the Gamma of the mean and the variance of their rates'
// logarithms, the variance shrunk towards that of all services while they are
// few (empirical Bayes).
func (j *Judge) pool(s *service, t outcry.Tick) {
	if s.category == "" || s.Reports.Base.AllHours >= poolUntil || s.Pooled > 0 && t < s.Pooled+poolEvery {
		return
	}
	s.Pooled = t
	var n, sum, squares float64
	for _, o := range j.services {
		if o == s || j.cfg.Category[o.ID] != s.category || o.Reports.Base.AllHours < poolFrom {
			continue
		}
		x := math.Log(o.Reports.Base.mean())
		n, sum, squares = n+1, sum+x, squares+x*x
	}
	if n == 0 {
		return
	}
	mean := sum / n
	between := (max(squares-n*mean*mean, 0) + poolPrior*poolSpread()) / (n - 1 + poolPrior)
	v := between * (1 + 1/n)
	s.Reports.Base.Prior = Prior{PerHour: math.Exp(mean + v/2), Size: 1 / math.Expm1(v)}
	s.Reports.Rate = 0 // asked anew, with the new prior
}
