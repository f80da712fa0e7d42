package app

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/listen"
	"github.com/outcry/outcry/internal/listen/apple"
	"github.com/outcry/outcry/internal/listen/aws"
	"github.com/outcry/outcry/internal/listen/azure"
	"github.com/outcry/outcry/internal/listen/cstate"
	"github.com/outcry/outcry/internal/listen/feed"
	"github.com/outcry/outcry/internal/listen/gatus"
	"github.com/outcry/outcry/internal/listen/google"
	"github.com/outcry/outcry/internal/listen/heroku"
	"github.com/outcry/outcry/internal/listen/incidentio"
	"github.com/outcry/outcry/internal/listen/instatus"
	"github.com/outcry/outcry/internal/listen/slack"
	"github.com/outcry/outcry/internal/listen/statuspage"
	"github.com/outcry/outcry/internal/listen/uptimekuma"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/stream/promql"
)

// pageTypes are the formats of vendors' pages that can be read, one line each.
func pageTypes() map[string]listen.Format {
	return map[string]listen.Format{
		"apple":       apple.Format(),
		"aws":         aws.Format(),
		"azure":       azure.Format(),
		"cstate":      cstate.Format(),
		"feed":        feed.Format(),
		"gatus":       gatus.Format(),
		"google":      google.Format(),
		"heroku":      heroku.Format(),
		"incidentio":  incidentio.Format(),
		"instatus":    instatus.Format(),
		"slack":       slack.Format(),
		"statuspage":  statuspage.Format(),
		"uptime-kuma": uptimekuma.Format(),
	}
}

// sourceTypes verify the options of sources for config.Load.
func sourceTypes() map[string]config.Validator {
	out := make(map[string]config.Validator)
	for name := range pageTypes() {
		out[name] = noOptions
	}
	maps.Copy(out, streamValidators())
	out[expressionType] = func(n config.Node) error {
		var o expressionOptions
		if err := n.Decode(&o); err != nil {
			return err
		}
		_, err := promql.New(promql.Config{URL: "http://any", Query: o.Query, Value: o.Value}) // the address is verified beside it
		return err
	}
	out[otlpType] = func(n config.Node) error {
		var o otlpOptions
		if err := n.Decode(&o); err != nil {
			return err
		}
		s := o.source(&config.Source{})
		return s.Verify()
	}
	return out
}

// listenToVendors starts reading vendors' pages.
func (p *process) listenToVendors() error {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return err
	}
	metrics, err := listen.NewMetrics(p.metrics)
	if err != nil {
		return err
	}
	sources, err := makePages(p.Config.Sources)
	if err != nil {
		return err
	}
	l, err := listen.New(listen.Config{
		Guard: guard, UserAgent: "Outcry/" + p.Version, Now: time.Now, Log: p.Log, Metrics: metrics,
	}, sources, p.gatherer)
	if err != nil {
		return err
	}
	p.fronts.work("listeners to vendors", func(ctx context.Context) error { l.Run(ctx); return nil })
	return nil
}

// makePages fits the configuration's vendors with their formats.
func makePages(list []config.Source) ([]listen.Source, error) {
	types := pageTypes()
	var out []listen.Source
	for i := range list {
		s := &list[i]
		if _, posts := streamTypes()[s.Type]; posts || s.Type == expressionType || s.Type == otlpType {
			continue // people's, or our own, and no vendor's
		}
		format, known := types[s.Type]
		if !known {
			return nil, fmt.Errorf("source %s: %w", s.Name, outcry.FieldErrorf("type", "%q is no type of source", s.Type))
		}
		out = append(out, listen.Source{Name: s.Name, Type: s.Type, URL: s.URL, Interval: s.Interval, Format: format, Services: s.Services})
	}
	return out, nil
}
