package app

import (
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/stream"
	"github.com/outcry/outcry/internal/stream/promql"
)

// expressionType is the type of a source that counts errors.
const expressionType = "promql"

// expressionOptions are the further keys of a source that counts errors.
type expressionOptions struct {
	Query string        `yaml:"query,required"`
	Value string        `yaml:"value"` // promql.Counter, which is the default, or promql.Rate
	About string        `yaml:"about,required"`
	Token config.Secret `yaml:"token"`
}

// countErrors starts asking for the configuration's expressions.
func (p *process) countErrors() error {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return err
	}
	wire := stream.NewWeb(guard, "Outcry/"+p.Version)
	for i := range p.Config.Sources {
		s := &p.Config.Sources[i]
		if s.Type != expressionType {
			continue
		}
		poller, err := p.expression(s, wire)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
		p.fronts.work("expression of "+s.Name, poller.Run)
	}
	return nil
}

func (p *process) expression(s *config.Source, wire *stream.Web) (*promql.Poller, error) {
	var o expressionOptions
	if err := s.Options.Decode(&o); err != nil {
		return nil, err
	}
	if p.Config.Service(o.About) == nil {
		return nil, outcry.FieldErrorf("about", "there is no service %q", o.About)
	}
	return promql.New(promql.Config{
		Name: s.Name, URL: s.URL, Query: o.Query, Value: o.Value, About: o.About, Interval: s.Interval,
		Token: optional(o.Token), Web: wire, Sender: p.gatherer, Log: p.Log, Now: time.Now,
	})
}
