package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/notify/webpush"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/web"
)

// Role is a part of the flow that a process may take.
type Role string

// The roles, in the order of the flow.
const (
	RoleIntake Role = "intake"
	RoleProbe  Role = "probe"
	RoleListen Role = "listen"
	RoleCount  Role = "count"
	RoleDetect Role = "detect"
	RoleNotify Role = "notify"
	RoleWeb    Role = "web"
)

// Roles are all of them.
func Roles() []Role {
	return []Role{RoleIntake, RoleProbe, RoleListen, RoleCount, RoleDetect, RoleNotify, RoleWeb}
}

// ParseRoles reads a list of roles; none are all.
func ParseRoles(names []string) ([]Role, error) {
	if len(names) == 0 {
		return Roles(), nil
	}
	var out []Role
	for _, n := range names {
		if !slices.Contains(Roles(), Role(n)) {
			return nil, outcry.FieldErrorf("roles", "%q is none of %v", n, Roles())
		}
		out = append(out, Role(n))
	}
	return out, nil
}

// ServeOptions say what to run.
type ServeOptions struct {
	Config  *config.Config
	Roles   []Role // none: all
	Version string
	Log     *slog.Logger
	// Ready is told the public and the admin address once they answer; admin
	// is nil when there is none. May be nil.
	Ready func(public, admin net.Addr)
}

// process is one running Outcry.
type process struct {
	ServeOptions
	closers  closers
	metrics  *prometheus.Registry
	store    *store.Store
	bus      *bus.Bus
	gatherer *bus.Gatherer
	places   *intake.MMDB // nil: no address databases
	site     *web.Server
	beats    *heartbeat.Beats
	desk     *deskHub      // reads posts
	pushed   *webpush.Keys // of web push; nil: visitors are not told
	board    *board
	comments *commentary
	court    *court
	dirty    chan struct{} // the board has changed
	poke     func()        // there may be notices
	coverage *coverage
	fronts   *crew // listeners and probes: what brings signals in
	backs    *crew // all that works on them
}

// Serve runs the roles until ctx ends, or until one of them cannot go on. It
// then drains: requests under way are answered, what was gathered is stored,
// the judge's memory is kept.
func Serve(ctx context.Context, o ServeOptions) error {
	if len(o.Roles) == 0 {
		o.Roles = Roles()
	}
	if o.Config.Vantage.Remote() {
		return serveVantage(ctx, o)
	}
	p := &process{
		ServeOptions: o, metrics: prometheus.NewRegistry(), dirty: make(chan struct{}, 1), poke: func() {}, coverage: &coverage{},
		fronts: newCrew(ctx, o.Log), backs: newCrew(ctx, o.Log),
	}
	p.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	err := p.run(ctx)
	return errors.Join(err, p.closers.close())
}

func (p *process) has(r Role) bool { return slices.Contains(p.Roles, r) }

func (p *process) run(ctx context.Context) error {
	if err := p.open(ctx); err != nil {
		return err
	}
	p.shutdown(ctx)
	if err := p.pipeline(ctx); err != nil {
		return err
	}
	public, admin, err := p.listen(ctx)
	if err != nil {
		return err
	}
	if p.Ready != nil {
		p.Ready(public, admin)
	}
	select {
	case <-ctx.Done():
		p.Log.Info("shutting down: draining")
		return nil
	case err := <-p.fronts.failure:
		return err
	case err := <-p.backs.failure:
		return err
	}
}

// open opens the store and the stream.
func (p *process) open(ctx context.Context) error {
	c := p.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "make the data folder %s", c.Data)
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return err
	}
	p.closers.add("data folder", unlock)
	dsn, err := c.StoreDSN()
	if err != nil {
		return err
	}
	if p.store, err = store.Open(ctx, dsn, p.Log); err != nil {
		return err
	}
	p.closers.add("store", p.store.Close)
	if p.bus, err = bus.Open(ctx, busConfig(c), p.Log); err != nil {
		return err
	}
	p.closers.add("stream", p.bus.Close)
	if m := c.Intake.MMDB; m.City != "" || m.ASN != "" {
		if p.places, err = intake.OpenMMDB(m.City, m.ASN); err != nil {
			return err
		}
		p.closers.add("address databases", p.places.Close)
	}
	p.gatherer, err = bus.NewGatherer(p.bus, bus.ByService(nil), bus.GatherOptions{Log: p.Log, Metrics: p.metrics})
	return err
}

func busConfig(c *config.Config) bus.Config {
	return bus.Config{
		Dir: filepath.Join(c.Data, "stream"), URLs: c.Bus.URLs, Credentials: c.Bus.Credentials,
		CA: c.Bus.TLS.CA, Cert: c.Bus.TLS.Cert, Key: c.Bus.TLS.Key,
		Partitions: c.Bus.Partitions, Replicas: c.Bus.Replicas, MaxAge: c.Bus.MaxAge, MaxBytes: int64(c.Bus.MaxBytes), Duplicates: c.Bus.Duplicates,
	}
}

// listen opens the public and the admin listener.
func (p *process) listen(ctx context.Context) (public, admin net.Addr, err error) {
	var lc net.ListenConfig
	if p.Config.AdminListen != config.AdminOff {
		l, err := lc.Listen(ctx, "tcp", p.Config.AdminListen)
		if err != nil {
			return nil, nil, outcry.Wrap(outcry.CodeUnavailable, err, "listen on %s for admin_listen (set it to off, or to another address)", p.Config.AdminListen)
		}
		admin = l.Addr()
		checks := map[string]web.Check{"store": p.store.Ready, "stream": p.bus.Ready}
		p.fronts.work("admin listener", func(ctx context.Context) error {
			return web.ServeAdmin(ctx, l, web.Admin(checks, p.metrics, p.Log), p.Log)
		})
	}
	l, err := lc.Listen(ctx, "tcp", p.Config.Listen)
	if err != nil {
		return nil, nil, outcry.Wrap(outcry.CodeUnavailable, err, "listen on %s (choose another with --listen)", p.Config.Listen)
	}
	p.fronts.work("public listener", func(ctx context.Context) error { return p.site.Serve(ctx, l, drainFor) })
	return l.Addr(), admin, nil
}

// drainFor is how long requests under way may take at shutdown.
const drainFor = 10 * time.Second

// publish keeps the site up to date with the board.
func (p *process) publish(ctx context.Context) error {
	for {
		if err := p.site.Publish(p.board.world(time.Now())); err != nil {
			p.Log.Error("pages: some could not be rendered; they stay as they were", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.dirty:
		case <-time.After(republish):
		}
	}
}

// republish is how often the pages are brought up to date when nothing has been
// judged: so that they say how old they are.
const republish = 15 * time.Second

// retain ages the store's tallies.
func (p *process) retain(ctx context.Context) error {
	r := p.Config.Retention
	for {
		err := p.store.Retain(ctx, time.Now(), store.Retention{
			Ticks: r.Ticks, Minutes: r.Minutes, Hours: r.Hours, Incidents: r.Incidents, Comments: p.Config.Comments.Keep,
			Notices: store.DefaultRetention().Notices, Salts: intake.SaltLives(),
		})
		if err != nil && ctx.Err() == nil {
			p.Log.Error("store: what is old could not be rolled up; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Minute):
		}
	}
}

// unavailable answers for a role that this process does not take.
func unavailable(what string, s **web.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*s).Fail(w, r, outcry.Errorf(outcry.CodeUnavailable, "this process does not take %s", what))
	})
}
