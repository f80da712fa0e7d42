package vantage

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Standing is one vantage as operators see it.
type Standing struct {
	Name    string `json:"name"`
	Revoked bool   `json:"revoked"`
	// Connected is whether it is joined over NATS, to whichever process of the
	// core; one that asks by HTTP is not.
	Connected bool       `json:"connected"`
	Checks    int        `json:"checks"`
	Heard     *time.Time `json:"heard_at"` // null: never, that this process knows
	Waiting   int        `json:"waiting"`  // results that it had still to deliver
	Region    string     `json:"region,omitempty"`
	Carrier   string     `json:"carrier,omitempty"`
	Ahead     float64    `json:"clock_ahead_s"` // its clock against ours, at its last delivery
}

func (d *Door) operator(r *http.Request) (string, error) {
	if name := holder(r, d.operators); name != "" {
		return name, nil
	}
	if name := holder(r, d.readers); name != "" {
		return "", outcry.Errorf(outcry.CodeForbidden, "the token %s has the role read: it may look, and change nothing", name)
	}
	return "", outcry.Errorf(outcry.CodeUnauthorized, "an operator's token is required: Authorization: Bearer …")
}

// list answers with all vantages.
func (d *Door) list(w http.ResponseWriter, r *http.Request) error {
	if _, err := d.operator(r); err != nil && holder(r, d.readers) == "" {
		return err
	}
	revoked, err := d.cfg.Book.Revoked(r.Context())
	if err != nil {
		return err
	}
	all := []Standing{}
	for _, name := range slices.Sorted(maps.Keys(d.vantages)) {
		p, err := d.cfg.Book.Place(r.Context(), name)
		if err != nil {
			return err
		}
		s := Standing{Name: name, Revoked: slices.Contains(revoked, name), Waiting: p.Waiting, Region: p.Region, Carrier: p.Carrier, Ahead: p.Ahead}
		if s.Connected, err = d.connected(r.Context(), name); err != nil {
			return err
		}
		if at := later(p.Heard, d.present.when(name)); !at.IsZero() {
			s.Heard = &at
		}
		for i := range d.cfg.Checks {
			if d.cfg.Checks[i].runs(name) {
				s.Checks++
			}
		}
		all = append(all, s)
	}
	return reply(w, map[string]any{"vantages": all})
}

// revoke ends or restores a vantage's right to speak.
func (d *Door) revoke(w http.ResponseWriter, r *http.Request, on bool) error {
	who, err := d.operator(r)
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	if _, known := d.vantages[name]; !known {
		return outcry.Errorf(outcry.CodeNotFound, "there is no vantage %.64q", name)
	}
	if err := d.cfg.Book.Revoke(r.Context(), name, on); err != nil {
		return err
	}
	if on && d.lines != nil {
		d.lines.Cut(name)
	}
	d.cfg.Log.Warn("vantage: its right to speak was changed", "vantage", name, "revoked", on, "by", who)
	return reply(w, map[string]any{"name": name, "revoked": on})
}

// connected reports whether a vantage is joined over NATS, here or elsewhere.
func (d *Door) connected(ctx context.Context, name string) (bool, error) {
	if d.open(name) > 0 {
		return true, nil
	}
	j, err := d.cfg.Book.Junction(ctx, name)
	return j.Process != d.id && d.cfg.Now().Sub(j.At) < 3*pollEvery, err
}

// open counts a vantage's connections to this process.
func (d *Door) open(name string) int {
	if d.lines == nil {
		return 0
	}
	return d.lines.Open(name)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// presence knows when vantages were last heard by this process.
type presence struct {
	mu   sync.Mutex
	at   map[string]time.Time
	gone map[string]bool
}

func (p *presence) heard(name string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[string]time.Time{}
	}
	p.at[name] = now
}

func (p *presence) when(name string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at[name]
}

// missedAfter is how long a vantage may say nothing: several of its polls.
const missedAfter = 6 * pollEvery

// missing tells which of the vantages have fallen silent, and which are back,
// since it was last asked. One that was never heard counts from an instant, as
// of when the core started.
func (p *presence) missing(now, from time.Time, names []string) (gone, back []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil {
		p.gone = map[string]bool{}
	}
	for _, name := range names {
		silent := now.Sub(later(p.at[name], from)) > missedAfter
		switch {
		case silent && !p.gone[name]:
			gone = append(gone, name)
		case !silent && p.gone[name]:
			back = append(back, name)
		}
		p.gone[name] = silent
	}
	return gone, back
}

// Watch says in the log, and in the metrics, when a vantage falls silent, until
// the context ends.
func (d *Door) Watch(ctx context.Context) error {
	from := d.cfg.Now()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			d.watch(d.cfg.Now(), from)
			d.noteJoined(ctx)
		}
	}
}

func (d *Door) watch(now, from time.Time) {
	names := slices.Sorted(maps.Keys(d.vantages))
	gone, back := d.present.missing(now, from, names)
	for _, name := range gone {
		d.cfg.Log.Warn("vantage: nothing is heard of it: it is down, or cut off from here", "vantage", name, "for", missedAfter)
		d.cfg.Metrics.present(name, false)
	}
	for _, name := range back {
		d.cfg.Log.Info("vantage: it is heard again", "vantage", name)
	}
	for _, name := range names {
		if now.Sub(d.present.when(name)) <= missedAfter {
			d.cfg.Metrics.present(name, true)
		}
	}
}

// noteJoined keeps for other processes of the core which vantages are connected
// to this one.
func (d *Door) noteJoined(ctx context.Context) {
	for name := range d.vantages {
		n := d.open(name)
		d.cfg.Metrics.connections(name, n)
		if n == 0 {
			continue
		}
		if err := d.cfg.Book.keepJunction(ctx, name, Junction{Process: d.id, At: d.cfg.Now().UTC()}); err != nil {
			d.cfg.Log.Warn("vantage: it cannot be kept that it is connected", "vantage", name, "error", err)
		}
	}
}
