package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
)

// allowed are the transitions between stored versions of an incident. A step
// may take several: found, published and recovering at once.
var allowed = map[outcry.IncidentState][]outcry.IncidentState{
	"":                        {outcry.StatePossible, outcry.StateInvestigating, outcry.StateIdentified, outcry.StateMonitoring, outcry.StateDismissed},
	outcry.StatePossible:      {outcry.StateInvestigating, outcry.StateMonitoring, outcry.StateResolved, outcry.StateDismissed},
	outcry.StateInvestigating: {outcry.StateIdentified, outcry.StateMonitoring, outcry.StateResolved, outcry.StateDismissed},
	outcry.StateIdentified:    {outcry.StateInvestigating, outcry.StateMonitoring, outcry.StateResolved, outcry.StateDismissed},
	outcry.StateMonitoring:    {outcry.StateInvestigating, outcry.StateIdentified, outcry.StateResolved, outcry.StateDismissed},
	outcry.StateResolved:      {outcry.StateInvestigating, outcry.StatePossible},
	outcry.StateDismissed:     {outcry.StateInvestigating, outcry.StatePossible},
}

// world is a random run against the ledger.
type world struct {
	cfg    incident.Config
	ledger *incident.Ledger
	ids    int
	at     time.Time
	stored map[string]outcry.Incident
	log    []string // every change, to compare two runs
}

func newWorld(modes map[string]incident.Mode) *world {
	w := &world{at: zero, stored: map[string]outcry.Incident{}}
	w.cfg = incident.Config{
		Services: apple, NewID: func() string { w.ids++; return fmt.Sprintf("%04d", w.ids) },
		Policy: func(s string) incident.Policy { return incident.Policy{Mode: modes[s]} },
	}
	return w
}

func (w *world) restart(t *rapid.T) {
	var all []outcry.Incident
	for _, in := range w.stored {
		all = append(all, in)
	}
	slices.SortFunc(all, func(a, b outcry.Incident) int { return strings.Compare(a.ID, b.ID) })
	l, err := incident.New(w.cfg, all)
	if err != nil {
		t.Fatalf("what the ledger wrote, it cannot read: %v", err)
	}
	w.ledger = l
}

func (w *world) keep(t *rapid.T, c incident.Change) {
	in := c.Incident
	old := w.stored[in.ID]
	if in.Version != old.Version {
		t.Fatalf("%s: change of version %d, stored is %d", in.ID, in.Version, old.Version)
	}
	w.log = append(w.log, fmt.Sprintf("%+v %v", in, c.Notices))
	in.Version++
	w.stored[in.ID] = in
	checkIncident(t, &old, &in, c.Notices)
}

func checkIncident(t *rapid.T, old, in *outcry.Incident, notices []outcry.NoticeKind) {
	if old.State != in.State && !slices.Contains(allowed[old.State], in.State) {
		t.Fatalf("%s went from %q to %q", in.ID, old.State, in.State)
	}
	if old.Public && !in.Public {
		t.Fatalf("%s was un-published", in.ID)
	}
	if in.Public == in.PublishedAt.IsZero() || in.Public && in.State == outcry.StatePossible {
		t.Fatalf("%s: public is %v, published at %v, state %s", in.ID, in.Public, in.PublishedAt, in.State)
	}
	if in.Open() != in.ClosedAt.IsZero() {
		t.Fatalf("%s is %s, closed at %v", in.ID, in.State, in.ClosedAt)
	}
	if in.Confirmed == in.ConfirmedAt.IsZero() || old.Confirmed && !in.Confirmed {
		t.Fatalf("%s: confirmed is %v at %v", in.ID, in.Confirmed, in.ConfirmedAt)
	}
	if !slices.IsSorted(in.Services) || len(slices.Compact(slices.Clone(in.Services))) != len(in.Services) || len(in.Services) == 0 {
		t.Fatalf("%s: services %v", in.ID, in.Services)
	}
	if !slices.IsSorted(in.Collateral) || slices.ContainsFunc(in.Collateral, func(s string) bool { return slices.Contains(in.Services, s) }) {
		t.Fatalf("%s: services %v, collateral %v", in.ID, in.Services, in.Collateral)
	}
	if len(notices) > 0 && !in.Public || len(notices) > 1 {
		t.Fatalf("%s: notices %v, public is %v", in.ID, notices, in.Public)
	}
	checkTimeline(t, old, in, notices)
}

func checkTimeline(t *rapid.T, old, in *outcry.Incident, notices []outcry.NoticeKind) {
	if len(in.Updates) < len(old.Updates) || !slices.Equal(old.Updates, in.Updates[:len(old.Updates)]) {
		t.Fatalf("%s: its timeline was rewritten", in.ID)
	}
	if !slices.IsSortedFunc(in.Updates, func(a, b outcry.Update) int { return a.At.Compare(b.At) }) {
		t.Fatalf("%s: its timeline goes back in time", in.ID)
	}
	said := slices.ContainsFunc(in.Updates[len(old.Updates):], func(u outcry.Update) bool { return u.Public })
	if said != (len(notices) > 0) {
		t.Fatalf("%s: a public word is %v, notices %v", in.ID, said, notices)
	}
	if in.Public && old.State != in.State && !said {
		t.Fatalf("%s went from %q to %q without a public word", in.ID, old.State, in.State)
	}
}

