package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/apnscheck"
	"github.com/outcry/outcry/internal/probe/blackboxcheck"
	"github.com/outcry/outcry/internal/probe/deskcheck"
	"github.com/outcry/outcry/internal/probe/dnscheck"
	"github.com/outcry/outcry/internal/probe/domaincheck"
	"github.com/outcry/outcry/internal/probe/grpccheck"
	"github.com/outcry/outcry/internal/probe/hapcheck"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/probe/icmpcheck"
	"github.com/outcry/outcry/internal/probe/kannelcheck"
	"github.com/outcry/outcry/internal/probe/mailcheck"
	"github.com/outcry/outcry/internal/probe/matrixcheck"
	"github.com/outcry/outcry/internal/probe/mqttcheck"
	"github.com/outcry/outcry/internal/probe/ntpcheck"
	"github.com/outcry/outcry/internal/probe/redischeck"
	"github.com/outcry/outcry/internal/probe/sipcheck"
	"github.com/outcry/outcry/internal/probe/smppcheck"
	"github.com/outcry/outcry/internal/probe/sqlcheck"
	"github.com/outcry/outcry/internal/probe/tcpcheck"
	"github.com/outcry/outcry/internal/probe/tlscheck"
	"github.com/outcry/outcry/internal/probe/twiliocheck"
	"github.com/outcry/outcry/internal/probe/webrtccheck"
	"github.com/outcry/outcry/internal/probe/wscheck"
	"github.com/outcry/outcry/internal/probe/xmppcheck"
)

// checkTypes are the protocols that can be probed, one line each: by the name
// of their type, or TYPE/OVER where a type goes over several.
func checkTypes(pool *httpcheck.Pool, beats *heartbeat.Beats) map[string]probe.Type {
	return map[string]probe.Type{
		"http":       probe.TypeOf(pool.New),
		"tcp":        probe.TypeOf(tcpcheck.New),
		"tls":        probe.TypeOf(tlscheck.New),
		"dns":        probe.TypeOf(dnscheck.New),
		"icmp":       probe.TypeOf(icmpcheck.New),
		"grpc":       probe.TypeOf(grpccheck.New),
		"websocket":  probe.TypeOf(wscheck.New),
		"sms/smpp":   probe.TypeOf(smppcheck.New),
		"sms/http":   probe.TypeOf(twiliocheck.New),
		"sms/kannel": probe.TypeOf(kannelcheck.New),
		"home":       probe.TypeOf(hapcheck.New),

		"call/sip":    probe.TypeOf(sipcheck.New),
		"call/webrtc": probe.TypeOf(webrtccheck.New),

		"conversation/http": probe.TypeOf(deskcheck.New),
		"message/mail":      probe.TypeOf(mailcheck.New),
		"message/matrix":    probe.TypeOf(matrixcheck.New),
		"message/mqtt":      probe.TypeOf(mqttcheck.New),
		"message/xmpp":      probe.TypeOf(xmppcheck.NewMessage),
		"conversation/xmpp": probe.TypeOf(xmppcheck.NewConversation),

		"sequence": probe.TypeOf(pool.NewSequence),
		"postgres": probe.TypeOf(sqlcheck.NewPostgres),
		"mysql":    probe.TypeOf(sqlcheck.NewMySQL),
		"redis":    probe.TypeOf(redischeck.New),
		"ntp":      probe.TypeOf(ntpcheck.New),
		"domain":   probe.TypeOf(domaincheck.New),
		"blackbox": probe.TypeOf(blackboxcheck.New),

		"push/apns":    probe.TypeOf(apnscheck.New),
		"push/courier": probe.TypeOf(apnscheck.NewCourier),

		typeHeartbeat: probe.TypeOf(beats.NewCheck),
	}
}

// probe starts the checks of this vantage.
func (p *process) probe() error {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return err
	}
	pool := httpcheck.NewPool()
	env := probe.Env{Guard: guard, UserAgent: "Outcry/" + p.Version, Data: p.Config.Data}
	v := p.Config.Vantage
	checks, err := makeChecks(p.Config.Checks, v.Name, checkTypes(pool, p.beats), env)
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
		env.Self = vantage + "/" + c.Name
		made, err := makeCheck(c, types, env)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		out = append(out, made)
	}
	return out, nil
}

func makeCheck(c *config.Check, types map[string]probe.Type, env probe.Env) (probe.Check, error) {
	revision := sha256.New()
	prober, err := makeProber(c.Kind(), c.Options, types, env, func(options any) { fmt.Fprintf(revision, "%+v", options) })
	if err != nil {
		return probe.Check{}, err
	}
	return probe.Check{
		Name: c.Name, Service: c.Service, Symptom: c.Symptom, Scope: outcry.Scope{Region: c.Region, Carrier: c.Carrier}, Type: c.Kind(), Revision: fmt.Sprintf("%x", revision.Sum(nil)),
		Interval: c.Interval, Timeout: c.Timeout, Retries: c.Retries, RetryDelay: c.RetryDelay, Prober: prober,
	}, nil
}

// makeProber fits one prober, and shows its decoded options.
func makeProber(kind string, options config.Node, types map[string]probe.Type, env probe.Env, show func(options any)) (probe.Prober, error) {
	typ := types[kind]
	if typ == nil {
		return nil, outcry.FieldErrorf("type", "%q is no type of check", kind)
	}
	return typ(func(into any) error {
		if err := options.Decode(into); err != nil {
			return err
		}
		show(into)
		return nil
	}, env)
}

// Types verifies the options of checks, sources and channels for config.Load.
func Types() config.Types {
	pool := httpcheck.NewPool()
	checks := make(map[string]config.Validator)
	for name, typ := range checkTypes(pool, heartbeat.New(nil, time.Now, nil)) {
		checks[name] = func(n config.Node) error {
			_, err := typ(n.Decode, probe.Env{})
			return err
		}
	}
	return config.Types{Checks: checks, Sources: sourceTypes(), Pages: slices.Sorted(maps.Keys(pageTypes())), Channels: map[string]config.Validator{"webhook": noOptions}}
}

// noOptions is for a type that has none but those of every channel.
func noOptions(n config.Node) error { return n.Decode(&struct{}{}) }

// ProbeNow makes one attempt of a configured check by its name, or of a URL.
func ProbeNow(ctx context.Context, cfg *config.Config, target string) (probe.Result, error) {
	pool := httpcheck.NewPool()
	defer pool.Close() //nolint:errcheck // connections of a single attempt
	types := checkTypes(pool, heartbeat.New(nil, time.Now, nil))
	guard, err := netguard.New(cfg.Outbound.Allow)
	if err != nil {
		return probe.Result{}, err
	}
	env := probe.Env{Guard: guard, Data: cfg.Data}
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
	typ := types[name]
	if typ == nil {
		return probe.Result{}, outcry.FieldErrorf("target", "a check of type %s is not made from a URL", name)
	}
	prober, err := typ(decode, env)
	if err != nil {
		return probe.Result{}, err
	}
	return probe.Attempt(ctx, prober, probe.DefaultTimeout), nil
}
