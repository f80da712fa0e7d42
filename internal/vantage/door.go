package vantage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outcry/outcry"
)

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Assignment is one check of the core's configuration that remote vantages may
// run.
type Assignment struct {
	Name, Service, Symptom string
	Scope                  outcry.Scope // of what is checked; fields that are empty are the vantage's
	Vantages               []string     // those that run it; empty: all
	Secret                 bool         // it holds secrets: only vantages that it names run it
	// Hand gives the check with its secrets, as of now.
	Hand func() (Check, error)
}

// runs reports whether a vantage runs the check.
func (a *Assignment) runs(vantage string) bool {
	return slices.Contains(a.Vantages, vantage) || len(a.Vantages) == 0 && !a.Secret
}

// Config is what a door needs.
type Config struct {
	Tokens    map[string]string // of vantages: names to secrets
	Operators map[string]string // who may list and revoke
	Readers   map[string]string // who may list
	Checks    []Assignment
	Book      *Book
	Sender    Sender
	Now       func() time.Time
	Log       *slog.Logger
	Fail      func(w http.ResponseWriter, r *http.Request, err error) // writes an error's answer
	Metrics   *Metrics                                                // may be nil
}

// Door is where vantages ask and tell.
type Door struct {
	cfg       Config
	vantages  map[string][sha256.Size]byte
	operators map[string][sha256.Size]byte
	readers   map[string][sha256.Size]byte
	locks     map[string]*sync.Mutex   // one delivery of a vantage at a time
	limits    map[string]*rate.Limiter // of a vantage's requests
	present   presence
}

// New makes a door.
func New(cfg Config) *Door {
	d := &Door{cfg: cfg, vantages: sums(cfg.Tokens), operators: sums(cfg.Operators), readers: sums(cfg.Readers), locks: map[string]*sync.Mutex{}, limits: map[string]*rate.Limiter{}}
	for name := range cfg.Tokens {
		d.locks[name], d.limits[name] = &sync.Mutex{}, rate.NewLimiter(requestsPerSecond, requestsAtOnce)
	}
	return d
}

func sums(tokens map[string]string) map[string][sha256.Size]byte {
	out := make(map[string][sha256.Size]byte, len(tokens))
	for name, secret := range tokens {
		if secret != "" {
			out[name] = sha256.Sum256([]byte(secret))
		}
	}
	return out
}

// Handlers are the routes to mount, by their patterns.
func (d *Door) Handlers() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /api/v1/vantage/checks":           d.answers(d.checks),
		"POST /api/v1/vantage/results":         d.answers(d.results),
		"GET /api/v1/vantages":                 d.answers(d.list),
		"POST /api/v1/vantages/{name}/revoke":  d.answers(func(w http.ResponseWriter, r *http.Request) error { return d.revoke(w, r, true) }),
		"POST /api/v1/vantages/{name}/restore": d.answers(func(w http.ResponseWriter, r *http.Request) error { return d.revoke(w, r, false) }),
	}
}

func (d *Door) answers(next func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := next(w, r); err != nil {
			d.cfg.Fail(w, r, err)
		}
	})
}

// holder names who has the request's token; all are compared, each in constant
// time.
func holder(r *http.Request, tokens map[string][sha256.Size]byte) (name string) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	given := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	for n, sum := range tokens {
		if subtle.ConstantTimeCompare(sum[:], given[:]) == 1 {
			name = n
		}
	}
	return name
}

// vantage authenticates one that is not revoked.
func (d *Door) vantage(r *http.Request) (string, error) {
	name := holder(r, d.vantages)
	if name == "" {
		return "", outcry.Errorf(outcry.CodeUnauthorized, "a token of the role probe is required: Authorization: Bearer …")
	}
	revoked, err := d.cfg.Book.Revoked(r.Context())
	if err != nil {
		return "", outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be seen whether the vantage is revoked")
	}
	if slices.Contains(revoked, name) {
		return "", outcry.Errorf(outcry.CodeForbidden, "the vantage %s is revoked", name)
	}
	if !d.limits[name].AllowN(d.cfg.Now(), 1) {
		d.cfg.Metrics.limit(name)
		return "", outcry.Errorf(outcry.CodeTooMany, "the vantage %s asks more than %d times a second", name, requestsPerSecond)
	}
	return name, nil
}

