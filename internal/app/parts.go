package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/count"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/replay"
)

// closers are steps of shutting down, taken in reverse.
type closers struct {
	names []string
	steps []func() error
}

func (c *closers) add(name string, step func() error) {
	c.names, c.steps = append(c.names, name), append(c.steps, step)
}

func (c *closers) close() error {
	var errs []error
	for i := len(c.steps) - 1; i >= 0; i-- {
		if err := c.steps[i](); err != nil {
			errs = append(errs, fmt.Errorf("close the %s: %w", c.names[i], err))
		}
	}
	c.names, c.steps = nil, nil
	return errors.Join(errs...)
}

// sceneConfig is the configuration with the services of a scenario.
func sceneConfig(base *config.Config, sc *replay.Scenario) *config.Config {
	cfg := *base
	cfg.Services, cfg.Pages = nil, []config.Page{{ID: "main", Title: sc.Name, Timezone: sc.Zone.String()}}
	for _, s := range sc.Services {
		known := config.Service{ID: s.ID, Name: s.Name}
		if k := base.Service(s.ID); k != nil {
			known = *k
			known.Name = cmp.Or(s.Name, k.Name)
			known.Symptoms = nil // the scenario's own words stay as they are
		}
		known.Timezone, known.Private = sc.Zone.String(), false
		known.Publication = config.Publication{Mode: config.ModeAuto}
		known.DependsOn = nil
		cfg.Services = append(cfg.Services, known)
	}
	cfg.Scopes, cfg.Checks, cfg.Sources, cfg.Notify = config.Scopes{}, nil, nil, config.Notify{}
	return &cfg
}

// sceneServices are a scenario's services as its pages show them: with the
// symptoms that the scenario has people report, by the names that the base
// configuration gives them.
func sceneServices(base, scene *config.Config, sc *replay.Scenario) []outcry.Service {
	services := scene.OutcryServices()
	for i := range services {
		names := map[string]string{}
		if own := base.Service(services[i].ID); own != nil {
			for _, y := range own.Symptoms {
				names[y.ID] = y.Name
			}
		}
		for _, id := range sceneSymptoms(sc, services[i].ID) {
			services[i].Symptoms = append(services[i].Symptoms, outcry.Symptom{ID: id, Name: cmp.Or(names[id], config.Words(id))})
		}
	}
	return services
}

// sceneSymptoms are those of a service's outages, and of its ordinary reports.
func sceneSymptoms(sc *replay.Scenario, service string) []string {
	var ids []string
	for i := range sc.Outages {
		if !sc.Outages[i].Services.Has(service) {
			continue
		}
		for _, y := range sc.Outages[i].Symptoms {
			ids = append(ids, y.Name)
		}
	}
	ids = append(ids, "not-working", "slow", "sign-in")
	slices.Sort(ids)
	return slices.Compact(ids)
}

func countConfig(cfg *config.Config) count.Config {
	c := cfg.Counting
	return count.Config{
		Lateness: c.Lateness, Repeat: c.Repeat, NetworkCap: c.NetworkCap, WideCap: c.WideCap,
		NetworkWindow: c.NetworkWindow, Exact: c.Exact, MaxReporters: c.MaxReporters,
	}
}

func intakeConfig(cfg *config.Config, tokens []intake.Token) intake.Config {
	in, sc := cfg.Intake, cfg.Scopes
	values := func(v config.Values) intake.Values { return intake.Values{Allow: v.Allow, Max: v.Max} }
	c := intake.Config{
		Services: cfg.OutcryServices(), Hidden: hiddenServices(cfg),
		Regions: values(sc.Regions), Carriers: values(sc.Carriers), Platforms: values(sc.Platforms), Versions: values(sc.Versions),
		Limit:    intake.Limit{Rate: in.Limit.Rate.PerSecond(), Burst: in.Limit.Burst, IPv4: in.Limit.IPv4, IPv6: in.Limit.IPv6, Networks: in.Limit.Networks},
		Tokens:   tokens,
		MaxBatch: int64(in.MaxBatch), MaxReport: int(in.MaxReport), MaxComment: in.MaxComment,
		Exempt:         prefixes(in.Exempt),
		TrustedProxies: prefixes(in.TrustedProxies),
	}
	commentLimits(cfg, &c)
	if in.Limit.Rate.PerSecond() == 0 {
		c.Limit.Rate = -1
	}
	return c
}

// prefixes reads networks that the configuration's check has found sound.
func prefixes(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

func pagesOf(cfg *config.Config) []page.Page {
	var out []page.Page
	for _, p := range cfg.Pages {
		out = append(out, page.Page{ID: p.ID, Title: p.Title, Services: p.Services, Locked: p.Password.IsSet()})
	}
	return out
}

// detectConfig is what the configuration has for the judge.
func detectConfig(cfg *config.Config) detect.Config {
	d, n := cfg.Detection, len(cfg.Services)
	c := detect.Config{
		Services: cfg.OutcryServices(), FalseAlarms: d.FalseAlarms.PerServiceYear(n),
		Suspected: d.Tiers.Suspected.PerServiceYear(n), Watch: d.Tiers.Watch.PerServiceYear(n),
		Quorum: make(map[string]int), Category: make(map[string]string),
	}
	for _, h := range d.Holidays {
		c.Holidays = append(c.Holidays, detect.Holiday{Year: h.Date.Year, Month: h.Date.Month, Day: h.Date.Day, Services: h.Services})
	}
	for i := range cfg.Services {
		s := &cfg.Services[i]
		c.Quorum[s.ID], c.Category[s.ID] = s.Vantages.Require, s.Category
	}
	return c
}

// newCourt fits a court with a judge and a ledger of the configuration.
func newCourt(cfg *config.Config, d docket, a audience, newID func() string, log *slog.Logger) *court {
	services := cfg.OutcryServices()
	zone := time.UTC
	if len(cfg.Pages) > 0 && cfg.Pages[0].Timezone != "" {
		if z, err := time.LoadLocation(cfg.Pages[0].Timezone); err == nil {
			zone = z
		}
	}
	ids := make([]string, len(services))
	for i := range services {
		ids[i] = services[i].ID
	}
	c := &court{
		services: ids, docket: d, audience: a, channels: channels{cfg.Notify}, log: log,
		judge: func(start outcry.Tick) (*detect.Judge, error) {
			return detect.New(detectConfig(cfg), start)
		},
	}
	c.ledger = func(stored []outcry.Incident) (*incident.Ledger, error) {
		return incident.New(incident.Config{Services: services, Policy: policyOf(cfg), NewID: newID, Location: zone, Working: c.working}, stored)
	}
	return c
}

func policyOf(cfg *config.Config) func(string) incident.Policy {
	return func(id string) incident.Policy {
		s := cfg.Service(id)
		if s == nil {
			return incident.Policy{}
		}
		return incident.Policy{Mode: incident.Mode(s.Publication.Mode), Deadline: s.Publication.Deadline}
	}
}

// usual is the judge's, between two of its ticks.
func (c *court) usual(service string, at time.Time) (perHour float64, learned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.j == nil {
		return 0, false
	}
	return c.j.Usual(service, at)
}
