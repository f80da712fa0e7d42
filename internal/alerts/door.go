package alerts

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Memory knows which alerts fire, for every process that takes them.
type Memory interface {
	FiringAlert(ctx context.Context, name string) (service, symptom string, firing bool, err error)
	KeepAlert(ctx context.Context, name, service, symptom string, at time.Time) error
	DropAlert(ctx context.Context, name string) error
}

// Config is what a door needs.
type Config struct {
	Integrations map[string]Integration // by the path's first part
	Mapping      Mapping
	Tokens       []Token
	Memory       Memory
	Sender       Sender
	Now          func() time.Time
	Log          *slog.Logger
	Fail         func(w http.ResponseWriter, r *http.Request, err error) // writes an error's answer
	Metrics      *Metrics                                                // may be nil
}

// Door takes webhooks. It is an [http.Handler] for
// POST /api/v1/alerts/{integration} and whatever is below.
type Door struct {
	cfg  Config
	keys keyring
	turn sync.Mutex // one request at a time decides what begins and ends
}

// New makes a door.
func New(cfg Config) *Door {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Door{cfg: cfg, keys: newKeyring(cfg.Tokens)}
}

// Prefix is the path that a door is mounted at.
const Prefix = "/api/v1/alerts/"

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// Taken is what became of a request's alerts.
type Taken struct {
	Fired    int `json:"fired"`    // began to fire
	Resolved int `json:"resolved"` // recovered
	Repeated int `json:"repeated"` // fire still, or were over already
	Unmapped int `json:"unmapped"` // are about no service that is known here
}

// ServeHTTP takes one webhook.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply, err := d.take(r)
	if err != nil {
		d.cfg.Metrics.refused(outcry.CodeOf(err))
		d.cfg.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusAccepted)
	if err := json.NewEncoder(w).Encode(reply); err != nil {
		d.cfg.Log.Debug("alerts: an answer was not read", "error", err)
	}
}

func (d *Door) take(r *http.Request) (any, error) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	in := d.cfg.Integrations[name]
	if in == nil {
		return nil, outcry.Errorf(outcry.CodeNotFound, "there is no integration %.40q", name)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read")
	}
	if len(body) > maxBody {
		return nil, outcry.Errorf(outcry.CodeTooLarge, "the body is over %d bytes", maxBody)
	}
	req := &Request{Header: r.Header, Query: r.URL.Query(), Path: rest, Body: body}
	who, err := d.keys.authenticate(req, in, d.cfg.Now())
	if err != nil {
		return nil, err
	}
	reading, err := in.Read(r.Context(), req)
	if err != nil {
		return nil, err
	}
	taken, err := d.Take(r.Context(), name, reading.Alerts)
	if err != nil {
		return nil, err
	}
	d.cfg.Log.Info("alerts: taken", "from", who, "integration", name, "fired", taken.Fired, "resolved", taken.Resolved, "repeated", taken.Repeated, "unmapped", taken.Unmapped)
	if reading.Reply != nil {
		return reading.Reply, nil
	}
	return taken, nil
}

// Take tells of what begins and ends among some alerts of an integration.
func (d *Door) Take(ctx context.Context, integration string, list []Alert) (taken Taken, err error) {
	if len(list) > maxAlerts {
		return taken, outcry.Errorf(outcry.CodeTooLarge, "%d alerts at once, at most %d are allowed", len(list), maxAlerts)
	}
	for i := range list {
		if err := list[i].check(); err != nil {
			return taken, err
		}
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	told := telling{integration: integration, now: d.cfg.Now(), changed: make(map[string]standing)}
	for i := range list {
		if err := d.one(ctx, &list[i], &told); err != nil {
			return taken, err
		}
	}
	if err := d.tell(ctx, &told); err != nil {
		return taken, err
	}
	d.cfg.Metrics.took(integration, told.taken)
	return told.taken, nil
}

// telling is what one request brings: it is sent in one piece, so that a storm of
// alerts waits for the disk once.
type telling struct {
	integration string
	now         time.Time
	signals     []outcry.Signal
	changed     map[string]standing // of the memory, by name
	order       []string
	taken       Taken
}

// standing is what the memory has of an alert.
type standing struct {
	service, symptom string
	firing           bool
}

// standing is how an alert is left by the memory and by what this request has
// said before.
func (d *Door) standing(ctx context.Context, name string, told *telling) (s standing, err error) {
	if s, changed := told.changed[name]; changed {
		return s, nil
	}
	s.service, s.symptom, s.firing, err = d.cfg.Memory.FiringAlert(ctx, name)
	return s, err
}

// one adds what there is to tell of one alert.
func (d *Door) one(ctx context.Context, a *Alert, told *telling) error {
	name := memoryName(told.integration, a.Key)
	s, err := d.standing(ctx, name, told)
	if err != nil {
		return fmt.Errorf("look up the alert %.60q: %w", a.Key, err)
	}
	switch {
	case s.firing == a.Firing:
		told.taken.Repeated++
		if s.firing {
			told.keep(name, s)
		}
		return nil
	case a.Firing:
		service, symptom, ok := d.cfg.Mapping.find(a.Labels)
		if !ok {
			told.taken.Unmapped++
			return nil
		}
		s = standing{service, symptom, true}
		told.taken.Fired++
	default:
		s.firing = false
		told.taken.Resolved++
	}
	told.signals = append(told.signals, told.signal(&s, a))
	told.keep(name, s)
	return nil
}

func (t *telling) keep(name string, s standing) {
	if _, known := t.changed[name]; !known {
		t.order = append(t.order, name)
	}
	t.changed[name] = s
}

// tell sends the signals before the memory is told: what fails in between is
// sent again, under the same IDs, and counts once.
func (d *Door) tell(ctx context.Context, told *telling) error {
	if len(told.signals) > 0 {
		if err := d.cfg.Sender.Send(ctx, told.signals); err != nil {
			return outcry.Wrap(outcry.CodeUnavailable, err, "alerts cannot be stored at the moment")
		}
	}
	for _, name := range told.order {
		s := told.changed[name]
		var err error
		if s.firing {
			err = d.cfg.Memory.KeepAlert(ctx, name, s.service, s.symptom, told.now)
		} else {
			err = d.cfg.Memory.DropAlert(ctx, name)
		}
		if err != nil {
			return fmt.Errorf("keep the state of the alert %.60q: %w", name, err)
		}
	}
	return nil
}

func (t *telling) signal(s *standing, a *Alert) outcry.Signal {
	at := t.now.UTC().Truncate(time.Millisecond)
	o := outcry.Good
	if s.firing {
		o = outcry.Bad
	}
	return outcry.Signal{
		Kind: outcry.KindAlert, Outcome: o, At: at, Service: s.service, Symptom: s.symptom, Vantage: t.integration,
		// one that fires, ends and fires again in one request has three IDs
		Reason: shortened(a.Name), ID: signalID(t.integration, a, at.Add(time.Duration(len(t.signals))*time.Millisecond)),
	}
}

// memoryName is under which an alert is remembered: one integration's keys do
// not meet another's.
func memoryName(integration, key string) string { return integration + "/" + key }

// maxName bounds an alert's name, in bytes.
const maxName = 100

func shortened(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxName)], "") }

// signalID is the same for every telling of one beginning or end: by when the
// sender says it was, or else by our clock.
func signalID(integration string, a *Alert, now time.Time) uint64 {
	at := a.At
	if at.IsZero() {
		at = now
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%t\x00", integration, a.Key, a.Firing)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))) //nolint:errcheck // a hash never fails
	return max(h.Sum64(), 1)
}
