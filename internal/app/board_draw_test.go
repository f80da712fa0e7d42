package app

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/trend"
)

// twins are two boards that hear the same. One keeps what it has drawn, the other
// is made to forget it before each look.
type twins struct {
	keeping, forgetful *board
	learned            map[string]bool
	trends             []trend.Trend
	share              float64
}

func newTwins(t *rapid.T) *twins {
	cfg, err := config.Parse("x", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	w := &twins{learned: map[string]bool{}, share: .5}
	for _, b := range []**board{&w.keeping, &w.forgetful} {
		one := newTestBoard("shop", "pay", "chat")
		one.agenda = agendaOf(cfg)
		one.usual = func(id string, at time.Time) (float64, bool) { return float64(at.Hour()), w.learned[id] }
		one.shares = func(string) (detect.UsualShares, bool) {
			return detect.UsualShares{Regions: map[string]float64{"DE": w.share}, Symptoms: map[string]float64{"dead": w.share}}, true
		}
		one.takeRemarks("pay", true, 500)
		one.trends = func(time.Time) []trend.Trend { return w.trends }
		*b = one
	}
	return w
}

// forget drops what was drawn.
func (w *twins) forget() {
	b := w.forgetful
	b.drawn, b.lackingAt, b.stirred = drawn{}, 0, slices.Clone(b.order)
	for _, p := range b.panels {
		p.pending, p.known = false, stretch{}
	}
}

// happen has one thing happen to both.
func (w *twins) happen(t *rapid.T, tick outcry.Tick) {
	id := rapid.SampledFrom([]string{"shop", "pay", "chat", "nobody"}).Draw(t, "service")
	n := rapid.Uint32Range(0, 9).Draw(t, "count")
	kind := rapid.SampledFrom([]outcry.Kind{outcry.KindReport, outcry.KindProbe, outcry.KindBulletin}).Draw(t, "kind")
	one := outcry.Counts{Total: n + 1, Bad: n, Fresh: n, Distinct: n}
	tally := outcry.Tally{Service: id, Kind: kind, Tick: tick, Counts: one, Cells: []outcry.Cell{
		{CellKey: outcry.CellKey{Symptom: "dead", Vantage: fmt.Sprint("v", n%3), Scope: outcry.Scope{Region: "DE", Carrier: "One"}}, Counts: one},
	}}
	condition := rapid.SampledFrom([]outcry.Condition{outcry.CondUnknown, outcry.CondNormal, outcry.CondFailing}).Draw(t, "condition")
	incident := outcry.Incident{ID: fmt.Sprint("i", n%3), Version: int64(tick), Services: []string{id}}
	how := rapid.IntRange(0, 7).Draw(t, "how")
	w.trends = nil
	if n > 6 {
		w.trends = []trend.Trend{{Term: id, Rank: int(n)}}
	}
	if how == 6 {
		w.learned[id], w.share = true, w.share/2
	}
	for _, b := range []*board{w.keeping, w.forgetful} {
		switch how {
		case 0, 1:
			b.heard(tick, []outcry.Tally{tally}, nil)
		case 2:
			b.heard(tick, nil, []outcry.Verdict{{Service: id, Condition: condition}})
		case 3:
			b.changed(incident)
		case 4:
			b.showRemarks(map[string][]page.Remark{"pay": {{Words: fmt.Sprint(n)}}})
		case 5:
			b.passed(tick)
		case 7:
			b.plan([]page.Maintenance{{ID: fmt.Sprint(n)}})
		}
	}
}

// TestBoardDrawsWhatHasChanged: whatever happens, and however time passes, a board
// that draws only what has changed shows what one shows that draws everything.
func TestBoardDrawsWhatHasChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now := newTwins(t), berlin(1, 20, 0)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				w.happen(t, outcry.TickOf(now))
			}
			w.forget()
			if got, want := w.keeping.world(now), w.forgetful.world(now); !reflect.DeepEqual(got, want) {
				t.Fatalf("at %v what is kept shows\n%+v\nand all anew\n%+v", now, got, want)
			}
			now = now.Add(rapid.SampledFrom([]time.Duration{
				0, 1, time.Second, 10 * time.Second, 5 * time.Minute, time.Hour, 25 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 91 * 24 * time.Hour, -time.Hour,
			}).Draw(t, "passes"))
		}
	})
}

// TestAgendaHolds: what is shown stays as it was up to the instant that was
// given, and no such instant is late.
func TestAgendaHolds(t *testing.T) {
	cfg, err := config.Parse("x", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	a := agendaOf(cfg)
	var kept scheduled
	anew := 0
	for now := berlin(-30, 0, 0); now.Before(berlin(130, 0, 0)); now = now.Add(7 * time.Minute) {
		from := kept.from
		if got, want := a.due(&kept, now), a.shown(now); !reflect.DeepEqual(got, want) {
			t.Fatalf("at %v kept %v, anew %v", now, got, want)
		}
		if kept.from != from {
			anew++
		}
	}
	if anew < 40 || anew > 100 {
		t.Errorf("worked out %d times in 160 days with one window a week: want about two for each window", anew)
	}
}

// BenchmarkWorld measures what the board costs at each publication, when one of so
// many services has been heard of. Yardstick: the same for a thousand as for ten
// thousand, but for one copy of the list and, where nothing has been learned yet,
// for asking the judge.
func BenchmarkWorld(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		for _, learned := range []bool{true, false} {
			b.Run(fmt.Sprintf("1 of %d services, learned %v", n, learned), func(b *testing.B) { drawOne(b, n, learned) })
		}
	}
}

func drawOne(b *testing.B, n int, learned bool) {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint("s", i))
	}
	cfg, err := config.Parse("x", []byte(planned))
	if err != nil {
		b.Fatal(err)
	}
	board := newTestBoard(ids...)
	board.agenda = agendaOf(cfg)
	board.usual = func(string, time.Time) (float64, bool) { return 12, learned }
	for _, id := range ids {
		board.heard(t0, []outcry.Tally{reports(id, t0, 3)}, nil)
	}
	for i := range 100 {
		board.changed(outcry.Incident{ID: fmt.Sprint("i", i)})
	}
	board.world(t0.Start())
	for b.Loop() {
		board.heard(t0, []outcry.Tally{reports(ids[0], t0, 1)}, nil)
		board.world(t0.Start())
	}
}
