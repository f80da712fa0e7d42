package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/backtest"
)

// The draw: a service with 40 reports an hour, in bins of a minute.
const (
	perHour = 40.0
	ratio   = 3.0 // of the day's top to its bottom
	sd, tau = 0.3, 60.0
	day     = 24 * time.Hour
)

// sizes are by how much an incident of each impact multiplies the reports: our
// assumption, as the page does not say.
func sizes() map[string]float64 {
	return map[string]float64{"minor": 3, "major": 10, "critical": 30}
}

// incident is one of the page's.
type incident struct {
	backtest.Window
	impact string
}

func readStatus(path string) ([]incident, error) {
	f, err := os.Open(path) //nolint:gosec // named by the person who runs it
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var all []incident
	for _, r := range rows[1:] {
		impact := r[len(r)-1]
		if sizes()[impact] == 0 {
			continue
		}
		from, err := time.Parse(time.RFC3339, r[1])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		to, err := time.Parse(time.RFC3339, r[2])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, incident{backtest.Window{From: from, To: to}, impact})
	}
	slices.SortFunc(all, func(a, b incident) int { return a.From.Compare(b.From) })
	return all, nil
}

// draw makes the reports of the whole time, from eight weeks before the first
// incident.
func draw(all []incident) *backtest.Series {
	rng := rand.New(rand.NewPCG(1, 819)) //nolint:gosec // no secret
	s := &backtest.Series{Name: "github-status", Step: time.Minute}
	z, rho := 0.0, math.Exp(-1/tau)
	next := 0
	var on []incident
	for at := all[0].From.Add(-56 * day).Truncate(time.Minute); at.Before(all[len(all)-1].To.Add(day)); at = at.Add(time.Minute) {
		for ; next < len(all) && !all[next].From.After(at); next++ {
			on = append(on, all[next])
		}
		on = slices.DeleteFunc(on, func(i incident) bool { return !i.To.After(at) })
		z = rho*z + math.Sqrt(1-rho*rho)*rng.NormFloat64()
		hour := float64(at.Hour()) + float64(at.Minute())/60
		mean := perHour / 60 * math.Exp(math.Log(ratio)/2*math.Cos(2*math.Pi*(hour-17)/24)+sd*z-sd*sd/2)
		factor := 1.0
		for _, i := range on {
			factor = max(factor, sizes()[i.impact])
		}
		t := outcry.TickOf(at)
		s.Bins = append(s.Bins, backtest.Bin{From: t, To: t + outcry.Ticks(time.Minute), N: poisson(rng, mean*factor)})
	}
	return s
}

func poisson(rng *rand.Rand, mean float64) (n uint64) {
	for x := rng.ExpFloat64(); x < mean; x += rng.ExpFloat64() {
		n++
	}
	return n
}

// status judges reports drawn around a real page's incidents.
func status(b *strings.Builder, data string) error {
	path := filepath.Join(data, "github-status", "downtime_windows.csv")
	all, err := readStatus(path)
	if err != nil {
		return err
	}
	windows := make([]backtest.Window, len(all))
	for i := range all {
		windows[i] = all[i].Window
	}
	s := draw(all)
	r, err := backtest.Run(context.Background(), s, backtest.Options{Labels: windows, Seed: 1, From: all[0].From.Add(-time.Hour)})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, statusPreface, len(all), s.Step, perHour, ratio, sd)
	for _, impact := range []string{"minor", "major", "critical"} {
		var delays []float64
		n := map[string]int{}
		for i := range r.Labels {
			if all[i].impact != impact {
				continue
			}
			n[r.Labels[i].Outcome]++
			if d := r.Labels[i].DelayS; d != nil {
				delays = append(delays, *d)
			}
		}
		slices.Sort(delays)
		fmt.Fprintf(b, "| %s, ×%g | %d | %d | %d | %.0f | %.0f |\n", impact, sizes()[impact], n[backtest.Detected], n[backtest.Covered], n[backtest.Missed], at(delays, 0.5), at(delays, 0.9))
	}
	fmt.Fprintf(b, "\n%d of %d alerts in %.1f years fall into no window, %.2f a year.\n", r.Scores.FalseAlarms, r.Scores.Alerts, r.Years, r.Scores.FalsePerYear)
	b.WriteString(statusAfter)
	return nil
}

const statusPreface = `## Reports around a real page's incidents

The times and durations are those of %d incidents on GitHub's status page from 2022 to 2026, minor, major and critical. The reports are
drawn, in bins of %v: %g an hour on average, day to night %g to 1, a slow swing of the rate of sd %g over an hour, and
in an incident as many times more as the table says, which is our assumption. Overlapping incidents take the larger. The
judge has eight weeks before the first. Delays in seconds from the incident's start on the page.

| impact, times the usual | detected | covered by an earlier one | missed | delay, median | p90 |
| --- | --- | --- | --- | --- | --- |
`

const statusAfter = `
What this shows is that a page with an incident every other day, some of them of days, does not teach the judge that this is
usual. It does not show how late the page itself was: the windows begin with the page's own first word.
`
