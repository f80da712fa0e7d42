//go:build slow

package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/replay"
)

// TestTheDayItWasConceivedFrom holds 16 May 2024 to its bounds, on several
// seeds of our own draw.
func TestTheDayItWasConceivedFrom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		r := replayed(t, "imessage-2024-05-16", seed+100)
		if len(r.Incidents) != 1 || len(r.FalseIncidents) != 0 {
			t.Errorf("seed %d: %d incidents, false %v", seed, len(r.Incidents), r.FalseIncidents)
			continue
		}
		in, o := r.Incidents[0], r.Outages[0]
		if got := strings.Join(in.Services, " "); got != "business facetime homekit imessage" {
			t.Errorf("seed %d: services %s", seed, got)
		}
		if len(in.Scope.Regions)+len(in.Scope.Carriers) != 0 {
			t.Errorf("seed %d: confined to %+v", seed, in.Scope)
		}
		within(t, "published", o.PublishDelayS, 0, 90)
		within(t, "onset error", o.OnsetErrorS, -60, 60)
		within(t, "monitoring", o.MonitoringDelayS, 0, 15*60)
		within(t, "closed", o.CloseDelayS, 0, 40*60)
		within(t, "detected", o.DetectDelayS, 0, 62) // the tick's end, and the second that judging waits
		if r.WallS > 20 {
			t.Logf("seed %d took %.1f s of wall clock", seed, r.WallS)
		}
	}
}

func within(t *testing.T, what string, got *float64, least, most float64) {
	t.Helper()
	if got == nil || *got < least || *got > most {
		t.Errorf("%s: %v, want %v to %v s", what, got, least, most)
	}
}

func TestOneCarrierInOneCountryIsNamed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		r := replayed(t, "carrier-only", seed+100)
		if len(r.Incidents) != 1 {
			t.Errorf("seed %d: %d incidents, want the carrier's one", seed, len(r.Incidents))
			continue
		}
		in := r.Incidents[0]
		if !slices.Equal(in.Scope.Carriers, []string{"T-Mobile"}) || !slices.Equal(in.Scope.Regions, []string{"US-CA", "US-NY", "US-TX"}) {
			t.Errorf("seed %d: scope %+v", seed, in.Scope)
		}
		within(t, "published", r.Outages[0].PublishDelayS, 0, 360)
	}
}

func TestTwoFaultsAtOnceAreTwoIncidents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		r := replayed(t, "two-at-once", seed+100)
		if len(r.Incidents) != 2 || r.Outages[0].Incident == nil || r.Outages[1].Incident == nil || *r.Outages[0].Incident == *r.Outages[1].Incident {
			t.Errorf("seed %d: %d incidents for two faults", seed, len(r.Incidents))
			continue
		}
		within(t, "the small one published", r.Outages[1].PublishDelayS, 0, 360)
		if i := slices.IndexFunc(r.Incidents, func(x Incident) bool { return x.ID == *r.Outages[1].Incident }); !slices.Equal(r.Incidents[i].Scope.Regions, []string{"DE"}) {
			t.Errorf("seed %d: scope of the small one %+v", seed, r.Incidents[i].Scope)
		}
	}
}

// Nothing fails in a week of brigade, chatter, a blind vantage and a gap in
// collection: nothing is published. The quiet weeks before it, 24 of a service
// in all, cost what the budget of one a year allows: more than two of them are
// chance once in a hundred draws.
func TestQuietAndLoudNothingIsNothing(t *testing.T) {
	t.Parallel()
	before := 0
	for seed := range uint64(3) {
		r := replayed(t, "quiet-and-loud-nothing", seed+100)
		for i := range r.Incidents {
			t.Errorf("seed %d: published: %s", seed, r.Incidents[i].Headline)
		}
		before += r.HistoryIncidents
		if r.ReportsCounted != r.ReportsIn {
			t.Errorf("seed %d: %d taken, %d counted", seed, r.ReportsIn, r.ReportsCounted)
		}
	}
	if before > 2 {
		t.Errorf("%d were public in the quiet weeks before, of 0.5 that the budget allows", before)
	}
}

func TestASlowFaultIsFoundWithinTheHour(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		r := replayed(t, "slow-burn", seed+100)
		within(t, "published", r.Outages[0].PublishDelayS, 0, 3600)
	}
}

// A metric of a scenario is heard beside people's reports, and says what it
// contributed. Alone it would have raised nothing.
func TestAMetricInAReplay(t *testing.T) {
	t.Parallel()
	r := replayedWith(t, "failed-payments", ReplayOptions{Seed: 1})
	if len(r.Incidents) != 1 || r.Incidents[0].ConfirmedAt == nil {
		t.Fatalf("incidents %+v, want one that the metric has confirmed", r.Incidents)
	}
	if i := slices.IndexFunc(r.Incidents[0].Evidence, func(e replay.Evidence) bool { return e.Stream == "metric" }); i < 0 || !strings.Contains(r.Incidents[0].Evidence[i].Words, "in payment-errors") {
		t.Errorf("the evidence does not name the metric: %+v", r.Incidents[0].Evidence)
	}
	i := slices.IndexFunc(r.Incidents[0].Contributions, func(c replay.Contribution) bool { return c.Stream == "metric" })
	if i < 0 {
		t.Fatalf("no word of the metric: %+v", r.Incidents[0].Contributions)
	}
	if c := r.Incidents[0].Contributions[i]; c.Nats < 1 || c.AloneAt != nil {
		t.Errorf("it contributed %+v", c)
	}
}
