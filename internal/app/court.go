package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/store"
)

// docket is where a court's decisions are kept: the store.
type docket interface {
	Apply(ctx context.Context, j store.Judged, changes []store.IncidentChange) error
	LoadJudge(ctx context.Context) (store.JudgeState, error)
	archive
}

// archive has the incidents.
type archive interface {
	Incident(ctx context.Context, id string) (outcry.Incident, error)
	Incidents(ctx context.Context, q store.IncidentQuery) ([]outcry.Incident, error)
}

// audience hears what a court decided, after it is stored.
type audience interface {
	heard(t outcry.Tick, tallies []outcry.Tally, verdicts []outcry.Verdict)
	passed(t outcry.Tick) // everything up to t has been judged
	changed(in outcry.Incident)
}

// court brings the judge and the ledger together, a tick at a time: tallies to
// verdicts, verdicts to incidents, incidents to the store. The store refuses a
// tick that somebody else has judged, so that of several courts one decides.
type court struct {
	docket   docket
	audience audience
	judge    func(start outcry.Tick) (*detect.Judge, error)
	ledger   func(stored []outcry.Incident) (*incident.Ledger, error)
	channels channels
	services []string // that are judged
	fleeting bool     // nothing outlives the process: the judge's memory need not be stored
	log      *slog.Logger
	// said gives the bulletins of ticks from ≤ t < to that the store has; may be nil.
	said func(ctx context.Context, from, to outcry.Tick) ([]outcry.Tally, error)
	// working reports whether planned work on a service is under way; may be nil.
	working func(service string, at time.Time) bool

	mu   sync.Mutex // the judge and the ledger are for one at a time
	j    *detect.Judge
	l    *incident.Ledger
	last outcry.Tick // judged and stored
	kept outcry.Tick // of the stored snapshot
	// What is judged and could not be stored yet: a full disk is no reason to
	// judge a tick twice.
	judged outcry.Tick
	unsaid []store.IncidentChange
}

// storeFor is how long one of the court's transactions may take. They are not
// given up at shutdown: half of the answer would be lost.
const storeFor = 10 * time.Second

// snapshotEvery is how often the judge's memory is stored, in ticks; after a
// crash the ticks since are judged again, in silence.
const snapshotEvery = 60

