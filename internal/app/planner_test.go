package app

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// TestPlanner: planned work is stored, shown, replaced and dropped; what is long
// over is forgotten.
func TestPlanner(t *testing.T) {
	s, ctx := memory(t), t.Context()
	b := newTestBoard("shop")
	touched := 0
	p := &planner{book: s, board: b, touch: func() { touched++ }}
	if all, err := p.Maintenances(ctx); err != nil || len(all) != 0 {
		t.Fatalf("at first there are %v, %v", all, err)
	}
	now := time.Now()
	put := func(id, title string, to time.Time) {
		t.Helper()
		if err := p.PutMaintenance(ctx, page.Maintenance{ID: id, Title: title, Services: []string{"shop"}, From: to.Add(-time.Hour), To: to}); err != nil {
			t.Fatal(err)
		}
	}
	put("long-ago", "forgotten", now.Add(-2*maintenanceKept))
	put("a", "first", now.Add(time.Hour))
	put("a", "second", now.Add(time.Hour))
	put("b", "other", now.Add(2*time.Hour))
	if got := b.world(now).Maintenances; len(got) != 2 || got[0].Title != "second" || touched != 4 {
		t.Errorf("the board shows %+v after %d touches", got, touched)
	}
	if err := p.DropMaintenance(ctx, "nothing"); outcry.CodeOf(err) != outcry.CodeNotFound {
		t.Errorf("dropping what there is not: %v", err)
	}
	if err := p.DropMaintenance(ctx, "a"); err != nil {
		t.Error(err)
	}
	all, err := p.Maintenances(ctx)
	if err != nil || len(all) != 1 || all[0].ID != "b" {
		t.Errorf("left are %+v, %v", all, err)
	}
}
