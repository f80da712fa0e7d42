package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
)

func newTestBoard(ids ...string) *board {
	var services []outcry.Service
	for _, id := range ids {
		services = append(services, outcry.Service{ID: id, Name: id})
	}
	b := newBoard(services, nil)
	b.usual = func(string, time.Time) (float64, bool) { return 0, false }
	return b
}

func viewOf(t *testing.T, b *board, id string, now time.Time) page.Service {
	t.Helper()
	for _, s := range b.world(now).Services {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("the board has no %s", id)
	return page.Service{}
}

func TestBoardChart(t *testing.T) {
	b := newTestBoard("shop")
	asked := 0
	b.usual = func(id string, at time.Time) (float64, bool) {
		asked++
		return 24, true
	}
	day := outcry.Ticks(24 * time.Hour)
	b.heard(t0-day-60, []outcry.Tally{reports("shop", t0-day-60, 99)}, nil) // too old to be shown
	b.heard(t0-60, []outcry.Tally{reports("shop", t0-60, 4)}, nil)
	b.heard(t0-59, []outcry.Tally{reports("shop", t0-59, 3)}, nil)
	b.heard(t0, []outcry.Tally{reports("shop", t0, 5), reports("nobody", t0, 7)}, nil)
	v := viewOf(t, b, "shop", t0.Start())
	if len(v.Series) != 288 {
		t.Fatalf("%d bins, want 288 of five minutes", len(v.Series))
	}
	var sum uint32
	for i, x := range v.Series {
		sum += x.Reports
		if x.Usual != 2 {
			t.Fatalf("bin %d: %v are usual, want 24 an hour", i, x.Usual)
		}
		if i > 0 && x.At.Sub(v.Series[i-1].At) != page.BinLength {
			t.Fatalf("bin %d is at %v, after %v", i, x.At, v.Series[i-1].At)
		}
	}
	if last := v.Series[287]; sum != 12 || last.Reports != 5 || last.At.After(t0.Start()) {
		t.Errorf("%d in all and %d in the last bin, at %v; want 12, 5, now", sum, last.Reports, last.At)
	}
	before := asked
	b.world(t0.Start())
	if asked != before {
		t.Errorf("the judge was asked again, %d times, for what it has said", asked-before)
	}
}

func TestBoardDoesNotKnowWhatIsUsual(t *testing.T) {
	v := viewOf(t, newTestBoard("shop"), "shop", t0.Start())
	for _, x := range v.Series {
		if x.Usual >= 0 {
			t.Fatalf("%v are usual where nothing is learned", x.Usual)
		}
	}
}

// The judge asks nobody's leave: it reports to the board while it holds its own
// lock, and the board asks the judge what is usual.
func TestBoardAndJudgeDoNotWaitForEachOther(t *testing.T) {
	b := newTestBoard("shop")
	b.usual = func(string, time.Time) (float64, bool) {
		b.heard(t0, []outcry.Tally{reports("shop", t0, 1)}, nil) // as if the judge were at it right now
		return 1, true
	}
	done := make(chan struct{})
	go func() { b.world(t0.Start()); close(done) }()
	select {
	case <-done:
	case <-soon(t).Done():
		t.Fatal("the board and the judge wait for each other")
	}
}

func TestBoardConditions(t *testing.T) {
	say := func(service string, c outcry.Condition) outcry.Verdict {
		return outcry.Verdict{Service: service, Condition: c}
	}
	b := newTestBoard("shop", "chat")
	conditions := func() map[string]outcry.Condition {
		out := map[string]outcry.Condition{}
		for _, s := range b.world(t0.Start()).Services {
			out[s.ID] = s.Condition
		}
		return out
	}
	for i, step := range []struct {
		name       string
		tallies    []outcry.Tally
		verdicts   []outcry.Verdict
		shop, chat outcry.Condition
	}{
		{"nothing was ever heard: unknown", nil, nil, outcry.CondUnknown, outcry.CondUnknown},
		{"heard of one: normal", []outcry.Tally{reports("shop", t0, 1)}, nil, outcry.CondNormal, outcry.CondUnknown},
		{"the judge says that it fails", nil, []outcry.Verdict{say("shop", outcry.CondFailing)}, outcry.CondFailing, outcry.CondUnknown},
		{"it says nothing any more: normal", nil, nil, outcry.CondNormal, outcry.CondUnknown},
		{"nobody watches one", nil, []outcry.Verdict{say("shop", outcry.CondUnknown)}, outcry.CondUnknown, outcry.CondUnknown},
		{"watched again", nil, nil, outcry.CondNormal, outcry.CondUnknown},
	} {
		b.heard(t0+outcry.Tick(i), step.tallies, step.verdicts)
		if diff := cmp.Diff(map[string]outcry.Condition{"shop": step.shop, "chat": step.chat}, conditions()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// Time that nobody watched is marked on the chart of what nobody watched, and
// on no other.
func TestBoardBlindSpans(t *testing.T) {
	b := newTestBoard("shop", "chat")
	unknown := []outcry.Verdict{{Service: "shop", Condition: outcry.CondUnknown}}
	for _, i := range []outcry.Tick{0, 1, 2, 50, 51} {
		b.heard(t0+i, nil, unknown)
	}
	now := (t0 + 60).Start()
	want := []page.Span{{From: t0.Start(), To: (t0 + 2).End()}, {From: (t0 + 50).Start(), To: (t0 + 51).End()}}
	v := viewOf(t, b, "shop", now)
	if diff := cmp.Diff(want, v.Blind); diff != "" {
		t.Errorf("blind (-want +got):\n%s", diff)
	}
	if bin := v.Series[len(v.Series)-1-2]; bin.Blind != (bin.At.Before((t0 + 3).Start()) && bin.At.Add(page.BinLength).After(t0.Start())) {
		t.Errorf("the bin of %v: blind %v", bin.At, bin.Blind)
	}
	if v := viewOf(t, b, "chat", now); len(v.Blind) > 0 {
		t.Errorf("chat was blind in %v", v.Blind)
	}
	day := outcry.Ticks(25 * time.Hour)
	b.heard(t0+day, nil, unknown)
	if v := viewOf(t, b, "shop", (t0 + day).Start()); len(v.Blind) != 1 {
		t.Errorf("a day later: %v, want the last only", v.Blind)
	}
}

func TestBoardProbes(t *testing.T) {
	b := newTestBoard("shop")
	run := func(tick outcry.Tick, vantage string, total, bad, unknown uint32) {
		c := outcry.Cell{CellKey: outcry.CellKey{Vantage: vantage}, Counts: outcry.Counts{Total: total, Bad: bad, Unknown: unknown}}
		b.heard(tick, []outcry.Tally{{Service: "shop", Kind: outcry.KindProbe, Tick: tick, Counts: c.Counts, Cells: []outcry.Cell{c}}}, nil)
	}
	hour := outcry.Ticks(time.Hour)
	run(t0-hour-1, "fra", 1, 1, 0) // over an hour ago
	run(t0-3, "fra", 1, 1, 0)
	run(t0-2, "fra", 2, 0, 0)
	run(t0-1, "nyc", 1, 0, 1)
	run(t0, "ams", 1, 1, 0)
	want := []page.Probe{
		{Vantage: "ams", Outcome: outcry.Bad, At: t0.Start(), Failed: 1, Runs: 1},
		{Vantage: "fra", Outcome: outcry.Good, At: (t0 - 2).Start(), Failed: 1, Runs: 3},
		{Vantage: "nyc", Outcome: outcry.Unknown, At: (t0 - 1).Start(), Runs: 1},
	}
	if diff := cmp.Diff(want, viewOf(t, b, "shop", t0.Start()).Probes); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
}

func TestBoardShares(t *testing.T) {
	b := newTestBoard("shop")
	b.heard(t0-400, []outcry.Tally{cells("shop", t0-400, cell("old", 50))}, nil)
	b.heard(t0, []outcry.Tally{cells("shop", t0, cell("", 9), cell("dead", 2), cell("slow", 3))}, nil)
	b.heard(t0+1, []outcry.Tally{cells("shop", t0+1, cell("dead", 4))}, nil)
	want := []page.Share{{Key: "dead", Count: 6, Usual: -1}, {Key: "slow", Count: 3, Usual: -1}}
	if diff := cmp.Diff(want, viewOf(t, b, "shop", t0.Start()).Symptoms); diff != "" {
		t.Errorf("symptoms of the last hour (-want +got):\n%s", diff)
	}
	hour := outcry.Ticks(time.Hour)
	for _, c := range []struct {
		says string
		then func(outcry.Tick)
		at   outcry.Tick
		want []page.Share
	}{
		{"nobody reports any more, and the first reports are an hour old", func(at outcry.Tick) { b.heard(at, nil, nil) }, t0 + hour + 1, []page.Share{{Key: "dead", Count: 4, Usual: -1}}},
		{"all are an hour old, and nothing at all was heard since", b.passed, t0 + hour + 2, []page.Share{}},
	} {
		c.then(c.at)
		if diff := cmp.Diff(c.want, viewOf(t, b, "shop", c.at.Start()).Symptoms); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.says, diff)
		}
	}
}

func TestBoardBulletins(t *testing.T) {
	b := newTestBoard("shop")
	for i := range outcry.Tick(12) {
		n := outcry.Counts{Total: 1, Bad: uint32(i % 2)}
		y := outcry.Tally{Service: "shop", Kind: outcry.KindBulletin, Tick: t0 + i, Counts: n, Cells: []outcry.Cell{{CellKey: outcry.CellKey{Vantage: "vendor"}, Counts: n}}}
		b.heard(t0+i, []outcry.Tally{y}, nil)
		b.heard(t0+i, []outcry.Tally{y}, nil) // what is said again is shown once
	}
	got := viewOf(t, b, "shop", t0.Start()).Bulletins
	if len(got) != 10 || got[0].Outcome != outcry.Bad || got[1].Outcome != outcry.Good || !got[0].At.Equal((t0 + 11).Start()) {
		t.Errorf("%d bulletins, the newest %+v; want 10, the newest of the last tick and bad", len(got), got[0])
	}
}

// A process that starts shows what the last one has judged; what it had counted
// and not judged is heard once, when it is judged.
func TestBoardLoads(t *testing.T) {
	s, ctx := memory(t), t.Context()
	in := outcry.Incident{ID: "i1", State: outcry.StateInvestigating, Public: true, Services: []string{"shop"}, DetectedAt: t0.Start()}
	err := s.CommitTallies(ctx, 0, 0, 1, t0+2, []outcry.Tally{reports("shop", t0, 3), reports("shop", t0+1, 4), reports("shop", t0+2, 5)})
	if err == nil {
		err = s.Apply(ctx, store.Judged{Tick: t0 + 1}, []store.IncidentChange{{Incident: in}})
	}
	if err != nil {
		t.Fatal(err)
	}
	b := newTestBoard("shop")
	now := (t0 + 5).Start()
	seen, err := b.load(ctx, s, now)
	if err != nil || seen != t0+1 {
		t.Fatalf("seen to %d, %v; want %d", seen, err, t0+1)
	}
	b.heard(t0+2, []outcry.Tally{reports("shop", t0+2, 5)}, nil)
	var sum uint32
	for _, x := range viewOf(t, b, "shop", now).Series {
		sum += x.Reports
	}
	if sum != 12 {
		t.Errorf("the chart has %d, want 12", sum)
	}
	if w := b.world(now); len(w.Incidents) != 1 || b.version("i1") != 1 || b.version("i2") != 0 {
		t.Errorf("incidents %+v, version %d", w.Incidents, b.version("i1"))
	}
	if st := b.standing(); len(st) != 1 || st[0].Service != "shop" || st[0].Condition != outcry.CondFailing {
		t.Errorf("standing %+v", st)
	}
}
