package app

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/store"
)

// What a judge stored can be looked at: in local time, night and day apart.
func TestWhatIsUsualCanBeLookedAt(t *testing.T) {
	cfg := parse(t, "services: [{id: shop, timezone: America/New_York}, {id: chat}]\n")
	cfg.Data = t.TempDir()
	if _, err := Baseline(t.Context(), cfg, "shop", quietLog()); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("a server that never ran: %v", err)
	}
	start := outcry.TickOf(time.Date(2025, 3, 3, 5, 0, 0, 0, time.UTC)) // midnight in New York
	j, err := detect.New(detectConfig(cfg), start)
	if err != nil {
		t.Fatal(err)
	}
	for k := start; k < start+14*8640; k += 20 {
		if k.Start().Add(-5*time.Hour).Hour() >= 12 { // eighteen an hour from noon to midnight
			one := outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1}
			if _, err := j.Step(k, 1, []outcry.Tally{{Service: "shop", Kind: outcry.KindReport, Tick: k, Counts: one, Networks: 1}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	blobs, err := j.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	delete(blobs, "chat")
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(cfg.Data, "outcry.db"), quietLog())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), store.Judged{Tick: j.Next() - 1, Snapshot: blobs}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Baseline(t.Context(), cfg, "shop", quietLog())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Week) != 168 || r.Hours < 200 {
		t.Fatalf("%d hours of a week, learned from %v", len(r.Week), r.Hours)
	}
	for _, h := range r.Week {
		if hour := h.At.Hour(); hour > 1 && hour < 10 && h.PerHour > 6 || hour > 13 && hour < 22 && (h.PerHour < 12 || h.PerHour > 26) {
			t.Errorf("%s: %.1f an hour", h.At, h.PerHour)
		}
	}
	var table bytes.Buffer
	if err := r.Write(&table, false); err != nil || strings.Count(table.String(), "\n") != 27+1 {
		t.Errorf("%v:\n%s", err, &table)
	}
	if _, err := Baseline(t.Context(), cfg, "chat", quietLog()); outcry.CodeOf(err) != outcry.CodeNotFound {
		t.Errorf("a service of which nothing is stored: %v", err)
	}
	if _, err := Baseline(t.Context(), cfg, "mail", quietLog()); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("a service that there is not: %v", err)
	}
}
