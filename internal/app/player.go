package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/internal/store"
)

// player feeds a scenario's records to the pipeline on a virtual clock. Reports
// go through the intake's door as a person's would; what probes and vendors
// say goes to the stream as the probers and listeners send it. Then it lets the
// counter and the court take their turns.
type player struct {
	clock   *virtualClock
	door    *intake.Door
	queue   *queue // what the door sends to, and what goes on to the stream
	stream  sender
	counter *counter
	court   *court
	jury    *jury // nil: what each stream contributes is not asked
	tallies tallyReader
	board   *board
	desk    *deskHub
	seen    *witness
	ends    []outcry.Tick // ticks at which the collector's coverage changes …
	up      []bool        // … to this

	sent, in int64
	refused  map[string]int64
}

// sender is a Gatherer of the bus.
type sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// queue holds signals until their ticks are over.
type queue struct{ signals []outcry.Signal }

// Send implements the door's and the probers' sender.
func (q *queue) Send(_ context.Context, signals []outcry.Signal) error {
	q.signals = append(q.signals, signals...)
	return nil
}

// virtualClock is the time of a scenario, in Unix nanoseconds.
type virtualClock struct{ at atomic.Int64 }

func (c *virtualClock) now() time.Time  { return time.Unix(0, c.at.Load()).UTC() }
func (c *virtualClock) set(t time.Time) { c.at.Store(t.UnixNano()) }

// seeded gives secrets that follow from a seed, so that a replay gives the same
// bytes each time. Never use it for people.
type seeded struct{ seed uint64 }

// Salt implements intake.Salter.
func (s seeded) Salt(_ context.Context, period string) ([]byte, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "outcry replay %d %s", s.seed, period))
	return sum[:], nil
}

// ids numbers incidents and updates of a replay.
func (s seeded) ids() func() string {
	n := uint64(0)
	return func() string {
		n++
		h := fnv.New64a()
		h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.seed), n))
		return fmt.Sprintf("%013x", h.Sum64()&(1<<52-1))
	}
}

// feed takes one record in.
func (p *player) feed(ctx context.Context, r *replay.Record) error {
	p.clock.set(r.At)
	switch r.Kind {
	case outcry.KindReport:
		return p.report(ctx, r)
	case outcry.KindCoverage:
		p.ends = append(p.ends, outcry.TickOf(r.At))
		p.up = append(p.up, r.Up)
		return nil
	case outcry.KindProbe:
		return p.queue.Send(ctx, []outcry.Signal{probeSignal(r)})
	case outcry.KindBulletin:
		return p.queue.Send(ctx, []outcry.Signal{bulletinSignal(r)})
	case outcry.KindMetric:
		return p.queue.Send(ctx, []outcry.Signal{metricSignal(r)})
	case outcry.KindPost:
		return p.queue.Send(ctx, p.desk.Read(posts.Post{At: r.At, Text: r.Text, Author: r.Author, Source: r.Source, About: r.Service}))
	default:
		return nil
	}
}

func (p *player) report(ctx context.Context, r *replay.Record) error {
	p.sent++
	addr, err := netip.ParseAddr(r.Address)
	if err != nil && r.Address != "" {
		return outcry.FieldErrorf("address", "%q of the report at %s is no address", r.Address, r.At.Format(time.RFC3339Nano))
	}
	raw := intake.Raw{
		Service: r.Service, Symptom: r.Symptom, Region: known(r.Region), Carrier: known(r.Carrier),
		At: r.At, Reporter: r.Reporter, Address: addr, Agent: r.Agent,
	}
	res, err := p.door.Accept(ctx, []intake.Raw{raw}, intake.Caller{Name: "replay", Trusted: true, Address: addr, Agent: r.Agent})
	if err != nil {
		return err
	}
	p.in += int64(res.Accepted)
	for why, n := range res.Refused {
		p.refused[why] += int64(n)
	}
	return nil
}

