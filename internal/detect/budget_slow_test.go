//go:build slow

package detect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// poissonTail is the chance of at least n where mean are expected.
func poissonTail(n int, mean float64) float64 {
	below := 0.0
	for k := range n {
		lg, _ := math.Lgamma(float64(k + 1))
		below += math.Exp(float64(k)*math.Log(mean) - mean - lg)
	}
	return 1 - below
}

// A page of fifty services has a budget of twenty a year for all of them, as the
// configuration splits it. Half a year of ordinary life, its first day included,
// must not have so many more than ten that chance would give them once in a
// thousand times.
func TestAPageKeepsItsBudget(t *testing.T) {
	const services, perYear, weeks = 50, 20.0, 26
	cfg := Config{FalseAlarms: perYear / services}
	lives := map[string]*ordinaryLife{}
	for i := range services {
		id := fmt.Sprintf("s%d", i)
		cfg.Services = append(cfg.Services, outcry.Service{ID: id})
		lives[id] = &ordinaryLife{r: rand.New(rand.NewPCG(21, uint64(i))), perHour: []float64{0.5, 2, 6}[i%3]}
	}
	j, err := New(cfg, day0())
	if err != nil {
		t.Fatal(err)
	}
	alarms, down := 0, map[string]bool{}
	for k := day0(); k < day0()+weeks*7*8640; k++ {
		var tallies []outcry.Tally
		for _, sv := range cfg.Services {
			for _, y := range lives[sv.ID].reports(k) {
				y.Service = sv.ID
				tallies = append(tallies, y)
			}
		}
		now := map[string]bool{}
		for _, v := range step(t, j, k, tallies...) {
			if v.Condition == outcry.CondFailing || v.Condition == outcry.CondRecovering {
				now[v.Service] = true
				if !down[v.Service] {
					alarms++
				}
			}
		}
		down = now
	}
	promised := perYear * weeks * 7 / 365.25
	if p := poissonTail(alarms, promised); p < 0.001 {
		t.Errorf("%d false alarms on a page that was promised %.1f: by chance once in %.0f times", alarms, promised, 1/p)
	}
	t.Logf("%d false alarms of %.1f promised", alarms, promised)
}
