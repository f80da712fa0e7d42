package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/dnscheck"
	"github.com/outcry/outcry/internal/probe/grpccheck"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/probe/icmpcheck"
	"github.com/outcry/outcry/internal/probe/tcpcheck"
	"github.com/outcry/outcry/internal/probe/tlscheck"
	"github.com/outcry/outcry/internal/probe/wscheck"
)

// checkTypes are the protocols that can be probed, one line each.
func checkTypes(pool *httpcheck.Pool) map[string]probe.Type {
	return map[string]probe.Type{
		"http":      probe.TypeOf(pool.New),
		"tcp":       probe.TypeOf(tcpcheck.New),
		"tls":       probe.TypeOf(tlscheck.New),
		"dns":       probe.TypeOf(dnscheck.New),
		"icmp":      probe.TypeOf(icmpcheck.New),
		"grpc":      probe.TypeOf(grpccheck.New),
		"websocket": probe.TypeOf(wscheck.New),
	}
}

// probe starts the checks of this vantage.
func (p *process) probe() error {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return err
	}
	pool := httpcheck.NewPool()
	env := probe.Env{Guard: guard, UserAgent: "Outcry/" + p.Version}
	v := p.Config.Vantage
	checks, err := makeChecks(p.Config.Checks, v.Name, checkTypes(pool), env)
	if err != nil {
		return err
	}
	metrics, err := probe.NewMetrics(p.metrics)
	if err != nil {
		return err
	}
	s := probe.NewScheduler(probe.Config{
		Vantage: v.Name, Scope: outcry.Scope{Region: v.Region, Carrier: v.Carrier}, References: v.References,
		Env: env, Log: p.Log, Metrics: metrics,
	}, p.gatherer)
	if err := s.Update(checks); err != nil {
		return err
	}
	p.fronts.work("probes", func(ctx context.Context) error { s.Run(ctx); return pool.Close() })
	return nil
}

// makeChecks fits the configuration's checks for a vantage with their probers.
func makeChecks(list []config.Check, vantage string, types map[string]probe.Type, env probe.Env) ([]probe.Check, error) {
	var out []probe.Check
	for i := range list {
		c := &list[i]
		if len(c.Vantages) > 0 && !slices.Contains(c.Vantages, vantage) {
			continue
		}
		made, err := makeCheck(c, types, env)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		out = append(out, made)
	}
	return out, nil
}

func makeCheck(c *config.Check, types map[string]probe.Type, env probe.Env) (probe.Check, error) {
	typ := types[c.Type]
	if typ == nil {
		return probe.Check{}, outcry.FieldErrorf("type", "%q is no type of check", c.Type)
	}
	revision := sha256.New()
	decode := func(into any) error {
		if err := c.Options.Decode(into); err != nil {
			return err
		}
		fmt.Fprintf(revision, "%+v", into)
		return nil
	}
	prober, err := typ(decode, env)
	if err != nil {
		return probe.Check{}, err
	}
	return probe.Check{
		Name: c.Name, Service: c.Service, Symptom: c.Symptom, Type: c.Type, Revision: fmt.Sprintf("%x", revision.Sum(nil)),
		Interval: c.Interval, Timeout: c.Timeout, Retries: c.Retries, RetryDelay: c.RetryDelay, Prober: prober,
	}, nil
}

// Types verifies the options of checks, sources and channels for config.Load.
func Types() config.Types {
	pool := httpcheck.NewPool()
	checks := make(map[string]config.Validator)
	for name, typ := range checkTypes(pool) {
		checks[name] = func(n config.Node) error {
			_, err := typ(n.Decode, probe.Env{})
			return err
		}
	}
	return config.Types{Checks: checks, Channels: map[string]config.Validator{"webhook": noOptions}}
}

// noOptions is for a type that has none but those of every channel.
func noOptions(n config.Node) error { return n.Decode(&struct{}{}) }

// ProbeNow makes one attempt of a configured check by its name, or of a URL.
func ProbeNow(ctx context.Context, cfg *config.Config, target string) (probe.Result, error) {
	pool := httpcheck.NewPool()
	defer pool.Close() //nolint:errcheck // connections of a single attempt
	types := checkTypes(pool)
	guard, err := netguard.New(cfg.Outbound.Allow)
	if err != nil {
		return probe.Result{}, err
	}
	env := probe.Env{Guard: guard}
	for i := range cfg.Checks {
		if c := &cfg.Checks[i]; c.Name == target {
			made, err := makeCheck(c, types, env)
			if err != nil {
				return probe.Result{}, err
			}
			return probe.Attempt(ctx, made.Prober, c.Timeout), nil
		}
	}
	if !strings.Contains(target, "://") {
		return probe.Result{}, outcry.FieldErrorf("target", "%q is neither the name of a check in the configuration nor a URL", target)
	}
	name, decode, err := probe.FromURL(target)
	if err != nil {
		return probe.Result{}, err
	}
	prober, err := types[name](decode, env)
	if err != nil {
		return probe.Result{}, err
	}
	return probe.Attempt(ctx, prober, probe.DefaultTimeout), nil
}
