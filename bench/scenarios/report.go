package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// group is one scenario, draw and kind of evidence over its seeds.
type group struct {
	scenario       *replay.Scenario
	draw, evidence string
	results        []*replay.Result
}

func (g *group) title() string { return fmt.Sprintf("%s draw, %s", g.draw, heard(g.evidence)) }

func heard(evidence string) string {
	if evidence == alone {
		return "reports alone"
	}
	return "reports and checks"
}

func groups(done []played) (out []*group) {
	for _, p := range done {
		i := slices.IndexFunc(out, func(g *group) bool {
			return g.scenario.Name == p.scenario.Name && g.draw == p.draw && g.evidence == p.evidence
		})
		if i < 0 {
			i, out = len(out), append(out, &group{scenario: p.scenario, draw: p.draw, evidence: p.evidence})
		}
		out[i].results = append(out[i].results, p.Result)
	}
	slices.SortStableFunc(out, func(a, b *group) int { return strings.Compare(a.scenario.Name, b.scenario.Name) })
	return out
}

const preface = `# Scenarios: how soon, and what else

Made by ` + "`go run ./bench/scenarios -write`" + `. Every shipped scenario (scenarios/, each says what of it is known and what assumed) goes
through the whole pipeline on a virtual clock, as ` + "`outcry replay`" + ` does it, from the door of the intake to the incident: four
weeks of history, then the event. The reference draw is scenarios/draw.py, the other one is internal/replay's own. Seconds after
the onset, or after the end for monitoring and close: median / p90 / worst over the seeds. Of the lead over the vendor's
first word, p10 and the least stand in place of p90 and worst. Scope is right when regions and carriers are those of the scenario,
no more and no fewer. "False" counts public incidents that match no outage; "history" those in the quiet four weeks before.
What each stream of evidence contributed: [streams.md](streams.md).

`

// report writes all tables as Markdown.
func report(done []played, seeds int) string {
	var b strings.Builder
	b.WriteString(preface)
	gs := groups(done)
	least := math.MaxInt
	for _, g := range gs {
		least = min(least, len(g.results))
	}
	if len(gs) == 0 {
		return preface + "Nothing has been played.\n"
	}
	fmt.Fprintf(&b, "Seeds of each: %d to %d.\n\n## Goals\n\n", least, seeds)
	writeGoals(&b, gs)
	for _, d := range []string{reference, own} {
		for _, e := range []string{all, alone} {
			writeGroups(&b, gs, d, e)
		}
	}
	return b.String()
}

