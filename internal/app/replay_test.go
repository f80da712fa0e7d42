package app

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// replayed runs a scenario and gives its document, without what each stream
// contributed.
func replayed(t *testing.T, name string, seed uint64) *Result {
	t.Helper()
	return replayedWith(t, name, ReplayOptions{Seed: seed, NoStreams: true})
}

func replayedWith(t *testing.T, name string, o ReplayOptions) *Result {
	t.Helper()
	sc, err := OpenScenario(name)
	if err != nil {
		t.Fatal(err)
	}
	o.Scenario = sc
	r, err := Replay(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReplayCountsEveryReportItTook(t *testing.T) {
	r := replayed(t, "testdata/small.yaml", 7)
	var refused int64
	for _, n := range r.ReportsRefused {
		refused += n
	}
	if r.ReportsIn == 0 || r.ReportsCounted != r.ReportsIn || r.ReportsIn+refused != r.ReportsSent {
		t.Errorf("sent %d, taken %d, counted %d, refused %v", r.ReportsSent, r.ReportsIn, r.ReportsCounted, r.ReportsRefused)
	}
}

func TestReplayFindsTheOutageAndNothingElse(t *testing.T) {
	r := replayed(t, "testdata/small.yaml", 3)
	if len(r.Incidents) != 1 || !slices.Equal(r.Incidents[0].Services, []string{"shop"}) || len(r.FalseIncidents) != 0 {
		t.Fatalf("incidents %+v, false %v: want one, of shop; a brigade, a blind vantage and a gap are none", r.Incidents, r.FalseIncidents)
	}
	o := r.Outages[0]
	if o.PublishDelayS == nil || *o.PublishDelayS > 120 {
		t.Errorf("published after %v s, want at most 120", o.PublishDelayS)
	}
	if o.CloseDelayS == nil || *o.CloseDelayS > 40*60 {
		t.Errorf("closed after %v s, want at most 40 minutes", o.CloseDelayS)
	}
	if o.LeadS == nil || *o.LeadS < 27*60 {
		t.Errorf("ahead of the vendor by %v s, want at least 27 minutes of 30", o.LeadS)
	}
}

func TestReplayIsTheSameBytesTwice(t *testing.T) {
	var docs [2][]byte
	for i := range docs {
		r := replayedWith(t, "testdata/small.yaml", ReplayOptions{Seed: 5})
		r.WallS = 0
		var err error
		if docs[i], err = json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(docs[0]), string(docs[1])); d != "" {
		t.Errorf("two runs over the same input differ:\n%s", d)
	}
}
