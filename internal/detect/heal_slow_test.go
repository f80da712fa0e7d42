//go:build slow

package detect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outcry/outcry"
)

// ongoing is a fault of a service that has usual reports a minute: the rate is
// x-fold at once for some hours, and its excess then falls tenfold in decay
// ticks.
type ongoing struct {
	usual, x float64
	wander   float64 // sd of the log of the rate, which keeps for an hour
	decay    float64
}

// healed is what the judge said of many of them.
type healed struct {
	hours  float64 // of faults that went on, since each was noticed
	early  int     // times that it was said to recover in them
	within int     // ticks in which it was so
	shut   int     // and how often it was said to be over
	missed int
	back   []float64 // seconds from the end to the last time that it began to recover
	closed []float64 // and to normal
}

const (
	goesOn    = 6 * 360
	afterward = 540
)

func (o *ongoing) draw(r *rand.Rand, z *float64, excess float64) uint32 {
	rho := math.Exp(-outcry.TickLength.Hours())
	*z = rho**z + math.Sqrt(1-rho*rho)*r.NormFloat64()
	return uint32(drawPoisson(r, (o.usual*math.Exp(o.wander**z-o.wander*o.wander/2)+excess)/6))
}

func crowd(k outcry.Tick, n uint32) []outcry.Tally {
	if n == 0 {
		return nil
	}
	y := reports("shop", k, n, outcry.CellKey{Symptom: "slow"})
	y.Hourly = n
	return []outcry.Tally{y}
}

// known is a judge that has seen a month of the service.
func (o *ongoing) known(t *testing.T) (map[string][]byte, outcry.Tick) {
	j := newJudge(t, "shop")
	r, z := rand.New(rand.NewPCG(5, uint64(100*o.usual))), 0.0
	end := day0() + 28*8640
	for k := day0(); k < end; k++ {
		if tallies := crowd(k, o.draw(r, &z, 0)); tallies != nil || !j.Idle() {
			step(t, j, k, tallies...)
		}
	}
	state, err := j.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return state, end
}

func (o *ongoing) happen(t *testing.T, j *Judge, from outcry.Tick, seed uint64, h *healed) {
	r := rand.New(rand.NewPCG(seed, 77))
	z := r.NormFloat64()
	end := from + goesOn
	w := healing{h: h, was: outcry.CondNormal, end: end}
	for k := from; k < end+afterward; k++ {
		excess := o.usual * (o.x - 1) * math.Pow(10, -float64(max(k-end+1, 0))/o.decay)
		is := outcry.CondNormal
		for _, v := range step(t, j, k, crowd(k, o.draw(r, &z, excess))...) {
			is = v.Condition
		}
		if w.see(k, is) {
			return
		}
	}
	w.give(afterward * 10)
}

// healing follows one fault through what is said of it.
type healing struct {
	h       *healed
	was     outcry.Condition
	noticed bool
	end     outcry.Tick
	back    float64
}

// see takes one tick's word, and reports whether that was the last one.
func (w *healing) see(k outcry.Tick, is outcry.Condition) bool {
	changed := is != w.was
	w.was = is
	w.noticed = w.noticed || is == outcry.CondFailing
	late := float64(k-w.end+1) * 10
	switch {
	case !w.noticed:
	case k < w.end:
		w.goesOn(is, changed)
	case is == outcry.CondFailing:
		w.back = 0
	case is == outcry.CondRecovering && w.back == 0:
		w.back = late
	case is == outcry.CondNormal:
		w.give(late)
		return true
	}
	return false
}

func (w *healing) goesOn(is outcry.Condition, changed bool) {
	w.h.hours += outcry.TickLength.Hours()
	if is == outcry.CondRecovering {
		w.h.within++
		if changed {
			w.h.early++
		}
	}
	if is == outcry.CondNormal {
		w.h.shut++
		w.noticed = false
	}
}

func (w *healing) give(closed float64) {
	if !w.noticed {
		w.h.missed++
		return
	}
	if w.back == 0 {
		w.back = closed
	}
	w.h.back, w.h.closed = append(w.h.back, w.back), append(w.h.closed, closed)
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// The bound is on a fault whose level is known and stays. That it is estimated,
// and that the usual rate wanders by a quarter, costs up to twice as much.
func TestAFaultThatGoesOnSeldomSeemsToRecover(t *testing.T) {
	const seeds = 12
	most := 2.0 * 360 / fallEvery
	for _, usual := range []float64{0.1, 0.5, 1.3} {
		state, from := (&ongoing{usual: usual, wander: 0.25}).known(t)
		for _, x := range []float64{3, 4, 6, 10} {
			o := ongoing{usual: usual, x: x, wander: 0.25, decay: 60}
			var h healed
			for seed := range uint64(seeds) {
				j := newJudge(t, "shop")
				if err := j.Restore(state); err != nil {
					t.Fatal(err)
				}
				o.happen(t, j, from, seed, &h)
			}
			told := fmt.Sprintf("%.1f reports a minute, ×%g: in %.0f hours said to recover %d times (%.2f an hour, %.1f%% of the time), to be over %d; missed %d; recovering %.0f s after the end, normal %.0f",
				usual, x, h.hours, h.early, float64(h.early)/h.hours, 100*float64(h.within)/360/h.hours, h.shut, h.missed, median(h.back), median(h.closed))
			t.Log(told)
			if p := poissonTail(h.early, most*h.hours); p < 0.001 {
				t.Errorf("more than %.2f an hour, which chance gives once in %.0f times: %s", most, 1/p, told)
			}
			if excess := usual * (x - 1); excess >= 2 && median(h.back) > 900 {
				t.Errorf("its end is seen late: %s", told)
			}
		}
	}
}