func writeGroups(b *strings.Builder, gs []*group, draw, evidence string) {
	t := table{head: []string{"scenario", "outage", "published", "confirmed", "onset error", "monitoring", "closed", "lead", "found", "scope right", "false", "duplicates", "history"}}
	var years float64
	var before int
	for _, g := range gs {
		if g.draw != draw || g.evidence != evidence {
			continue
		}
		g.rows(&t)
		years += float64(len(g.results)*len(g.scenario.Services)) * g.scenario.History.Hours() / 24 / 365.25
		before += g.sum(func(r *replay.Result) int { return r.HistoryIncidents })
	}
	if len(t.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## The %s draw, %s\n\n", draw, heard(evidence))
	t.write(b)
	fmt.Fprintf(b, "In the quiet weeks before: %d public incidents in %.1f service-years, %.2f a year; the budget is 1. Each of these runs is a cold start.\n\n", before, years, float64(before)/years)
}

func (g *group) sum(of func(*replay.Result) int) (n int) {
	for _, r := range g.results {
		n += of(r)
	}
	return n
}

func (g *group) rows(t *table) {
	extras := []string{
		fmt.Sprint(g.sum(func(r *replay.Result) int { return len(r.FalseIncidents) })),
		fmt.Sprint(g.sum(func(r *replay.Result) int { return len(r.Duplicates) })),
		fmt.Sprint(g.sum(func(r *replay.Result) int { return r.HistoryIncidents })),
	}
	for i := range g.scenario.Outages {
		row := []string{g.scenario.Name, outageName(&g.scenario.Outages[i])}
		for _, m := range measures() {
			row = append(row, g.three(i, m))
		}
		row = append(row, g.share(i, func(s *replay.OutageScore, _ *replay.Incident) bool { return s.Incident != nil }))
		row = append(row, g.share(i, func(s *replay.OutageScore, in *replay.Incident) bool {
			return in != nil && scopeRight(&g.scenario.Outages[i], in)
		}))
		t.row(append(row, extras...)...)
		extras = []string{"", "", ""}
	}
	if len(g.scenario.Outages) == 0 {
		t.row(append([]string{g.scenario.Name, "none", "", "", "", "", "", "", "", ""}, extras...)...)
	}
}

func outageName(o *replay.Outage) string {
	services := o.Failed()
	if len(services) > 3 {
		services = append(services[:3], fmt.Sprintf("%d more", len(services)-3))
	}
	return strings.Join(services, ", ") + " " + o.Onset.Format("15:04")
}

// scopeRight compares places: what fails there is another question.
func scopeRight(o *replay.Outage, in *replay.Incident) bool {
	return same(o.Regions, in.Scope.Regions) && same(o.Carriers, in.Scope.Carriers)
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// incidentOf is the one that was matched to an outage.
func incidentOf(r *replay.Result, outage int) *replay.Incident {
	s := &r.Outages[outage]
	if s.Incident == nil {
		return nil
	}
	for i := range r.Incidents {
		if r.Incidents[i].ID == *s.Incident {
			return &r.Incidents[i]
		}
	}
	return nil
}

func (g *group) share(outage int, of func(*replay.OutageScore, *replay.Incident) bool) string {
	n := 0
	for _, r := range g.results {
		if of(&r.Outages[outage], incidentOf(r, outage)) {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(g.results))
}

// measure is one number of an outage.
type measure struct {
	of   func(*replay.OutageScore, *replay.Incident) *float64
	size bool // its absolute value is what counts
	low  bool // the low end is the bad one
}

func measures() []measure {
	return []measure{
		{of: func(s *replay.OutageScore, _ *replay.Incident) *float64 { return s.PublishDelayS }},
		{of: confirmDelay},
		{of: func(s *replay.OutageScore, _ *replay.Incident) *float64 { return s.OnsetErrorS }, size: true},
		{of: func(s *replay.OutageScore, _ *replay.Incident) *float64 { return s.MonitoringDelayS }},
		{of: func(s *replay.OutageScore, _ *replay.Incident) *float64 { return s.CloseDelayS }},
		{of: func(s *replay.OutageScore, _ *replay.Incident) *float64 { return s.LeadS }, low: true},
	}
}

func confirmDelay(s *replay.OutageScore, in *replay.Incident) *float64 {
	if in == nil || in.ConfirmedAt == nil || s.Covered {
		return nil
	}
	d := in.ConfirmedAt.Sub(s.Onset).Seconds()
	return &d
}

func (g *group) values(outage int, m measure) (xs []float64) {
	for _, r := range g.results {
		if x := m.of(&r.Outages[outage], incidentOf(r, outage)); x != nil {
			v := *x
			if m.size {
				v = math.Abs(v)
			}
			xs = append(xs, v)
		}
	}
	slices.Sort(xs)
	return xs
}

// three is median / p90 / worst.
func (g *group) three(outage int, m measure) string {
	xs := g.values(outage, m)
	if len(xs) == 0 {
		return "–"
	}
	at := func(q float64) float64 { return xs[int(math.Round(q*float64(len(xs)-1)))] }
	high, worst := at(0.9), at(1)
	if m.low {
		high, worst = at(0.1), at(0)
	}
	return fmt.Sprintf("%.0f / %.0f / %.0f", at(0.5), high, worst)
}

// table is a Markdown table.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(b *strings.Builder) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(t.head, " | "), strings.Repeat(" --- |", len(t.head)))
	for _, r := range t.rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(r, " | "))
	}
	b.WriteString("\n")
}

const minute = float64(time.Minute / time.Second)