// open takes up the work where the store says that it stopped. silent gives the
// tallies of ticks that were judged after the judge's memory was stored.
func (c *court) open(ctx context.Context, first outcry.Tick, silent func(from, to outcry.Tick) ([]outcry.Tally, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	st, err := c.docket.LoadJudge(ctx)
	if err != nil {
		return fmt.Errorf("load the judge's memory: %w", err)
	}
	if st.Tick != 0 {
		first = st.SnapshotAt + 1
		if st.SnapshotAt == 0 {
			first = st.Tick + 1
		}
	}
	if c.j, err = c.judge(first); err != nil {
		return err
	}
	if err := c.j.Restore(st.Snapshot); err != nil {
		c.log.Warn("judge: its memory cannot be read; it learns anew", "error", err)
	}
	c.last, c.kept, c.judged, c.unsaid = st.Tick, st.SnapshotAt, st.Tick, nil
	if err := c.catchUp(silent); err != nil {
		return err
	}
	return c.reload(ctx)
}

// catchUp judges again, in silence, what was judged after the last snapshot.
func (c *court) catchUp(silent func(from, to outcry.Tick) ([]outcry.Tally, error)) error {
	from := c.j.Next()
	if c.last == 0 || from > c.last {
		return nil
	}
	tallies, err := silent(from, c.last+1)
	if err != nil {
		return fmt.Errorf("read the tallies since the judge's memory: %w", err)
	}
	for t, rest := from, tallies; t <= c.last; t++ {
		var now []outcry.Tally
		now, rest = cut(rest, t)
		if len(now) == 0 && c.j.Idle() {
			continue
		}
		if _, err := c.j.Step(t, 1, now); err != nil {
			return err
		}
	}
	c.log.Info("judge: recovered", "ticks_judged_again", int64(c.last-from)+1)
	return nil
}

// reload makes the ledger of what is stored.
func (c *court) reload(ctx context.Context) error {
	stored, err := c.docket.Incidents(ctx, store.IncidentQuery{Open: true, Limit: 1000})
	if err != nil {
		return fmt.Errorf("load the open incidents: %w", err)
	}
	if c.last != 0 {
		lately, err := c.docket.Incidents(ctx, store.IncidentQuery{From: c.last.Start().Add(-24 * time.Hour), To: c.last.Start().Add(240 * time.Hour), Limit: 1000})
		if err != nil {
			return fmt.Errorf("load the incidents of the last day: %w", err)
		}
		stored = unite(stored, lately)
	}
	if c.l, err = c.ledger(stored); err != nil {
		return err
	}
	if err := c.rehear(ctx); err != nil {
		return err
	}
	if n := len(c.l.Open()); n > 0 {
		c.log.Info("ledger: open incidents go on", "incidents", n)
	}
	return nil
}

func unite(open, lately []outcry.Incident) []outcry.Incident {
	have := make(map[string]bool, len(open))
	for i := range open {
		have[open[i].ID] = true
	}
	for i := range lately {
		if !have[lately[i].ID] {
			open = append(open, lately[i])
		}
	}
	return open
}

// cut splits off the tallies of tick t, which come first.
func cut(tallies []outcry.Tally, t outcry.Tick) (now, rest []outcry.Tally) {
	n := 0
	for n < len(tallies) && tallies[n].Tick <= t {
		n++
	}
	return tallies[:n], tallies[n:]
}

// sit judges the ticks from ≤ t < to and stores what comes of it in one
// transaction. at says when a tick is judged; coverage what share of the
// collectors was alive in it.
func (c *court) sit(ctx context.Context, from, to outcry.Tick, tallies []outcry.Tally, at func(outcry.Tick) time.Time, coverage func(outcry.Tick) float64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := from; t < to; t++ {
		var now []outcry.Tally
		now, tallies = cut(tallies, t)
		alive := coverage(t)
		if len(now) == 0 && alive == 1 && c.j.Idle() && len(c.l.Open()) == 0 {
			continue
		}
		verdicts, err := c.j.Step(t, alive, now)
		if err != nil {
			return err
		}
		verdicts = c.complete(t, verdicts)
		when := at(t)
		for _, ch := range append(c.l.Hear(when, bulletinsOf(now)), c.l.Judge(when, verdicts)...) {
			c.unsaid = append(c.unsaid, store.IncidentChange{Incident: ch.Incident, Notices: c.channels.notices(when, &ch)})
		}
		c.audience.heard(t, now, verdicts)
	}
	c.judged = to - 1
	return c.record(ctx)
}

// complete adds the verdicts that the judge leaves out, "normal, as before":
// while incidents are open the ledger must hear of every service.
func (c *court) complete(t outcry.Tick, verdicts []outcry.Verdict) []outcry.Verdict {
	if len(c.l.Open()) == 0 {
		return verdicts
	}
	said := make(map[string]bool, len(verdicts))
	for i := range verdicts {
		said[verdicts[i].Service] = true
	}
	for _, id := range c.services {
		if !said[id] {
			verdicts = append(verdicts, outcry.Verdict{Service: id, Tick: t, Condition: outcry.CondNormal, Own: true})
		}
	}
	slices.SortFunc(verdicts, func(x, y outcry.Verdict) int { return cmp.Compare(x.Service, y.Service) })
	return verdicts
}

// record stores what the ticks since the last time have brought. What cannot be
// stored is kept for the next time.
func (c *court) record(ctx context.Context) error {
	j := store.Judged{Prev: c.last, Tick: c.judged}
	if c.judged-c.kept >= snapshotEvery && !c.fleeting {
		var err error
		if j.Snapshot, err = c.j.Snapshot(); err != nil {
			return err
		}
	}
	return c.apply(ctx, j)
}

// apply stores what is unsaid with a judge's position, and tells the audience.
func (c *court) apply(ctx context.Context, j store.Judged) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeFor)
	defer cancel()
	if err := c.docket.Apply(ctx, j, c.unsaid); err != nil {
		return fmt.Errorf("store what was judged up to %s: %w", c.judged.End().Format(time.RFC3339), err)
	}
	said := c.unsaid
	c.last, c.unsaid = j.Tick, nil
	if j.Snapshot != nil {
		c.kept = j.Tick
	}
	for i := range said {
		said[i].Incident.Version++
		c.audience.changed(said[i].Incident)
	}
	c.audience.passed(j.Tick)
	return nil
}

// do carries out what a person says who has seen the incident at a version; 0
// is at any. CodeConflict when it has changed since.
func (c *court) do(ctx context.Context, at time.Time, cmd incident.Command, seen int64) (outcry.Incident, error) {
	// whoever asked may have gone: what the ledger has done is stored, or undone
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeFor)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.recall(ctx, cmd.Incident, seen); err != nil {
		return outcry.Incident{}, err
	}
	ch, err := c.l.Do(at, cmd)
	if err != nil {
		return outcry.Incident{}, err
	}
	changes := []store.IncidentChange{{Incident: ch.Incident, Notices: c.channels.notices(at, &ch)}}
	if err := c.docket.Apply(ctx, store.Judged{}, changes); err != nil {
		if again := c.reload(ctx); again != nil {
			c.log.Error("ledger: cannot be read again after a change was refused", "error", again)
		}
		return outcry.Incident{}, fmt.Errorf("store the change: %w", err)
	}
	ch.Incident.Version++
	c.audience.changed(ch.Incident)
	return ch.Incident, nil
}

// recall makes ready for a command: what was judged is stored before it, and
// the ledger knows its incident, however long ago that closed.
func (c *court) recall(ctx context.Context, id string, seen int64) error {
	if len(c.unsaid) > 0 {
		if err := c.record(ctx); err != nil {
			return err
		}
	}
	if id == "" {
		return nil
	}
	in, err := c.docket.Incident(ctx, id)
	if err != nil {
		return err
	}
	if seen != 0 && in.Version != seen {
		return outcry.Errorf(outcry.CodeConflict, "incident %s has changed since you saw it: look at it again", id)
	}
	c.l.Know(in)
	return nil
}

// close stores the judge's memory, and what could not be stored before.
func (c *court) close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.j == nil || c.judged == 0 || (c.kept == c.judged && len(c.unsaid) == 0) {
		return nil
	}
	blobs, err := c.j.Snapshot()
	if err != nil {
		return err
	}
	return c.apply(ctx, store.Judged{Prev: c.last, Tick: c.judged, Snapshot: blobs})
}
