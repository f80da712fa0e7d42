package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/vantage"
	"github.com/outcry/outcry/internal/vantage/hub"
	"github.com/outcry/outcry/internal/web"
)

// takeVantages mounts the door of remote vantages, where there are tokens of
// their role.
func (p *process) takeVantages(ctx context.Context, deps *web.Deps, operators map[string]string) error {
	tokens, err := probeTokens(p.Config)
	if err != nil || len(tokens) == 0 || !p.has(RoleIntake) {
		return err
	}
	checks, err := p.assignments()
	if err != nil {
		return err
	}
	metrics, err := vantage.NewMetrics(p.metrics)
	if err != nil {
		return err
	}
	readers, err := p.readers()
	if err != nil {
		return err
	}
	look := make(map[string]string, len(readers))
	for _, r := range readers {
		look[r.Name] = r.Secret
	}
	door := vantage.New(vantage.Config{
		Tokens: tokens, Operators: operators, Readers: look, Checks: checks, Book: vantage.NewBook(p.store), Sender: p.gatherer, Now: time.Now, Log: p.Log,
		Metrics: metrics, Fail: func(w http.ResponseWriter, r *http.Request, err error) { p.site.Fail(w, r, err) },
	})
	if deps.Mounts == nil {
		deps.Mounts = make(map[string]http.Handler)
	}
	maps.Copy(deps.Mounts, door.Handlers())
	if err := p.joinVantages(ctx, door); err != nil {
		return err
	}
	p.fronts.work("remote vantages", door.Watch)
	return nil
}

// joinVantages starts the server that vantages join over NATS.
func (p *process) joinVantages(ctx context.Context, door *vantage.Door) error {
	n := p.Config.Intake.NATS
	cfg := hub.Config{Door: door, Listen: n.Listen, Log: p.Log}
	if n.Cert != "" {
		pair, err := tls.LoadX509KeyPair(n.Cert, n.Key)
		if err != nil {
			return outcry.Wrap(outcry.CodeInvalid, err, "read the certificate of intake.nats")
		}
		cfg.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	h, err := hub.Open(ctx, cfg)
	if err != nil {
		return err
	}
	door.Attach(h)
	p.fronts.work("vantages over NATS", h.Run)
	return nil
}

// probeTokens are those of remote vantages: each is of the vantage of its name.
func probeTokens(c *config.Config) (map[string]string, error) {
	out := make(map[string]string)
	for i := range c.Intake.Tokens {
		t := &c.Intake.Tokens[i]
		if !slices.Contains(t.Roles, config.RoleProbe) {
			continue
		}
		secret, err := t.Token.Value()
		if err != nil {
			return nil, fmt.Errorf("token %s: %w", t.Name, err)
		}
		out[t.Name] = secret
	}
	return out, nil
}

// assignments are the checks that remote vantages may run: all whose target is
// asked. A heartbeat's target calls the core.
func (p *process) assignments() ([]vantage.Assignment, error) {
	pool := httpcheck.NewPool()
	types := checkTypes(pool, p.beats)
	var out []vantage.Assignment
	for i := range p.Config.Checks {
		c := &p.Config.Checks[i]
		if c.Type == typeHeartbeat {
			continue
		}
		a, err := assignment(c, types)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		if a.Secret && len(c.Vantages) == 0 {
			p.Log.Info("vantage: this check holds secrets and names no vantages: it is not handed to remote ones", "check", c.Name)
		}
		out = append(out, a)
	}
	return out, pool.Close()
}

func assignment(c *config.Check, types map[string]probe.Type) (vantage.Assignment, error) {
	var secrets []config.Secret
	prober, err := makeProber(c.Kind(), c.Options, types, probe.Env{}, func(options any) { secrets = config.SecretsOf(options) })
	if err != nil {
		return vantage.Assignment{}, err
	}
	if closer, ok := prober.(io.Closer); ok {
		if err := closer.Close(); err != nil {
			return vantage.Assignment{}, err
		}
	}
	return vantage.Assignment{
		Name: c.Name, Service: c.Service, Symptom: c.Symptom, Scope: outcry.Scope{Region: c.Region, Carrier: c.Carrier},
		Vantages: c.Vantages, Secret: len(secrets) > 0,
		Hand: func() (vantage.Check, error) {
			options, err := c.Options.Hand(secrets)
			return vantage.Check{
				Name: c.Name, Kind: c.Kind(), Interval: c.Interval, Timeout: c.Timeout, Retries: c.Retries, RetryDelay: c.RetryDelay, Options: options,
			}, err
		},
	}, nil
}
