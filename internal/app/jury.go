package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/internal/store"
)

// jury tries a replay's case again without each stream, and with each stream
// alone: what the pipeline would have published of the same tallies. Tallies of
// one kind do not depend on those of another, so this is exactly what a replay
// with the stream left out would give, but for trends, which go with their
// posts.
//
// A member is called when its stream is first heard, and takes the court's
// memory as it then is: before, there was nothing to leave out. So the quiet
// weeks are judged once.
type jury struct {
	court  *court
	panel  func(docket) *court
	heard  []outcry.Kind // in the order in which they came
	jurors []*juror
}

// juror is a court that hears some kinds of evidence only.
type juror struct {
	kind  outcry.Kind
	alone bool // it hears that kind and no other; else all others
	court *court
	memo  *memo
}

// hears reports whether a juror is told of a kind.
func (r *juror) hears(k outcry.Kind) bool {
	if r.alone {
		return k == r.kind
	}
	return k != r.kind && (k != outcry.KindTrend || r.kind != outcry.KindPost)
}

// memo is the docket of a juror: what it would have done, in memory.
type memo struct {
	state store.JudgeState
	past  []outcry.Incident // that it goes on with
	found map[string]outcry.Incident
}

// LoadJudge implements docket.
func (m *memo) LoadJudge(context.Context) (store.JudgeState, error) { return m.state, nil }

// Apply implements docket.
func (m *memo) Apply(_ context.Context, _ store.Judged, changes []store.IncidentChange) error {
	for i := range changes {
		m.found[changes[i].Incident.ID] = changes[i].Incident
	}
	return nil
}

// Incident implements docket.
func (m *memo) Incident(_ context.Context, id string) (outcry.Incident, error) {
	in, ok := m.found[id]
	if !ok {
		return in, outcry.Errorf(outcry.CodeNotFound, "there is no incident %s", id)
	}
	return in, nil
}

// Incidents implements docket: it is asked when the juror is called.
func (m *memo) Incidents(_ context.Context, q store.IncidentQuery) (out []outcry.Incident, _ error) {
	for i := range m.past {
		if !q.Open || m.past[i].ClosedAt.IsZero() {
			out = append(out, m.past[i])
		}
	}
	return out, nil
}

// nobody is an audience that does not listen.
type nobody struct{}

func (nobody) heard(outcry.Tick, []outcry.Tally, []outcry.Verdict) {}
func (nobody) passed(outcry.Tick)                                  {}
func (nobody) changed(outcry.Incident)                             {}

// sit lets the jury hear the ticks from ≤ t < to, before the court does.
func (j *jury) sit(ctx context.Context, from, to outcry.Tick, tallies []outcry.Tally, at func(outcry.Tick) time.Time, coverage func(outcry.Tick) float64) error {
	if err := j.call(ctx, from, tallies); err != nil {
		return err
	}
	for _, r := range j.jurors {
		var told []outcry.Tally
		for i := range tallies {
			if r.hears(tallies[i].Kind) {
				told = append(told, tallies[i])
			}
		}
		if err := r.court.sit(ctx, from, to, told, at, coverage); err != nil {
			return fmt.Errorf("judge without a stream, or by it alone: %w", err)
		}
	}
	return nil
}

// call adds the jurors of the kinds that are first heard in a turn which begins
// at a tick. While one kind is all that there is, nobody is called.
func (j *jury) call(ctx context.Context, from outcry.Tick, tallies []outcry.Tally) error {
	before := slices.Clone(j.heard)
	for i := range tallies {
		if k := tallies[i].Kind; tallies[i].Service != "" && !slices.Contains(j.heard, k) {
			j.heard = append(j.heard, k)
		}
	}
	if len(j.heard) == len(before) || len(j.heard) < 2 {
		return nil
	}
	called := j.heard[len(before):]
	if len(before) == 1 {
		called = j.heard
	}
	for _, k := range called {
		for _, alone := range []bool{true, false} {
			// who has missed nothing so far goes on from the court's memory; else
			// nothing that is for its ears has been said at all
			all := !slices.Contains(before, k)
			if alone {
				all = len(before) == 0 || len(before) == 1 && before[0] == k
			}
			if err := j.add(ctx, &juror{kind: k, alone: alone}, from, all); err != nil {
				return err
			}
		}
	}
	return nil
}

