package app

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/store"
)

// shaky is a store that fails when it is told to.
type shaky struct {
	*store.Store
	fail error
}

func (s *shaky) Apply(ctx context.Context, j store.Judged, changes []store.IncidentChange) error {
	if s.fail != nil {
		return s.fail
	}
	return s.Store.Apply(ctx, j, changes)
}

// crowd is an audience that takes notes.
type crowd struct {
	ticks   []outcry.Tick
	through outcry.Tick
	told    []outcry.Incident
}

func (c *crowd) heard(t outcry.Tick, _ []outcry.Tally, _ []outcry.Verdict) {
	c.ticks = append(c.ticks, t)
}
func (c *crowd) passed(t outcry.Tick)       { c.through = t }
func (c *crowd) changed(in outcry.Incident) { c.told = append(c.told, in) }

const twoServices = `
services: [{id: shop}, {id: chat}]
notify: {channels: [{name: hook, type: webhook, url: "https://example.com/hook", secret: {env: HOOK}}]}
`

// trial is a court on a store, with a day of ordinary life behind it.
type trial struct {
	*court
	t     *testing.T
	docs  *shaky
	crowd *crowd
	next  outcry.Tick
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	x := &trial{t: t, docs: &shaky{Store: memory(t)}, crowd: &crowd{}, next: t0}
	x.restart()
	return x
}

// restart is a new process on the same store.
func (x *trial) restart() {
	x.t.Helper()
	n := 0
	id := func() string { n++; return fmt.Sprintf("i%d-%d", x.next, n) }
	x.court = newCourt(parse(x.t, twoServices), x.docs, x.crowd, id, quietLog())
	silent := func(from, to outcry.Tick) ([]outcry.Tally, error) {
		return x.docs.Tallies(x.t.Context(), store.TallyQuery{From: from, To: to, Cells: true})
	}
	if err := x.open(x.t.Context(), t0, silent); err != nil {
		x.t.Fatal(err)
	}
}

// run judges so many ticks, with so many people reporting the shop in each.
func (x *trial) run(ticks outcry.Tick, people uint32) error {
	x.t.Helper()
	from, to := x.next, x.next+ticks
	var tallies []outcry.Tally
	for t := from; t < to && people > 0; t++ {
		tallies = append(tallies, reports("shop", t, people))
	}
	if err := x.docs.CommitTallies(x.t.Context(), 0, uint64(from-t0), uint64(to-t0), to-1, tallies); err != nil {
		x.t.Fatal(err)
	}
	x.next = to
	at := func(t outcry.Tick) time.Time { return t.End().Add(time.Second) }
	return x.sit(x.t.Context(), from, to, tallies, at, func(outcry.Tick) float64 { return 1 })
}

func (x *trial) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *trial) openIncidents() []outcry.Incident {
	x.t.Helper()
	open, err := x.docs.Incidents(x.t.Context(), store.IncidentQuery{Open: true})
	x.must(err)
	return open
}