// checks answers what a vantage is to run; with the ETag that it has, nothing.
func (d *Door) checks(w http.ResponseWriter, r *http.Request) error {
	name, err := d.vantage(r)
	if err != nil {
		return err
	}
	agenda := Agenda{Vantage: name, Checks: []Check{}}
	for i := range d.cfg.Checks {
		a := &d.cfg.Checks[i]
		if !a.runs(name) {
			continue
		}
		c, err := a.Hand()
		if err != nil {
			d.cfg.Log.Error("vantage: a check cannot be handed to it", "vantage", name, "check", a.Name, "error", err)
			continue
		}
		agenda.Checks = append(agenda.Checks, c)
	}
	body, err := json.Marshal(agenda)
	if err != nil {
		return err
	}
	d.present.heard(name, d.cfg.Now())
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-store")
	// A proxy that compresses makes the tag a weak one (RFC 9110, 8.8.1).
	if strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // it asks again
	return nil
}

// results takes a delivery.
func (d *Door) results(w http.ResponseWriter, r *http.Request) error {
	name, err := d.vantage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read, or is over %d bytes", maxBody)
	}
	var in Delivery
	if err := json.Unmarshal(body, &in); err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "the body is no delivery of results")
	}
	receipt, err := d.Take(r.Context(), name, &in)
	if err != nil {
		return err
	}
	return reply(w, receipt)
}

// Take counts what is new in a delivery of a vantage.
func (d *Door) Take(ctx context.Context, name string, in *Delivery) (out Receipt, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	lock := d.locks[name]
	if lock == nil {
		return out, outcry.Errorf(outcry.CodeForbidden, "there is no vantage %s", name)
	}
	lock.Lock()
	defer lock.Unlock()
	p, err := d.cfg.Book.Place(ctx, name)
	if err != nil {
		return out, outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be seen how far the vantage was heard")
	}
	if p.Spool != in.Spool {
		p.Spool, p.Through = in.Spool, 0
	}
	signals := d.signals(name, in, p.Through, &out)
	if len(signals) > 0 {
		if err := d.cfg.Sender.Send(ctx, signals); err != nil {
			return out, outcry.Wrap(outcry.CodeUnavailable, err, "results cannot be stored at the moment")
		}
	}
	if n := len(in.Results); n > 0 {
		p.Through = max(p.Through, in.Results[n-1].Number)
	}
	p.Heard, p.Waiting, p.Region, p.Carrier = d.cfg.Now().UTC(), max(in.Waiting-len(in.Results), 0), in.Region, in.Carrier
	p.Ahead = time.UnixMilli(in.Sent).Sub(p.Heard).Round(100 * time.Millisecond).Seconds()
	if err := d.cfg.Book.keep(ctx, name, p); err != nil {
		return out, outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be kept how far the vantage was heard")
	}
	out.Through = p.Through
	d.present.heard(name, d.cfg.Now())
	d.cfg.Metrics.took(name, signals, out)
	if out.Refused > 0 {
		d.cfg.Log.Warn("vantage: results were refused: of a check that it does not run, or of an impossible time", "vantage", name, "refused", out.Refused)
	}
	return out, nil
}

// signals makes what is new of a delivery into signals, with everything that
// the vantage has no say in.
func (d *Door) signals(name string, in *Delivery, through uint64, out *Receipt) []outcry.Signal {
	var signals []outcry.Signal
	now := d.cfg.Now()
	for i := range in.Results {
		r := &in.Results[i]
		at := time.UnixMilli(r.At).UTC()
		a := d.assignment(r.Check)
		switch {
		case r.Number <= through:
			out.Known++
		case a == nil || !a.runs(name) || r.Outcome > outcry.Unknown || !isWord(r.Reason, maxReason) || r.Latency < 0,
			now.Sub(at) > maxAge || at.Sub(now) > maxAhead:
			out.Refused++
		default:
			out.Counted++
			signals = append(signals, a.signal(name, r, in))
		}
	}
	return signals
}

func (d *Door) assignment(check string) *Assignment {
	i := slices.IndexFunc(d.cfg.Checks, func(a Assignment) bool { return a.Name == check })
	if i < 0 {
		return nil
	}
	return &d.cfg.Checks[i]
}

func (a *Assignment) signal(vantage string, r *Result, in *Delivery) outcry.Signal {
	s := outcry.Signal{
		Kind: outcry.KindProbe, Outcome: r.Outcome, At: time.UnixMilli(r.At).UTC(), Service: a.Service,
		Scope:   outcry.Scope{Region: cmp.Or(a.Scope.Region, in.Region), Carrier: cmp.Or(a.Scope.Carrier, in.Carrier)},
		Vantage: outcry.Route(vantage, a.Scope), Reason: r.Reason, Latency: time.Duration(r.Latency) * time.Millisecond,
		ID: signalID(vantage, r.Check, r.At),
	}
	if r.Outcome == outcry.Bad {
		s.Symptom = a.Symptom
	}
	return s
}

func reply(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // whoever does not hear it asks again
	return nil
}