// known drops the name that a draw gives to what it does not name.
func known(v string) string {
	if v == outcry.ScopeOther {
		return ""
	}
	return v
}

func probeSignal(r *replay.Record) outcry.Signal {
	s := outcry.Signal{
		Kind: outcry.KindProbe, At: r.At, Service: r.Service, Scope: outcry.Scope{Region: known(r.Region)},
		Vantage: r.Vantage, Reason: r.Reason, Latency: time.Duration(r.MS) * time.Millisecond,
	}
	if r.OK {
		s.Outcome = outcry.Good
	}
	return s
}

func metricSignal(r *replay.Record) outcry.Signal {
	s := outcry.Signal{Kind: outcry.KindMetric, At: r.At, Service: r.Service, Vantage: r.Metric, Outcome: outcry.Good, Count: uint32(min(r.Count, outcry.MaxCount))}
	if s.Count > 0 {
		s.Outcome = outcry.Bad
	}
	return s
}

// officialSource names the vendor's page of a scenario.
const officialSource = "official"

func bulletinSignal(r *replay.Record) outcry.Signal {
	s := outcry.Signal{Kind: outcry.KindBulletin, At: r.At, Service: r.Service, Symptom: r.Status, Reason: r.Status, Vantage: officialSource}
	if r.Status == replay.StatusResolved {
		s.Outcome = outcry.Good
	}
	return s
}

// coverage says whether the collector was there in a tick.
func (p *player) coverage(t outcry.Tick) float64 {
	alive := 1.0
	for i, at := range p.ends {
		if at > t {
			break
		}
		alive = 0
		if p.up[i] {
			alive = 1
		}
	}
	return alive
}

// contribute adds to a result's incidents what each stream had to do with them.
func (p *player) contribute(public []outcry.Incident, r *replay.Result) {
	if p.jury == nil {
		return
	}
	for i := range r.Incidents {
		for k := range public {
			if in := &public[k]; in.ID == r.Incidents[i].ID {
				r.Incidents[i].Contributions = p.jury.streams(in, p.seen.seen[in.ID])
			}
		}
	}
}

// turn lets the pipeline work off what was fed of the ticks from ≤ t < to.
func (p *player) turn(ctx context.Context, from, to outcry.Tick) error {
	if len(p.queue.signals) > 0 {
		if err := p.stream.Send(ctx, p.queue.signals); err != nil {
			return err
		}
		p.queue.signals = p.queue.signals[:0]
	}
	if err := p.counter.settle(ctx, to-1); err != nil {
		return err
	}
	tallies, err := p.tallies.Tallies(ctx, store.TallyQuery{From: from, To: to, Cells: true})
	if err != nil {
		return err
	}
	at := func(t outcry.Tick) time.Time { return t.End().Add(judgeDelay) }
	p.clock.set(at(to - 1))
	if p.jury != nil {
		if err := p.jury.sit(ctx, from, to, tallies, at, p.coverage); err != nil {
			return err
		}
	}
	return p.court.sit(ctx, from, to, tallies, at, p.coverage)
}

// play feeds all records before the end, in turns of as many ticks as step says
// for each, and calls after when one is done.
func (p *player) play(ctx context.Context, records iter.Seq2[replay.Record, error], first, end outcry.Tick, step func(outcry.Tick) outcry.Tick, after func(next outcry.Tick) error) error {
	from := first
	to := min(from+step(from), end)
	advance := func(until outcry.Tick) error {
		for to <= until && from < end {
			if err := p.turn(ctx, from, to); err != nil {
				return err
			}
			if err := after(to); err != nil {
				return err
			}
			from = to
			to = min(from+step(from), end)
		}
		return ctx.Err()
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		t := outcry.TickOf(r.At)
		if t >= end {
			break
		}
		if err := advance(t); err != nil {
			return err
		}
		if err := p.feed(ctx, &r); err != nil {
			return err
		}
	}
	return advance(math.MaxInt64)
}
