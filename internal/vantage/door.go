package vantage

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
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
	lines     Lines  // may be nil
	id        string // of this process
}

// New makes a door.
func New(cfg Config) *Door {
	d := &Door{cfg: cfg, id: rand.Text(), vantages: sums(cfg.Tokens), operators: sums(cfg.Operators), readers: sums(cfg.Readers), locks: map[string]*sync.Mutex{}, limits: map[string]*rate.Limiter{}}
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
		"GET " + PathNATS:                      d.answers(d.join),
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

// holder names who has the request's token.
func holder(r *http.Request, tokens map[string][sha256.Size]byte) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return known(strings.TrimSpace(secret), tokens)
}

// known names whose a secret is; all are compared, each in constant time.
func known(secret string, tokens map[string][sha256.Size]byte) (name string) {
	given := sha256.Sum256([]byte(secret))
	for n, sum := range tokens {
		if subtle.ConstantTimeCompare(sum[:], given[:]) == 1 {
			name = n
		}
	}
	return name
}

// vantage authenticates one that is not revoked, before a byte of its body is
// read.
func (d *Door) vantage(r *http.Request) (string, error) {
	name := holder(r, d.vantages)
	if name == "" {
		return "", outcry.Errorf(outcry.CodeUnauthorized, "a token of the role probe is required: Authorization: Bearer …")
	}
	return name, d.Admit(r.Context(), name)
}

// checks answers what a vantage is to run; with the ETag that it has, nothing.
func (d *Door) checks(w http.ResponseWriter, r *http.Request) error {
	name, err := d.vantage(r)
	if err != nil {
		return err
	}
	body, tag, err := d.Agenda(name)
	if err != nil {
		return err
	}
	tag = strconv.Quote(tag)
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
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read, or is over %d bytes", MaxBody)
	}
	receipt, err := d.Deliver(r.Context(), name, body)
	if err != nil {
		return err
	}
	return reply(w, receipt)
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