func (w *world) checkTogether(t *rapid.T) {
	holder := map[string]string{}
	for _, in := range w.ledger.Open() {
		for _, s := range in.Services {
			if o, taken := holder[s]; taken {
				t.Fatalf("%s and %s are open and hold %s", o, in.ID, s)
			}
			holder[s] = in.ID
		}
	}
}

var somewhere = rapid.SampledFrom([][]string{nil, nil, {"DE"}, {"US-TX"}, {"US"}, {"DE", "GB"}})

func verdictGen(service string) *rapid.Generator[outcry.Verdict] {
	return rapid.Custom(func(t *rapid.T) outcry.Verdict {
		v := outcry.Verdict{
			Service: service, Own: true, Tier: outcry.TierOutage,
			Condition: outcry.Condition(rapid.IntRange(0, 4).Draw(t, "condition")),
			Confirmed: rapid.Bool().Draw(t, "confirmed"),
			Affected:  outcry.Affected{Regions: somewhere.Draw(t, "where")},
			Size:      outcry.Size{Reporters: float64(rapid.IntRange(0, 100).Draw(t, "reporters"))},
		}
		if rapid.Float64Range(0, 1).Draw(t, "whose") < 0.2 {
			v.Carrier = "T-Mobile"
		}
		if rapid.Float64Range(0, 1).Draw(t, "raised") < 0.2 {
			v.Own, v.Cause = false, apple[rapid.IntRange(0, 3).Draw(t, "cause")].ID
		}
		return v
	})
}

var verbs = []incident.Verb{
	incident.Open, incident.Say, incident.Note, incident.Publish, incident.Vouch, incident.Resolve,
	incident.Dismiss, incident.Reopen, incident.Edit, "bury",
}

func commandGen(ids []string) *rapid.Generator[incident.Command] {
	return rapid.Custom(func(t *rapid.T) incident.Command {
		c := incident.Command{
			Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Author: "ada", Body: "Words.", Title: "A title",
			Services: []string{apple[rapid.IntRange(0, 7).Draw(t, "service")].ID},
			State: rapid.SampledFrom([]outcry.IncidentState{
				"", outcry.StateInvestigating, outcry.StateIdentified, outcry.StateMonitoring, outcry.StateResolved, outcry.StatePossible,
			}).Draw(t, "state"),
		}
		if len(ids) > 0 {
			c.Incident = rapid.SampledFrom(ids).Draw(t, "incident")
		}
		return c
	})
}

// step is a part of a run, drawn once and played to two ledgers.
type step struct {
	wait     time.Duration
	times    int
	verdicts []outcry.Verdict
	command  *incident.Command
	restart  bool
}

func (w *world) play(t *rapid.T, s step) {
	if s.restart {
		w.restart(t)
	}
	for range s.times {
		w.at = w.at.Add(s.wait)
		for i := range s.verdicts {
			s.verdicts[i].Onset = outcry.Onset{At: w.at.Add(-time.Minute)}
		}
		for _, c := range w.ledger.Judge(w.at, s.verdicts) {
			w.keep(t, c)
		}
	}
	if s.command != nil {
		if c, err := w.ledger.Do(w.at, *s.command); err == nil {
			w.keep(t, c)
		} else if code := outcry.CodeOf(err); code != outcry.CodeConflict && code != outcry.CodeInvalid && code != outcry.CodeNotFound {
			t.Fatalf("%s: %v", s.command.Verb, err)
		}
	}
	w.checkTogether(t)
}

func (w *world) draw(t *rapid.T) step {
	s := step{
		times:   rapid.IntRange(1, 60).Draw(t, "times"),
		wait:    rapid.SampledFrom([]time.Duration{10 * time.Second, 10 * time.Second, time.Minute, -30 * time.Second}).Draw(t, "wait"),
		restart: rapid.Float64Range(0, 1).Draw(t, "restart") < 0.1,
	}
	for _, sv := range apple[:8] {
		if rapid.Float64Range(0, 1).Draw(t, "speaks") < 0.5 {
			s.verdicts = append(s.verdicts, verdictGen(sv.ID).Draw(t, sv.ID))
		}
	}
	if rapid.Bool().Draw(t, "person") {
		var ids []string
		for id := range w.stored {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		s.command = new(commandGen(ids).Draw(t, "command"))
	}
	return s
}

// Whatever judge, people and clocks do, an incident lives by its rules, and two
// ledgers that are told the same write the same.
func TestLedgerKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		modes := map[string]incident.Mode{}
		for _, sv := range apple {
			modes[sv.ID] = rapid.SampledFrom([]incident.Mode{incident.Auto, incident.Auto, incident.Confirm, incident.Manual}).Draw(t, "mode")
		}
		a, b := newWorld(modes), newWorld(modes)
		a.restart(t)
		b.restart(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			s := a.draw(t)
			a.play(t, s)
			b.play(t, s)
		}
		if diff := cmp.Diff(a.log, b.log); diff != "" {
			t.Fatalf("two runs over the same input differ: %s", diff)
		}
	})
}
