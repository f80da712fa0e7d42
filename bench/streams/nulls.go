package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
)

// null is a service that nothing ails: so many reports an hour, and a metric of so
// many errors in half a minute that wanders over an hour, in bursts.
type null struct {
	what             string
	perHour          float64
	level, sd, burst float64
}

func sorts() []null {
	return []null{
		{"a handful of errors, one by one", 6, 4, 0, 1},
		{"hundreds that wander by a third, in bursts of twenty", 6, 400, 0.33, 20},
		{"tens in bursts of thirty: mostly none, then many", 30, 20, 0.2, 30},
		{"thousands that wander by a fifth", 30, 3000, 0.2, 1},
	}
}

// nulls prints how many false alarms there were, with 95% exact intervals of their
// number a year.
func nulls(w io.Writer, years int) error {
	fmt.Fprintln(w, "| reports an hour | metric | years | false alarms with it | a year (95%) | without it | of these, raised by both |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- |")
	total := [2]int{}
	for _, n := range sorts() {
		with, without, both := 0, 0, 0
		for seed := range years {
			a, b, c, err := n.year(uint64(seed))
			if err != nil {
				return err
			}
			with, without, both = with+a, without+b, both+c
		}
		total[0], total[1] = total[0]+with, total[1]+without
		low, high := exact(with, float64(years))
		if _, err := fmt.Fprintf(w, "| %v | %s | %d | %d | %.2f (%.2f to %.2f) | %d | %d |\n", n.perHour, n.what, years, with, float64(with)/float64(years), low, high, without, both); err != nil {
			return err
		}
	}
	all := float64(years * len(sorts()))
	low, high := exact(total[0], all)
	_, err := fmt.Fprintf(w, "| | all | %.0f | %d | %.2f (%.2f to %.2f) | %d | |\n", all, total[0], float64(total[0])/all, low, high, total[1])
	return err
}

// exact is the 95% interval of a Poisson rate by n events in a span (Garwood 1936).
func exact(n int, span float64) (low, high float64) {
	if n > 0 {
		low = distuv.Gamma{Alpha: float64(n), Beta: 1}.Quantile(0.025) / span
	}
	return low, distuv.Gamma{Alpha: float64(n) + 1, Beta: 1}.Quantile(0.975) / span
}

// life is one judge, and when it raised something.
type life struct {
	judge  *detect.Judge
	down   bool
	alarms []outcry.Tick
}

func (l *life) step(t outcry.Tick, tallies []outcry.Tally) error {
	if len(tallies) == 0 && l.judge.Idle() {
		return nil
	}
	verdicts, err := l.judge.Step(t, 1, tallies)
	if err != nil {
		return err
	}
	down := false
	for i := range verdicts {
		down = down || verdicts[i].Condition == outcry.CondFailing || verdicts[i].Condition == outcry.CondRecovering
	}
	if down && !l.down {
		l.alarms = append(l.alarms, t)
	}
	l.down = down
	return nil
}

// year lives one with the metric and one without, of the same reports.
func (n *null) year(seed uint64) (with, without, both int, err error) {
	people, machine := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	first := outcry.TickOf(time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC))
	cfg := detect.Config{Services: []outcry.Service{{ID: "shop"}}}
	var lives [2]life
	for i := range lives {
		if lives[i].judge, err = detect.New(cfg, first); err != nil {
			return 0, 0, 0, err
		}
	}
	z, rho := 0.0, math.Exp(-1.0/120)
	for t := first; t < first+365*8640; t++ {
		var said, all []outcry.Tally
		if k := poisson(people, n.perHour/360); k > 0 {
			said = append(said, reported(t, k))
		}
		all = said
		if t%3 == 0 {
			z = rho*z + math.Sqrt(1-rho*rho)*machine.NormFloat64()
			all = append(all[:len(all):len(all)], read(t, n.errors(machine, z)))
		}
		if err := lives[0].step(t, all); err != nil {
			return 0, 0, 0, err
		}
		if err := lives[1].step(t, said); err != nil {
			return 0, 0, 0, err
		}
	}
	for _, a := range lives[0].alarms {
		for _, b := range lives[1].alarms {
			if d := a - b; d > -360 && d < 360 {
				both++
				break
			}
		}
	}
	return len(lives[0].alarms), len(lives[1].alarms), both, nil
}

// errors are those of half a minute.
func (n *null) errors(r *rand.Rand, z float64) (sum uint32) {
	events := poisson(r, n.level/n.burst*math.Exp(n.sd*z-n.sd*n.sd/2))
	if n.burst <= 1 {
		return events
	}
	for range events {
		sum += 1 + uint32(math.Floor(r.ExpFloat64()*(n.burst-1)))
	}
	return sum
}

func poisson(r *rand.Rand, mean float64) uint32 {
	return uint32(distuv.Poisson{Lambda: mean, Src: r}.Rand())
}

func reported(t outcry.Tick, n uint32) outcry.Tally {
	c := outcry.Counts{Total: n, Bad: n, Distinct: n, Fresh: n}
	return outcry.Tally{Service: "shop", Kind: outcry.KindReport, Tick: t, Counts: c, Networks: n, Hourly: n,
		Cells: []outcry.Cell{{CellKey: outcry.CellKey{Symptom: "slow"}, Counts: c}}}
}

func read(t outcry.Tick, n uint32) outcry.Tally {
	c := outcry.Counts{Total: 1, Bad: min(n, 1), Fresh: n}
	return outcry.Tally{Service: "shop", Kind: outcry.KindMetric, Tick: t, Counts: c, Cells: []outcry.Cell{{CellKey: outcry.CellKey{Vantage: "errors"}, Counts: c}}}
}
