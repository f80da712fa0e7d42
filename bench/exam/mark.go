package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// mark is what was wrong with an answer.
type mark struct {
	paper   *paper
	result  *replay.Result
	outages []outageMark
	faults  []string // of the answer as a whole
}

// outageMark is one outage's.
type outageMark struct {
	floor    floor
	expected bool // there was evidence enough, and to spare
	found    bool
	delay    float64 // seconds
	onset    float64 // seconds of error
	faults   []string
}

// What is asked of the judge. It does not know the place, the onset and the size, which the
// floor knows, and pays for finding them out.
const (
	spare       = 2.5              // times the yearly evidence: what is then missed is a fault
	slow        = 3.0              // times the floor's delay
	slowBesides = 4 * time.Minute  // and so much more
	closeWithin = 60 * time.Minute // and three decays
)

func (m *mark) wrong() []string {
	out := slices.Clone(m.faults)
	for i := range m.outages {
		for _, f := range m.outages[i].faults {
			out = append(out, fmt.Sprintf("outage %d: %s", i+1, f))
		}
	}
	return out
}

func examine(p *paper, r *replay.Result) mark {
	m := mark{paper: p, result: r}
	if len(r.FalseIncidents) > 0 {
		m.faults = append(m.faults, fmt.Sprintf("%d false: %s", len(r.FalseIncidents), describe(r, r.FalseIncidents)))
	}
	if r.ReportsCounted != r.ReportsIn {
		m.faults = append(m.faults, fmt.Sprintf("%d reports taken, %d counted", r.ReportsIn, r.ReportsCounted))
	}
	if len(r.Duplicates) > 0 {
		m.faults = append(m.faults, fmt.Sprintf("%d duplicates: %s", len(r.Duplicates), describe(r, r.Duplicates)))
	}
	for i := range r.Incidents {
		m.faults = append(m.faults, sane(p.scenario, &r.Incidents[i])...)
	}
	seen := map[string]int{}
	for i := range r.Outages {
		m.outages = append(m.outages, examineOutage(p.scenario, r, i))
		if id := r.Outages[i].Incident; id != nil {
			seen[*id]++
		}
	}
	for id, n := range seen {
		if n > 1 {
			m.faults = append(m.faults, fmt.Sprintf("%d outages in one: %s", n, describe(r, []string{id})))
		}
	}
	return m
}

// describe tells the incidents in short.
func describe(r *replay.Result, ids []string) string {
	var out []string
	for i := range r.Incidents {
		in := &r.Incidents[i]
		if contains(ids, in.ID) {
			out = append(out, fmt.Sprintf("%s %s at %s", strings.Join(in.Services, "+"), scopeWords(in.Scope), in.PublishedAt.Format("02 15:04")))
		}
	}
	return strings.Join(out, ", ")
}

func scopeWords(s replay.Scope) string {
	return fmt.Sprintf("%v%v%v", s.Regions, s.Carriers, s.Symptoms)
}

// sane checks what must be true of any incident.
func sane(sc *replay.Scenario, in *replay.Incident) (wrong []string) {
	order := []*time.Time{in.DetectedAt, in.PublishedAt, in.MonitoringAt, in.ClosedAt}
	var last time.Time
	for _, t := range order {
		if t != nil && t.Before(last) {
			wrong = append(wrong, "an incident's instants are out of order")
		}
		if t != nil {
			last = *t
		}
	}
	if in.OnsetEstimate == nil || in.OnsetInterval[0] == nil || in.OnsetInterval[0].After(*in.OnsetEstimate) || in.OnsetInterval[1].Before(*in.OnsetEstimate) {
		wrong = append(wrong, "an onset outside of its interval")
	}
	if len(in.Services) == 0 || len(in.Evidence) == 0 || in.Headline == "" {
		wrong = append(wrong, "an incident without services, evidence or headline")
	}
	for _, e := range in.Evidence {
		if math.IsNaN(e.Nats) || math.IsInf(e.Nats, 0) || e.Words == "" {
			wrong = append(wrong, "evidence without number or words")
		}
	}
	for _, s := range sc.Services {
		if contains(in.Services, s.ID) && len(in.Services) == 1 && !strings.Contains(in.Headline, s.Name) {
			wrong = append(wrong, "a headline that does not name the service: "+in.Headline)
		}
	}
	return wrong
}