// add calls a juror at a tick, with the court's memory or with none.
func (j *jury) add(ctx context.Context, r *juror, from outcry.Tick, all bool) error {
	r.memo = &memo{state: store.JudgeState{Tick: from - 1}, found: make(map[string]outcry.Incident)}
	if all {
		var err error
		if r.memo.state.Snapshot, err = j.court.j.Snapshot(); err != nil {
			return err
		}
		r.memo.state.SnapshotAt = from - 1
		if r.memo.past, err = j.court.docket.Incidents(ctx, store.IncidentQuery{From: from.Start().Add(-24 * time.Hour), Limit: 1000}); err != nil {
			return err
		}
	}
	for i := range r.memo.past {
		r.memo.found[r.memo.past[i].ID] = r.memo.past[i]
	}
	r.court = j.panel(r.memo)
	r.court.fleeting = true
	j.jurors = append(j.jurors, r)
	return r.court.open(ctx, from, func(_, _ outcry.Tick) ([]outcry.Tally, error) { return nil, nil })
}

// streams tell what each stream contributed to an incident, in the order of the
// kinds' numbers.
func (j *jury) streams(in *outcry.Incident, at []outcry.Evidence) []replay.Contribution {
	out := []replay.Contribution{}
	slices.SortStableFunc(j.jurors, func(a, b *juror) int { return cmp.Compare(a.kind, b.kind) })
	for _, r := range j.jurors {
		found := r.find(in)
		if r.alone {
			c := replay.Contribution{Stream: r.kind.String()}
			for _, e := range at {
				if e.Stream == c.Stream {
					c.Nats = e.Nats
				}
			}
			if found != nil && !found.DetectedAt.IsZero() {
				c.AloneAt = &found.DetectedAt
			}
			out = append(out, c)
			continue
		}
		if c := &out[len(out)-1]; found != nil && !found.PublishedAt.IsZero() {
			c.WithoutAt = &found.PublishedAt
			sooner := found.PublishedAt.Sub(in.PublishedAt).Seconds()
			c.SoonerS = &sooner
		}
	}
	return out
}

// same is how far apart two detections of one fault may be, before and after.
const same = 2 * time.Hour

// find gives what a juror made of an incident's fault: the first public one of
// its services at its time, else the first that was detected.
func (r *juror) find(in *outcry.Incident) (first *outcry.Incident) {
	until := in.ClosedAt
	if until.IsZero() {
		until = in.PublishedAt.Add(same)
	}
	for _, x := range r.memo.found {
		shared := slices.ContainsFunc(x.Services, func(s string) bool { return slices.Contains(in.Services, s) })
		if !shared || x.DetectedAt.Before(in.PublishedAt.Add(-same)) || x.DetectedAt.After(until) {
			continue
		}
		if first == nil || rank(&x, first) < 0 {
			first = &x
		}
	}
	return first
}

// rank puts public incidents before others, and earlier ones first.
func rank(a, b *outcry.Incident) int {
	hidden := func(x *outcry.Incident) int {
		if x.PublishedAt.IsZero() {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(hidden(a), hidden(b)), a.PublishedAt.Compare(b.PublishedAt), a.DetectedAt.Compare(b.DetectedAt), cmp.Compare(a.ID, b.ID))
}

// witness is a docket that remembers the evidence by which each incident was
// published.
type witness struct {
	docket
	seen map[string][]outcry.Evidence
}

// Apply implements docket.
func (w *witness) Apply(ctx context.Context, j store.Judged, changes []store.IncidentChange) error {
	for i := range changes {
		in := &changes[i].Incident
		if _, known := w.seen[in.ID]; !known && !in.PublishedAt.IsZero() {
			w.seen[in.ID] = slices.Clone(in.Evidence)
		}
	}
	return w.docket.Apply(ctx, j, changes)
}
