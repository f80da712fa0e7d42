package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/vantage"
	"github.com/outcry/outcry/internal/web"
)

// outpost is a process that is a remote vantage and nothing else: no store, no
// stream, no pages.
type outpost struct {
	ServeOptions
	metrics   *prometheus.Registry
	types     map[string]probe.Type
	env       probe.Env // for what this machine's configuration names
	scheduler *probe.Scheduler
	crew      *crew
	closers   closers
}

// serveVantage runs a remote vantage until ctx ends.
func serveVantage(ctx context.Context, o ServeOptions) error {
	if !slices.Equal(o.Roles, []Role{RoleProbe}) {
		return outcry.FieldErrorf("roles", "the configuration is a remote vantage's (vantage.core): run it with --roles probe")
	}
	v := &outpost{ServeOptions: o, metrics: prometheus.NewRegistry(), crew: newCrew(ctx, o.Log)}
	v.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	err := v.run(ctx)
	return errors.Join(err, v.closers.close())
}

func (v *outpost) run(ctx context.Context) error {
	spool, err := v.open(ctx)
	if err != nil {
		return err
	}
	pool := httpcheck.NewPool()
	v.types = checkTypes(pool, heartbeat.New(nil, time.Now, nil))
	delete(v.types, typeHeartbeat) // its target calls the core
	metrics, err := probe.NewMetrics(v.metrics)
	if err != nil {
		return err
	}
	at := v.Config.Vantage
	v.scheduler = probe.NewScheduler(probe.Config{
		Vantage: at.Name, References: at.References, Env: v.env, Log: v.Log, Metrics: metrics,
	}, spool)
	client, err := v.client(spool)
	if err != nil {
		return err
	}
	admin, err := v.admin(ctx)
	if err != nil {
		return err
	}
	probes, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.scheduler.Run(probes)
	}()
	v.crew.work("core", client.Run)
	v.closers.add("delivery", v.crew.dismiss)
	v.closers.add("probes", func() error { // first: what they still find is delivered
		stop()
		<-ended
		return pool.Close()
	})
	if v.Ready != nil {
		v.Ready(nil, admin)
	}
	select {
	case <-ctx.Done():
		v.Log.Info("shutting down: delivering")
		return nil
	case err := <-v.crew.failure:
		return err
	}
}

// open opens the data folder and what is kept in it.
func (v *outpost) open(ctx context.Context) (*vantage.Spool, error) {
	c := v.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "make the data folder %s", c.Data)
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return nil, err
	}
	v.closers.add("data folder", unlock)
	guard, err := netguard.New(c.Outbound.Allow)
	if err != nil {
		return nil, err
	}
	v.env = probe.Env{Guard: guard, UserAgent: "Outcry/" + v.Version, Data: c.Data}
	spool, err := vantage.OpenSpool(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	v.closers.add("results", spool.Close)
	return spool, v.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outcry_vantage_waiting", Help: "Results on disk that the core does not have yet.",
	}, func() float64 { return float64(spool.Len(context.Background())) }))
}

func (v *outpost) client(spool *vantage.Spool) (*vantage.Client, error) {
	at := v.Config.Vantage
	roots, err := authority(at.CA)
	if err != nil {
		return nil, err
	}
	dial, secure := v.env.Own().DialContext, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	client, err := vantage.NewClient(vantage.ClientConfig{
		Dial: dial, TLS: secure, Core: at.Core, Token: at.Token.Value, Region: at.Region, Carrier: at.Carrier, UserAgent: v.env.UserAgent, Spool: spool, Apply: v.apply, Log: v.Log,
		HTTP: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token is for the core
			Transport: &http.Transport{
				DialContext: dial, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second,
				TLSClientConfig: secure.Clone(), // it adds HTTP/2 to its own
			},
		},
	})
	if err != nil {
		return nil, err
	}
	return client, v.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outcry_vantage_joined", Help: "1 while the core is connected over NATS, 0 while it is asked by HTTP, or away.",
	}, func() float64 {
		if client.Joined() {
			return 1
		}
		return 0
	}))
}

// authority reads the file of the core's own authority; nil are the system's.
func authority(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "read vantage.ca %s", path)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, outcry.FieldErrorf("vantage.ca", "%s holds no certificate in PEM", path)
	}
	return roots, nil
}

// admin opens the operator's listener, if there is one.
func (v *outpost) admin(ctx context.Context) (net.Addr, error) {
	if v.Config.AdminListen == config.AdminOff {
		return nil, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", v.Config.AdminListen)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "listen on %s for admin_listen (set it to off, or to another address)", v.Config.AdminListen)
	}
	v.crew.work("admin listener", func(ctx context.Context) error {
		return web.ServeAdmin(ctx, l, web.Admin(nil, v.metrics, v.Log), v.Log)
	})
	return l.Addr(), nil
}

// apply puts the core's checks into force. One that this machine cannot run, as
// when the core is newer, does not keep the others from running.
func (v *outpost) apply(a vantage.Agenda) error {
	if own := v.Config.Vantage.Name; a.Vantage != "" && own != config.LocalVantage && own != a.Vantage {
		return outcry.FieldErrorf("vantage.name", "the token is of the vantage %s, and this one is configured as %s", a.Vantage, own)
	}
	checks := []probe.Check{}
	for i := range a.Checks {
		c, err := v.makeCheck(&a.Checks[i])
		if err != nil {
			v.Log.Error("vantage: the check cannot be run here", "check", a.Checks[i].Name, "error", err)
			continue
		}
		checks = append(checks, c)
	}
	return v.scheduler.Update(checks)
}

// makeCheck fits a check that the core has handed over. Its service is the
// core's to say: to the scheduler it is a service of its own name.
func (v *outpost) makeCheck(c *vantage.Check) (probe.Check, error) {
	options, err := config.ParseHanded("check "+c.Name, c.Options)
	if err != nil {
		return probe.Check{}, err
	}
	env := v.env
	env.Self = v.Config.Vantage.Name + "/" + c.Name
	env.Guard = env.Guard.Closed() // the core names the target: what is near this machine is not its to open
	prober, err := makeProber(c.Kind, options, v.types, env, func(any) {})
	if err != nil {
		return probe.Check{}, err
	}
	made := probe.Check{
		Name: c.Name, Service: c.Name, Type: c.Kind, Revision: fmt.Sprintf("%x", sha256.Sum256([]byte(c.Options))),
		Interval: c.Interval, Timeout: c.Timeout, Retries: c.Retries, RetryDelay: c.RetryDelay, Prober: prober,
	}
	if bad := cmp.Or(c.Interval < time.Second, c.Timeout <= 0, c.Retries < 0, c.Retries > probe.MaxRetries); bad {
		if closer, ok := prober.(io.Closer); ok {
			err = closer.Close()
		}
		return probe.Check{}, errors.Join(outcry.FieldErrorf("interval", "the times of the check are out of range"), err)
	}
	return made, nil
}
