package promql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/stream"
)

// The sorts of value that an expression may give.
const (
	Counter = "counter" // each series only rises, but for restarts
	Rate    = "rate"    // errors a second
)

const (
	maxBody = 8 << 20
	timeout = 20 * time.Second
	// longest is for how long one reading may stand: the judge's bound, less
	// what a reading may come late.
	longest = 150 * time.Second
)

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Config is one expression.
type Config struct {
	Name     string // of the source, unique
	URL      string // of the API, without /api/v1/query
	Query    string
	Value    string // Counter or Rate; empty: Counter
	About    string // the service whose errors it counts
	Interval time.Duration
	Token    func() (string, error) // bearer token; "" for none
	Web      *stream.Web
	Sender   Sender
	Log      *slog.Logger
	Now      func() time.Time
}

// Poller asks for one expression. It is for one goroutine.
type Poller struct {
	cfg    Config
	target string
	last   time.Time // of the last reading that was sent; zero: it begins anew
	values map[string]float64
}

// New makes a poller. An address or a sort of value that cannot be is an error.
func New(cfg Config) (*Poller, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, outcry.FieldErrorf("url", "must look like https://prometheus.example.com")
	}
	if strings.TrimSpace(cfg.Query) == "" {
		return nil, outcry.FieldErrorf("query", "must not be empty")
	}
	switch cfg.Value {
	case "":
		cfg.Value = Counter
	case Counter, Rate:
	default:
		return nil, outcry.FieldErrorf("value", "%q is neither %s nor %s", cfg.Value, Counter, Rate)
	}
	u = u.JoinPath("api/v1/query")
	u.RawQuery = url.Values{"query": {cfg.Query}}.Encode()
	return &Poller{cfg: cfg, target: u.String()}, nil
}

// Run asks until the context ends. It always returns nil then.
func (p *Poller) Run(ctx context.Context) error {
	for sleep(ctx, p.due()) {
		err := p.poll(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		p.cfg.Log.Warn("promql: a metric could not be read; it says nothing until it can", "source", p.cfg.Name, "error", err)
		if t, ok := errors.AsType[*stream.Throttled](err); ok {
			sleep(ctx, min(t.After, time.Hour))
		}
	}
	return nil
}

// due is how long it is to the next question: at a place in each interval that
// is the source's own, and not near its ends, so that each has one reading.
func (p *Poller) due() time.Duration {
	h := fnv.New32a()
	h.Write([]byte(p.cfg.Name)) //nolint:errcheck // a hash never fails
	place := p.cfg.Interval/4 + p.cfg.Interval/2*time.Duration(h.Sum32()%1000)/1000
	now := p.cfg.Now()
	next := now.Truncate(p.cfg.Interval).Add(place)
	if !next.After(now) {
		next = next.Add(p.cfg.Interval)
	}
	return next.Sub(now)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// poll asks once and sends what is new.
func (p *Poller) poll(ctx context.Context) error {
	values, err := p.ask(ctx)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		p.last, p.values = time.Time{}, nil
		return errors.New("the query gives no samples that are numbers")
	}
	now := p.cfg.Now()
	s := p.reading(now, values)
	if err := p.cfg.Sender.Send(ctx, []outcry.Signal{s}); err != nil {
		return fmt.Errorf("send the reading: %w", err)
	}
	p.last, p.values = now, values
	return nil
}

func (p *Poller) ask(ctx context.Context) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, min(timeout, p.cfg.Interval))
	defer cancel()
	token, err := p.cfg.Token()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.target, http.NoBody)
	if err != nil {
		return nil, errors.New("the address cannot be asked")
	}
	got, err := p.cfg.Web.Do(req, token, timeout)
	if err != nil {
		return nil, err
	}
	defer got.Close()
	data, err := stream.ReadAll(got, maxBody)
	if err != nil {
		return nil, fmt.Errorf("read from %s: %w", req.URL.Host, err)
	}
	return parse(data)
}

// reading is what is new since the last one.
func (p *Poller) reading(now time.Time, values map[string]float64) outcry.Signal {
	at := now.UTC().Truncate(time.Millisecond)
	s := outcry.Signal{Kind: outcry.KindMetric, Outcome: outcry.Unknown, At: at, Service: p.cfg.About, Vantage: p.cfg.Name, ID: p.id(at)}
	since := now.Sub(p.last)
	if p.last.IsZero() || since <= 0 || since > longest {
		return s
	}
	n := 0.0
	for series, v := range values {
		if p.cfg.Value == Rate {
			n += v * since.Seconds()
			continue
		}
		// A series that is new, or began anew, tells only from its next value on:
		// what it has counted may be years.
		if old, known := p.values[series]; known && v > old {
			n += v - old
		}
	}
	s.Outcome, s.Count = outcry.Good, uint32(math.Round(min(n, outcry.MaxCount)))
	if s.Count > 0 {
		s.Outcome = outcry.Bad
	}
	return s
}

// id is one for each interval.
func (p *Poller) id(at time.Time) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "promql\x00%s\x00", p.cfg.Name)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Truncate(p.cfg.Interval).UnixNano()))) //nolint:errcheck // a hash never fails
	return max(h.Sum64(), 1)
}
