package app

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/detect"
)

// What the file says reaches the judge.
func TestTheJudgeIsToldWhatTheConfigurationSays(t *testing.T) {
	cfg := parse(t, `
services:
  - {id: shop, category: retail, vantages: {require: 2}}
  - {id: chat}
detection:
  false_alarms: 1 per page and year
  tiers: {watch: 2 per service and week, suspected: 6 per page and year}
  holidays:
    - {date: 12-25}
    - {date: 2026-11-26, services: [chat]}
`)
	got := detectConfig(cfg)
	got.Watch = math.Round(got.Watch*100) / 100
	want := detect.Config{
		Services: cfg.OutcryServices(), FalseAlarms: 0.5, Suspected: 3, Watch: 104.36,
		Quorum: map[string]int{"shop": 2, "chat": 0}, Category: map[string]string{"shop": "retail", "chat": ""},
		Holidays: []detect.Holiday{{Month: time.December, Day: 25}, {Year: 2026, Month: time.November, Day: 26, Services: []string{"chat"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