func (x *trial) notices() (kinds []outcry.NoticeKind) {
	x.t.Helper()
	list, err := x.docs.ClaimNotices(x.t.Context(), time.Now().Add(1000*time.Hour), time.Minute, 100)
	x.must(err)
	for _, n := range list {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func TestCourtOpensAndCloses(t *testing.T) {
	x := newTrial(t)
	x.must(x.run(360, 0))
	x.must(x.run(30, 40))
	open := x.openIncidents()
	if len(open) != 1 || !open[0].Public || !slices.Equal(open[0].Services, []string{"shop"}) {
		t.Fatalf("open after 5 min of reports: %+v; want one, public, of the shop", open)
	}
	x.must(x.run(360, 0))
	if open := x.openIncidents(); len(open) != 0 {
		t.Fatalf("open after an hour of silence: %+v", open)
	}
	if last := x.crowd.told[len(x.crowd.told)-1]; last.State != outcry.StateResolved {
		t.Errorf("the audience was told last that it is %s", last.State)
	}
	kinds := x.notices()
	if len(kinds) < 2 || kinds[0] != outcry.NoticeOpened || !slices.Contains(kinds, outcry.NoticeResolved) {
		t.Errorf("notices %v, want one of opening first, and one of the end", kinds)
	}
	if x.crowd.through != x.next-1 {
		t.Errorf("the audience was told that all is judged to %d, want %d", x.crowd.through, x.next-1)
	}
}

// What a full disk keeps from being stored is stored when there is space again,
// and no tick is judged twice.
func TestCourtOutlastsAStoreThatFails(t *testing.T) {
	calm, shaken := newTrial(t), newTrial(t)
	for i, people := range []uint32{0, 0, 30, 30, 30, 30, 0, 0} {
		calm.must(calm.run(10, people))
		if i >= 2 && i < 5 {
			shaken.docs.fail = failing()
			if err := shaken.run(10, people); outcry.CodeOf(err) != outcry.CodeUnavailable {
				t.Fatalf("turn %d: %v, want that it is unavailable", i, err)
			}
			if n := len(shaken.openIncidents()); n > 0 {
				t.Fatalf("turn %d: %d incidents in a store that fails", i, n)
			}
			if len(shaken.crowd.told) > 0 {
				t.Fatalf("turn %d: the audience is told what is not stored", i)
			}
			shaken.docs.fail = nil
			continue
		}
		shaken.must(shaken.run(10, people))
	}
	same := cmpopts.IgnoreFields(outcry.Incident{}, "ID")
	ids := cmpopts.IgnoreFields(outcry.Update{}, "ID")
	if diff := cmp.Diff(calm.openIncidents(), shaken.openIncidents(), same, ids); diff != "" {
		t.Errorf("the incident, without and with trouble (-without +with):\n%s", diff)
	}
	if len(calm.openIncidents()) != 1 {
		t.Errorf("%d incidents, want one", len(calm.openIncidents()))
	}
	if diff := cmp.Diff(calm.notices(), shaken.notices()); diff != "" {
		t.Errorf("notices, without and with trouble (-without +with):\n%s", diff)
	}
}

// At the end, what could not be stored is tried once more.
func TestCourtStoresAtTheEnd(t *testing.T) {
	x := newTrial(t)
	x.must(x.run(60, 0))
	x.docs.fail = failing()
	if err := x.run(30, 40); err == nil {
		t.Fatal("a store that fails has stored")
	}
	x.docs.fail = nil
	x.must(x.close(t.Context()))
	st, err := x.docs.LoadJudge(t.Context())
	if err != nil || st.Tick != x.next-1 || st.SnapshotAt != x.next-1 || len(x.openIncidents()) != 1 {
		t.Errorf("judged to %d, memory of %d, %d open, %v; want %d, %[5]d, 1", st.Tick, st.SnapshotAt, len(x.openIncidents()), err, x.next-1)
	}
	x.must(x.close(t.Context())) // nothing to do: no error
}

// A process that was killed leaves a memory some ticks old. The next one judges
// those again, in silence, and goes on as if nothing had been.
func TestCourtCatchesUp(t *testing.T) {
	whole, killed := newTrial(t), newTrial(t)
	for i, people := range []uint32{0, 0, 30, 30, 30, 0, 0, 0, 0, 0, 0, 0} {
		whole.must(whole.run(25, people))
		killed.must(killed.run(25, people))
		if i%3 != 0 {
			continue
		}
		told := len(killed.crowd.told)
		killed.restart()
		if len(killed.crowd.told) != told {
			t.Fatal("catching up has told something")
		}
	}
	lasting := cmp.Options{
		cmpopts.IgnoreFields(outcry.Incident{}, "ID", "Version"), cmpopts.IgnoreFields(outcry.Update{}, "ID"), cmpopts.EquateApprox(0.02, 0),
	}
	get := func(x *trial) outcry.Incident {
		all, err := x.docs.Incidents(t.Context(), store.IncidentQuery{From: t0.Start(), To: x.next.End()})
		if err != nil || len(all) != 1 {
			t.Fatalf("%d incidents, %v; want one", len(all), err)
		}
		return all[0]
	}
	a, b := get(whole), get(killed)
	if diff := cmp.Diff(a.DetectedAt, b.DetectedAt, lasting); diff != "" {
		t.Errorf("detected, whole and killed (-whole +killed):\n%s", diff)
	}
	if a.State != b.State || b.State != outcry.StateResolved {
		t.Errorf("states %s and %s, want both resolved", a.State, b.State)
	}
	if d := a.ClosedAt.Sub(b.ClosedAt).Abs(); d > 10*time.Minute { // how long all must be well is reckoned anew
		t.Errorf("closed %v apart", d)
	}
}

// Of two courts on one store one decides: the other one's tick is refused.
func TestCourtsDoNotDecideTwice(t *testing.T) {
	x := newTrial(t)
	x.must(x.run(10, 0))
	other := &trial{t: t, docs: x.docs, crowd: &crowd{}, next: x.next}
	other.restart()
	x.must(x.run(10, 30))
	at := func(t outcry.Tick) time.Time { return t.End() }
	err := other.sit(t.Context(), other.next, other.next+5, nil, at, func(outcry.Tick) float64 { return 0 })
	if outcry.CodeOf(err) != outcry.CodeConflict {
		t.Errorf("the second court: %v, want a conflict", err)
	}
	if len(other.crowd.told) > 0 {
		t.Error("the second court has told something")
	}
}

func TestCourtCarriesOutCommands(t *testing.T) {
	x := newTrial(t)
	x.must(x.run(10, 0))
	now := x.next.Start()
	do := func(version int64, c incident.Command) (outcry.Incident, error) {
		c.Author = "ann"
		return x.do(t.Context(), now, c, version)
	}
	in, err := do(0, incident.Command{Verb: incident.Open, Title: "Cannot pay", Body: "We are looking", Services: []string{"shop"}})
	x.must(err)
	if in, err = do(in.Version, incident.Command{Verb: incident.Say, Incident: in.ID, Body: "Found it", State: outcry.StateIdentified}); err != nil {
		t.Fatal(err)
	}
	if _, err := do(in.Version-1, incident.Command{Verb: incident.Resolve, Incident: in.ID}); outcry.CodeOf(err) != outcry.CodeConflict {
		t.Errorf("a command on an old version: %v, want a conflict", err)
	}
	if _, err := do(0, incident.Command{Verb: incident.Resolve, Incident: "nobody"}); outcry.CodeOf(err) != outcry.CodeNotFound {
		t.Errorf("a command on no incident: %v, want that it is not found", err)
	}
	x.docs.fail = failing()
	if _, err := do(0, incident.Command{Verb: incident.Resolve, Incident: in.ID}); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("a command on a full disk: %v, want that it is unavailable", err)
	}
	x.docs.fail = nil
	if open := x.openIncidents(); len(open) != 1 || open[0].State != outcry.StateIdentified {
		t.Fatalf("after a command that could not be stored: %+v", open)
	}
	in, err = do(0, incident.Command{Verb: incident.Resolve, Incident: in.ID})
	x.must(err)
	if in.State != outcry.StateResolved || len(x.openIncidents()) != 0 {
		t.Errorf("after resolve: %s", in.State)
	}
}

// An incident of last month, that a new process has never seen, can still be
// given its last word.
func TestCourtRecallsOldIncidents(t *testing.T) {
	x := newTrial(t)
	x.must(x.run(10, 0))
	in, err := x.do(t.Context(), x.next.Start(), incident.Command{Verb: incident.Open, Author: "ann", Title: "Down", Body: "Down", Services: []string{"shop"}}, 0)
	x.must(err)
	_, err = x.do(t.Context(), x.next.Start(), incident.Command{Verb: incident.Resolve, Author: "ann", Incident: in.ID}, 0)
	x.must(err)
	x.must(x.run(30*8640, 0))
	x.restart()
	got, err := x.do(t.Context(), x.next.Start(), incident.Command{Verb: incident.Note, Author: "ann", Incident: in.ID, Body: "It was the cable"}, 0)
	if err != nil || got.Updates[len(got.Updates)-1].Body != "It was the cable" {
		t.Errorf("a note on last month's incident: %v, %+v", err, got.Updates)
	}
}
