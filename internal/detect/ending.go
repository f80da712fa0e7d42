package detect

import (
	"math"
	"time"

	"github.com/outcry/outcry"
)

// endingNats is by how much the checks must speak for an end before it is told:
// one failed check that is followed by a pass is none.
const endingNats = 5.0

// ended estimates when the fault ended, by maximum likelihood: the instant since
// the onset at which checks went over from failing to passing. Reports know it
// later, since people report what was. It is zero where checks took no part.
func (s *service) ended() time.Time {
	from := outcry.TickOf(s.State.Onset.At)
	if s.State.Onset.At.IsZero() || len(s.Runs) == 0 {
		return time.Time{}
	}
	var fails, runs float64
	for _, r := range s.Runs {
		if r.Tick >= from {
			fails, runs = fails+r.Fails, runs+r.Runs
		}
	}
	whole := bernoulli(fails, runs)
	best, at := endingNats, outcry.Tick(0)
	var failed, ran float64
	for i, r := range s.Runs {
		if r.Tick < from {
			continue
		}
		if ran > 0 && r.Tick != s.Runs[i-1].Tick && failed/ran > (fails-failed)/(runs-ran) {
			if gain := bernoulli(failed, ran) + bernoulli(fails-failed, runs-ran) - whole; gain > best {
				best, at = gain, r.Tick
			}
		}
		failed, ran = failed+r.Fails, ran+r.Runs
	}
	if at == 0 {
		return time.Time{}
	}
	return at.Start()
}

// bernoulli is the logarithm of the likelihood of so many failures at their own
// rate.
func bernoulli(fails, runs float64) float64 {
	sum := 0.0
	for _, n := range []float64{fails, runs - fails} {
		if n > 0 {
			sum += n * math.Log(n/runs)
		}
	}
	return sum
}
