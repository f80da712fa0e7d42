package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/scenarios"
)

// played is one scenario over many seeds.
type played struct {
	Name    string
	Results []*replay.Result // by seed
}

// play replays every scenario for its seeds, two at a time.
func (o *options) play() ([]*played, error) {
	var out []*played
	var g errgroup.Group
	g.SetLimit(2)
	for _, name := range replay.Names(scenarios.Files()) {
		if !strings.Contains(name, o.scenario) {
			continue
		}
		p := &played{Name: name, Results: make([]*replay.Result, o.seeds)}
		out = append(out, p)
		for seed := range p.Results {
			g.Go(func() error { return p.one(seed) })
		}
	}
	return out, g.Wait()
}

func (p *played) one(seed int) error {
	sc, err := replay.Open(p.Name, scenarios.Files())
	if err != nil {
		return fmt.Errorf("open the scenario %s: %w", p.Name, err)
	}
	began := time.Now()
	r, err := app.Replay(context.Background(), app.ReplayOptions{Scenario: sc, Seed: uint64(seed + 1)}) //nolint:gosec // small
	if err != nil {
		return fmt.Errorf("replay %s with seed %d: %w", p.Name, seed+1, err)
	}
	p.Results[seed] = r
	log.Printf("%s, seed %d: %d public incidents, %d false, in %.1f s", p.Name, seed+1, len(r.Incidents), len(r.FalseIncidents), time.Since(began).Seconds())
	return nil
}

// column is one measure of an outage.
type column struct {
	head string
	of   func(*replay.OutageScore) *float64
	size bool // its absolute value is what counts
}

func columns() []column {
	return []column{
		{"detected", func(s *replay.OutageScore) *float64 { return s.DetectDelayS }, false},
		{"published", func(s *replay.OutageScore) *float64 { return s.PublishDelayS }, false},
		{"onset error", func(s *replay.OutageScore) *float64 { return s.OnsetErrorS }, true},
		{"recovering", func(s *replay.OutageScore) *float64 { return s.MonitoringDelayS }, false},
		{"closed", func(s *replay.OutageScore) *float64 { return s.CloseDelayS }, false},
		{"lead over the official word", func(s *replay.OutageScore) *float64 { return s.LeadS }, false},
	}
}

// scenarioTable writes median / p90 / worst of every outage; of the lead, the
// worst is the least.
func scenarioTable(w io.Writer, all []*played) {
	t := table{head: []string{"scenario", "outage"}}
	for _, c := range columns() {
		t.head = append(t.head, c.head)
	}
	t.head = append(t.head, "seen", "false, duplicate, in history")
	for _, p := range all {
		p.rows(&t)
	}
	t.write(w)
}

func (p *played) rows(t *table) {
	outages := len(p.Results[0].Outages)
	for i := range outages {
		row := []string{p.Name, outageName(&p.Results[0].Outages[i])}
		for _, c := range columns() {
			row = append(row, p.three(i, c))
		}
		seen := 0
		for _, r := range p.Results {
			if r.Outages[i].Incident != nil {
				seen++
			}
		}
		t.row(append(row, fmt.Sprintf("%d of %d", seen, len(p.Results)), p.extras())...)
	}
	if outages == 0 {
		t.row(p.Name, "none", "", "", "", "", "", "", "", p.extras())
	}
}

func outageName(s *replay.OutageScore) string {
	return strings.Join(s.Services, ", ") + " " + s.Onset.Format("15:04")
}

// extras are the public incidents that should not have been, over all seeds.
func (p *played) extras() string {
	var wrong, twice, before int
	for _, r := range p.Results {
		wrong += len(r.FalseIncidents)
		twice += len(r.Duplicates)
		before += r.HistoryIncidents
	}
	return fmt.Sprintf("%d, %d, %d", wrong, twice, before)
}

// three is median / p90 / worst over the seeds.
func (p *played) three(outage int, c column) string {
	var xs []float64
	for _, r := range p.Results {
		if x := c.of(&r.Outages[outage]); x != nil {
			v := *x
			if c.size {
				v = math.Abs(v)
			}
			xs = append(xs, v)
		}
	}
	if len(xs) == 0 {
		return "—"
	}
	high, worst := quantile(xs, 0.9), slices.Max(xs)
	if strings.HasPrefix(c.head, "lead") {
		high, worst = quantile(xs, 0.1), slices.Min(xs)
	}
	return fmt.Sprintf("%.0f / %.0f / %.0f", quantile(xs, 0.5), high, worst)
}