func examineOutage(sc *replay.Scenario, r *replay.Result, i int) outageMark {
	o, s := &sc.Outages[i], &r.Outages[i]
	m := outageMark{floor: floorOf(sc, o), found: s.Incident != nil}
	m.expected = m.floor.delay > 0 && m.floor.most > spare*yearly
	wrong := func(format string, args ...any) { m.faults = append(m.faults, fmt.Sprintf(format, args...)) }
	if !m.found {
		if m.expected {
			wrong("missed (%.0f nats, floor %s)", m.floor.most, m.floor.delay)
		}
		return m
	}
	in := incidentOf(r, *s.Incident)
	if s.Covered {
		return m
	}
	if s.PublishDelayS != nil {
		m.delay = *s.PublishDelayS
		if m.expected && m.delay > slow*m.floor.delay.Seconds()+slowBesides.Seconds() {
			wrong("late: %.0f s, floor %.0f s", m.delay, m.floor.delay.Seconds())
		}
	}
	if s.OnsetErrorS != nil {
		m.onset = *s.OnsetErrorS
		if inside := !in.OnsetInterval[0].After(o.Onset) && !in.OnsetInterval[1].Before(o.Onset); !inside && math.Abs(m.onset) > 120+o.Ramp.Seconds()/4 {
			wrong("onset %+.0f s", m.onset)
		}
	}
	if w := scopeWrong(plain(sc, o), o, in); w != "" {
		wrong("%s", w)
	}
	m.faults = append(m.faults, ending(sc, o, in)...)
	return m
}

func ending(sc *replay.Scenario, o *replay.Outage, in *replay.Incident) (wrong []string) {
	switch {
	case in.ClosedAt != nil && in.ClosedAt.Before(o.Resolved.Add(-time.Minute)):
		wrong = append(wrong, fmt.Sprintf("closed %s before the end", o.Resolved.Sub(*in.ClosedAt).Round(time.Second)))
	case in.ClosedAt == nil && sc.End.Sub(o.Resolved) > closeWithin+3*o.Decay:
		wrong = append(wrong, "never closed")
	case in.ClosedAt != nil && in.ClosedAt.Sub(o.Resolved) > closeWithin+3*o.Decay:
		wrong = append(wrong, fmt.Sprintf("closed %s after the end", in.ClosedAt.Sub(o.Resolved).Round(time.Second)))
	}
	if in.MonitoringAt != nil && in.MonitoringAt.Before(o.Resolved.Add(-time.Minute)) {
		wrong = append(wrong, fmt.Sprintf("said to recover %s too soon", o.Resolved.Sub(*in.MonitoringAt).Round(time.Second)))
	}
	return wrong
}

func incidentOf(r *replay.Result, id string) *replay.Incident {
	for i := range r.Incidents {
		if r.Incidents[i].ID == id {
			return &r.Incidents[i]
		}
	}
	return nil
}

// plain are the services whose own share of the outage could be found, and to
// spare: the others may be left out.
func plain(sc *replay.Scenario, o *replay.Outage) []string {
	var out []string
	for i := range sc.Services {
		if s := &sc.Services[i]; contains(o.Failed(), s.ID) && floorIn(sc, o, s).most > spare*yearly {
			out = append(out, s.ID)
		}
	}
	return out
}

// scopeWrong holds services and places against the truth.
func scopeWrong(plain []string, o *replay.Outage, in *replay.Incident) string {
	var wrong []string
	if !inside(in.Services, o.Failed()) || !inside(plain, in.Services) {
		wrong = append(wrong, fmt.Sprintf("services: said %v, true %v, plain %v", in.Services, o.Failed(), plain))
	}
	for _, c := range []struct {
		what        string
		truth, said []string
	}{{"regions", o.Regions, in.Scope.Regions}, {"carriers", o.Carriers, in.Scope.Carriers}} {
		if w := compare(c.truth, c.said); w != "" {
			wrong = append(wrong, fmt.Sprintf("%s %s: said %v, true %v", c.what, w, c.said, c.truth))
		}
	}
	symptoms := []string{}
	for _, s := range o.Symptoms {
		symptoms = append(symptoms, s.Name)
	}
	if len(in.Scope.Symptoms) > 0 && compare(symptoms, in.Scope.Symptoms) != "" {
		wrong = append(wrong, fmt.Sprintf("symptoms: said %v, true %v", in.Scope.Symptoms, symptoms))
	}
	return strings.Join(wrong, "; ")
}

func inside(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !contains(b, s) })
}

func compare(truth, said []string) string {
	switch {
	case inside(said, truth) && inside(truth, said):
		return ""
	case len(said) == 0:
		return "not confined"
	case len(truth) == 0:
		return "over-confined"
	case inside(said, truth):
		return "too few"
	case inside(truth, said):
		return "too many"
	default:
		return "wrong"
	}
}
