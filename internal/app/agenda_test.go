package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
)

const planned = `
services: [{id: shop}, {id: pay}, {id: vault, private: true}]
pages: [{id: main, timezone: Europe/Berlin}, {id: partners, services: [pay]}]
maintenance:
  - {id: move, title: Move, text: Orders **wait**., services: [vault], pages: [main], from: 2026-12-01T22:00, to: 2026-12-01T23:30}
  - {id: backup, title: Backup, pages: [partners], timezone: UTC, days: [tue], at: '22:00', for: 1h}
`

func berlin(day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour-1, minute, 0, 0, time.UTC)
}

// TestAgenda: planned work of the file is shown two weeks ahead, under way when it
// is, and the API leaves it alone.
func TestAgenda(t *testing.T) {
	cfg, err := config.Parse("x", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	a := agendaOf(cfg)
	var got []string
	for _, m := range a.shown(berlin(1, 22, 30)) {
		got = append(got, m.ID+" "+m.Series+" "+strings.Join(m.Services, "+")+" "+m.From.Format("01-02T15:04")+" "+m.To.Format("01-02T15:04"))
	}
	want := []string{
		"move  pay+shop+vault 12-01T21:00 12-01T22:30",
		"backup-20261201 backup pay 12-01T22:00 12-01T23:00", "backup-20261208 backup pay 12-08T22:00 12-08T23:00",
		"backup-20261124 backup pay 11-24T22:00 11-24T23:00",
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b := newTestBoard("shop")
	b.agenda = a
	for _, test := range []struct {
		sentence, service string
		at                time.Time
		want              bool
	}{
		{"before it begins", "shop", berlin(1, 21, 59), false},
		{"from its first instant on", "shop", berlin(1, 22, 0), true},
		{"not at its last", "shop", berlin(1, 23, 30), false},
		{"a private service, too", "vault", berlin(1, 22, 0), true},
		{"every week", "pay", berlin(9, 0, 0).Add(-30 * time.Minute), true},
		{"another day", "pay", berlin(10, 23, 30), false},
		{"what the API has planned", "shop", berlin(20, 12, 0), true},
	} {
		b.plan([]page.Maintenance{{ID: "x", Services: []string{"shop"}, From: berlin(20, 11, 0), To: berlin(20, 13, 0)}})
		if got := b.working(test.service, test.at); got != test.want {
			t.Errorf("%s: %v", test.sentence, got)
		}
	}
	p := &planner{book: memory(t), board: b, agenda: a, touch: func() {}}
	for _, id := range []string{"move", "backup", "backup-20261208"} {
		if err := p.PutMaintenance(t.Context(), page.Maintenance{ID: id}); outcry.CodeOf(err) != outcry.CodeConflict {
			t.Errorf("putting %s: %v", id, err)
		}
		if err := p.DropMaintenance(t.Context(), id); outcry.CodeOf(err) != outcry.CodeConflict {
			t.Errorf("dropping %s: %v", id, err)
		}
	}
	if err := p.PutMaintenance(t.Context(), page.Maintenance{ID: "backup-now", To: time.Now()}); err != nil {
		t.Errorf("a name of one's own: %v", err)
	}
}
