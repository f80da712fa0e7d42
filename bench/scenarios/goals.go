package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// goal is a bound that must hold on every seed.
type goal struct {
	scenario, evidence string
	what               string
	// wrong says, of one result, what is not as it must be; empty: nothing.
	wrong func(sc *replay.Scenario, r *replay.Result) string
}

func goals() []goal {
	return append([]goal{
		{"imessage-2024-05-16", all, "published within 60 s of the onset", publishedWithin(0, minute)},
		{"imessage-2024-05-16", alone, "published within 90 s of the onset, by reports alone", publishedWithin(0, 1.5*minute)},
		{"imessage-2024-05-16", all, "final onset within 60 s", onsetWithin(0, minute)},
		{"imessage-2024-05-16", alone, "final onset within 60 s, by reports alone", onsetWithin(0, minute)},
		{"carrier-only", all, "published within 6 minutes", publishedWithin(0, 6*minute)},
		{"carrier-only", all, "names the carrier and no other", namesCarrier},
		{"two-at-once", all, "two incidents", everyOutage},
		{"two-at-once", all, "the small one within 6 minutes", smallWithin(6 * minute)},
		{"two-at-once", all, "and its country named", smallPlaced},
		{"slow-burn", all, "published within 60 minutes", publishedWithin(0, 60*minute)},
		{"quiet-and-loud-nothing", all, "nothing published of brigade, chatter, blind vantage or gap", nothingOfNoise},
	}, endings()...)
}

// endings are the goals on the end of every outage of the shared scenarios.
func endings() (out []goal) {
	monitoring := func(s *replay.OutageScore) *float64 { return s.MonitoringDelayS }
	closed := func(s *replay.OutageScore) *float64 { return s.CloseDelayS }
	for _, name := range []string{"carrier-only", "imessage-2024-05-16", "slow-burn", "two-at-once"} {
		out = append(out,
			goal{name, all, "said to recover within 15 minutes of the end", endedWithin(monitoring, 15*minute)},
			goal{name, all, "closed within 40 minutes of the end", endedWithin(closed, 40*minute)})
	}
	return append(out,
		goal{"imessage-2024-05-16", alone, "said to recover within 15 minutes of the end, by reports alone", endedWithin(monitoring, 15*minute)},
		goal{"imessage-2024-05-16", alone, "closed within 40 minutes of the end, by reports alone", endedWithin(closed, 40*minute)})
}

func endedWithin(of func(*replay.OutageScore) *float64, most float64) func(*replay.Scenario, *replay.Result) string {
	return func(_ *replay.Scenario, r *replay.Result) string {
		for i := range r.Outages {
			if wrong := over(of(&r.Outages[i]), most); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}

func writeGoals(b *strings.Builder, gs []*group) {
	t := table{head: []string{"scenario", "goal, on every seed", "draw", "kept", "not kept, by seed"}}
	for _, g := range goals() {
		for _, x := range gs {
			if x.scenario.Name != g.scenario || x.evidence != g.evidence {
				continue
			}
			kept, wrong := 0, []string{}
			for _, r := range x.results {
				if w := g.wrong(x.scenario, r); w == "" {
					kept++
				} else if len(wrong) < 8 {
					wrong = append(wrong, fmt.Sprintf("%d: %s", r.Seed, w))
				}
			}
			t.row(g.scenario, g.what, x.draw, fmt.Sprintf("%d of %d", kept, len(x.results)), strings.Join(wrong, "; "))
		}
	}
	t.write(b)
	for _, x := range gs {
		if x.scenario.Name == "quiet-and-loud-nothing" {
			x.chance(b)
		}
	}
}

// chance holds what a week of nothing published against the budget.
func (g *group) chance(b *strings.Builder) {
	n := g.sum(func(r *replay.Result) int { return len(r.FalseIncidents) })
	years := float64(len(g.results)*len(g.scenario.Services)) * g.scenario.End.Sub(g.scenario.Start).Hours() / 24 / 365.25
	fmt.Fprintf(b, "%s, %s: %d false incidents in %.2f service-years; the budget of one a year makes %.1f by chance.\n\n", g.scenario.Name, g.title(), n, years, years)
}

func publishedWithin(outage int, most float64) func(*replay.Scenario, *replay.Result) string {
	return func(_ *replay.Scenario, r *replay.Result) string {
		return over(r.Outages[outage].PublishDelayS, most)
	}
}

func onsetWithin(outage int, most float64) func(*replay.Scenario, *replay.Result) string {
	return func(_ *replay.Scenario, r *replay.Result) string {
		e := r.Outages[outage].OnsetErrorS
		if e != nil && *e < 0 {
			d := -*e
			e = &d
		}
		return over(e, most)
	}
}

func over(x *float64, most float64) string {
	switch {
	case x == nil:
		return "missed"
	case *x > most:
		return fmt.Sprintf("%.0f s", *x)
	default:
		return ""
	}
}

func namesCarrier(sc *replay.Scenario, r *replay.Result) string {
	in := incidentOf(r, 0)
	if in == nil {
		return "missed"
	}
	if !same(in.Scope.Carriers, sc.Outages[0].Carriers) {
		return fmt.Sprintf("says %v", in.Scope.Carriers)
	}
	return ""
}

func everyOutage(_ *replay.Scenario, r *replay.Result) string {
	seen := map[string]bool{}
	for i := range r.Outages {
		if in := r.Outages[i].Incident; in != nil && !r.Outages[i].Covered {
			seen[*in] = true
		}
	}
	if len(seen) < len(r.Outages) {
		return fmt.Sprintf("%d incidents of %d outages", len(seen), len(r.Outages))
	}
	return ""
}

// small is the outage with the fewest reports.
func small(sc *replay.Scenario) int {
	best := 0
	for i := range sc.Outages {
		if sc.Outages[i].Reports < sc.Outages[best].Reports {
			best = i
		}
	}
	return best
}

func smallWithin(most float64) func(*replay.Scenario, *replay.Result) string {
	return func(sc *replay.Scenario, r *replay.Result) string {
		return over(r.Outages[small(sc)].PublishDelayS, most)
	}
}

func smallPlaced(sc *replay.Scenario, r *replay.Result) string {
	in := incidentOf(r, small(sc))
	if in == nil {
		return "missed"
	}
	if !same(in.Scope.Regions, sc.Outages[small(sc)].Regions) {
		return fmt.Sprintf("says %v", in.Scope.Regions)
	}
	return ""
}

// afterNoise is how long after it an incident is still taken for one of a
// noise.
const afterNoise = 30 * time.Minute

func nothingOfNoise(sc *replay.Scenario, r *replay.Result) string {
	var wrong []string
	for i := range r.Incidents {
		in := &r.Incidents[i]
		if in.PublishedAt == nil {
			continue
		}
		for _, n := range sc.Noise {
			here := n.Service == "" || slices.Contains(in.Services, n.Service)
			if here && in.PublishedAt.After(n.At) && in.PublishedAt.Before(n.At.Add(n.Lasts+afterNoise)) {
				wrong = append(wrong, string(n.Kind))
			}
		}
	}
	return strings.Join(wrong, ", ")
}
