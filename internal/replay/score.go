package replay

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Failed are the services that have something wrong, sorted.
func (o *Outage) Failed() []string {
	var out []string
	for _, s := range o.Services {
		if !slices.Contains(o.Collateral, s.Name) {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return out
}

// early is how long before an outage's onset an incident may be detected and
// still be its own: the fault's first effects and the tick they fall into.
const early = 2 * time.Minute

// Score fills in the incidents, the outages, and what matches none. Give it
// every incident that was ever public, in any order. Those published before
// the scenario's start are counted as history; they, too, are listed when they
// were still open at the start.
//
// An incident belongs to an outage when they share a service that failed
// (collateral apart) and it was detected from two minutes before onset until
// the extra reports have died away. Of several the first public one is the outage's, the others
// are duplicates. What belongs to no outage is false. Where an incident
// fits several outages, it is matched to the one whose onset is nearest.
func Score(sc *Scenario, public []outcry.Incident, into *Result) {
	public = slices.Clone(public)
	slices.SortFunc(public, func(a, b outcry.Incident) int {
		return cmp.Or(a.PublishedAt.Compare(b.PublishedAt), cmp.Compare(a.ID, b.ID))
	})
	into.Scenario = sc.Name
	into.HistoryIncidents = 0
	into.Incidents, into.Outages = []Incident{}, []OutageScore{}
	into.FalseIncidents, into.Duplicates = []string{}, []string{}
	if into.ReportsRefused == nil {
		into.ReportsRefused = map[string]int64{}
	}
	m := matching{sc: sc, first: make([]*outcry.Incident, len(sc.Outages))}
	for i := range public {
		inc := &public[i]
		if inc.PublishedAt.Before(sc.Start) {
			into.HistoryIncidents++
		}
		if !inc.ClosedAt.IsZero() && inc.ClosedAt.Before(sc.Start) {
			continue
		}
		into.Incidents = append(into.Incidents, incidentOf(inc))
		m.match(inc, into)
	}
	for i := range sc.Outages {
		into.Outages = append(into.Outages, m.score(i, public))
	}
}

type matching struct {
	sc    *Scenario
	first []*outcry.Incident // of each outage
}

// match finds the incident's outage.
func (m *matching) match(inc *outcry.Incident, into *Result) {
	best, distance := -1, time.Duration(0)
	for i := range m.sc.Outages {
		o := &m.sc.Outages[i]
		if d := detected(inc).Sub(o.Onset).Abs(); belongs(inc, o) && (best < 0 || d < distance) {
			best, distance = i, d
		}
	}
	switch {
	case best < 0:
		into.FalseIncidents = append(into.FalseIncidents, inc.ID)
	case m.first[best] != nil:
		into.Duplicates = append(into.Duplicates, inc.ID)
	default:
		m.first[best] = inc
	}
}

func belongs(inc *outcry.Incident, o *Outage) bool {
	until := o.Resolved.Add(tail * o.Decay)
	at := detected(inc)
	return concerned(inc, o) && !at.Before(o.Onset.Add(-early)) && !at.After(until)
}

// detected is when it was seen; one that a person opened was never detected.
func detected(inc *outcry.Incident) time.Time {
	if inc.DetectedAt.IsZero() {
		return inc.PublishedAt
	}
	return inc.DetectedAt
}

func concerned(inc *outcry.Incident, o *Outage) bool {
	return slices.ContainsFunc(o.Failed(), func(s string) bool { return slices.Contains(inc.Services, s) })
}

func (m *matching) score(i int, public []outcry.Incident) OutageScore {
	o := &m.sc.Outages[i]
	s := OutageScore{Services: o.Failed(), Onset: o.Onset.UTC(), Resolved: o.Resolved.UTC()}
	official := m.sc.firstWord(o)
	s.OfficialLagS, s.OfficialWords = since(official, o.Onset), officialWords(official, o)
	inc := m.first[i]
	if inc == nil {
		inc = covering(public, o)
		if inc == nil {
			return s
		}
		s.Covered = true
	}
	s.Incident = &inc.ID
	s.MonitoringDelayS = since(inc.MonitoringAt, o.Resolved)
	s.CloseDelayS = since(inc.ClosedAt, o.Resolved)
	s.LeadS = since(official, inc.PublishedAt)
	if s.Covered {
		return s
	}
	s.DetectDelayS = since(inc.DetectedAt, o.Onset)
	s.PublishDelayS = since(inc.PublishedAt, o.Onset)
	s.OnsetErrorS = since(inc.Onset.At, o.Onset)
	return s
}

// covering finds an incident that was public and open when the outage began.
func covering(public []outcry.Incident, o *Outage) *outcry.Incident {
	for i := range public {
		inc := &public[i]
		open := inc.PublishedAt.Before(o.Onset) && (inc.ClosedAt.IsZero() || inc.ClosedAt.After(o.Onset))
		if open && concerned(inc, o) {
			return inc
		}
	}
	return nil
}

// firstWord is the vendor's first admission about a service that failed, from
// shortly before the onset until the reports have died away; zero: none.
func (sc *Scenario) firstWord(o *Outage) (first time.Time) {
	for _, b := range sc.Official {
		concerns := slices.ContainsFunc(o.Failed(), func(s string) bool { return slices.Contains(b.Services, s) })
		inTime := !b.At.Before(o.Onset.Add(-early)) && !b.At.After(o.Resolved.Add(tail*o.Decay))
		if b.Status == StatusIssue && concerns && inTime && (first.IsZero() || b.At.Before(first)) {
			first = b.At
		}
	}
	return first
}

// officialWords say how late the vendor was.
func officialWords(first time.Time, o *Outage) string {
	minutes := func(d time.Duration) int { return int(d.Round(time.Minute).Minutes()) }
	switch lag := first.Sub(o.Onset); {
	case first.IsZero():
		return "never a word"
	case lag < 0:
		return "first word before it began"
	default:
		return fmt.Sprintf("first word after %d minutes of %d", minutes(lag), minutes(o.Resolved.Sub(o.Onset)))
	}
}

// since is a − b in seconds, null when either never happened.
func since(a, b time.Time) *float64 {
	if a.IsZero() || b.IsZero() {
		return nil
	}
	s := a.Sub(b).Seconds()
	return &s
}

// incidentOf puts an incident into the answer's form.
func incidentOf(inc *outcry.Incident) Incident {
	out := Incident{
		ID:                 inc.ID,
		Services:           sorted(inc.Services),
		Collateral:         sorted(inc.Collateral),
		Scope:              Scope{sorted(inc.Affected.Regions), sorted(inc.Affected.Carriers), sorted(inc.Affected.Symptoms)},
		DetectedAt:         instant(inc.DetectedAt),
		PublishedAt:        instant(inc.PublishedAt),
		ConfirmedAt:        instant(inc.ConfirmedAt),
		MonitoringAt:       instant(inc.MonitoringAt),
		ClosedAt:           instant(inc.ClosedAt),
		OnsetEstimate:      instant(inc.Onset.At),
		OnsetInterval:      [2]*time.Time{instant(inc.Onset.From), instant(inc.Onset.To)},
		OnsetAtPublication: instant(inc.OnsetAtPublication),
		Evidence:           []Evidence{},
		Contributions:      []Contribution{},
		Headline:           inc.Headline,
	}
	for _, e := range inc.Evidence {
		out.Evidence = append(out.Evidence, Evidence{e.Stream, e.Nats, e.Words})
	}
	return out
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return out
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
