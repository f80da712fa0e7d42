package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// ordinaryLife is reports of nothing in particular: a day's rhythm, a weekend's,
// and a multiplier that wanders over an hour by a quarter.
type ordinaryLife struct {
	r       *rand.Rand
	perHour float64
	z       float64
}

func (o *ordinaryLife) reports(k outcry.Tick) []outcry.Tally {
	const sd, tau = 0.25, 1.0
	rho := math.Exp(-outcry.TickLength.Hours() / tau)
	o.z = rho*o.z + math.Sqrt(1-rho*rho)*o.r.NormFloat64()
	hour := float64((k-day0())%8640) / 360
	rate := o.perHour * math.Exp(0.55*math.Cos(2*math.Pi*(hour-17)/24)+sd*o.z-sd*sd/2) / 1.08
	if (k-day0())/8640%7 >= 5 { // day0 is a Monday
		rate *= 0.7
	}
	n := uint32(drawPoisson(o.r, rate*outcry.TickLength.Hours()))
	if n == 0 {
		return nil
	}
	regions, symptoms := []string{"DE", "FR", "GB", "", "DE", "DE"}, []string{"slow", "login", "slow"}
	key := outcry.CellKey{Symptom: symptoms[o.r.IntN(3)], Scope: outcry.Scope{Region: regions[o.r.IntN(6)]}}
	return []outcry.Tally{reports("shop", k, n, key)}
}

// The budget is one a year. At that rate one year in more than a thousand has
// six.
func TestAQuietYearIsQuiet(t *testing.T) {
	j := newJudge(t, "shop")
	o := ordinaryLife{r: rand.New(rand.NewPCG(11, 11)), perHour: 30}
	alarms, down := 0, false
	for k := day0(); k < day0()+ticksPerYear; k++ {
		tallies := o.reports(k)
		if tallies == nil && j.Idle() {
			down = false
			continue
		}
		was := down
		down = false
		for _, v := range step(t, j, k, tallies...) {
			down = v.Condition == outcry.CondFailing || v.Condition == outcry.CondRecovering
		}
		if down && !was {
			alarms++
		}
	}
	if alarms > 5 {
		t.Errorf("%d false alarms in a year of 30 an hour", alarms)
	}
}
