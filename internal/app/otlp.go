package app

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/stream/otlp"
	"github.com/outcry/outcry/internal/web"
)

// otlpType is the type of a source whose errors are sent to us.
const otlpType = "otlp"

// otlpOptions are its further keys.
type otlpOptions struct {
	Metric string            `yaml:"metric,required"`
	Match  map[string]string `yaml:"match"` // attribute: value, all of which must be so; a value may end in *
	Value  string            `yaml:"value"` // otlp.Counter, which is the default, or otlp.Rate
	Above  *float64          `yaml:"above"` // of a histogram, only observations above it
	UpTo   *float64          `yaml:"up_to"` // and up to this
	About  string            `yaml:"about,required"`
}

// source fits the options with what every source has.
func (o *otlpOptions) source(s *config.Source) otlp.Source {
	within := otlp.Everything()
	if o.Above != nil {
		within.Above = *o.Above
	}
	if o.UpTo != nil {
		within.UpTo = *o.UpTo
	}
	return otlp.Source{Name: s.Name, Metric: o.Metric, Match: o.Match, Value: o.Value, Range: within, About: o.About, Interval: s.Interval}
}

// takeMetrics mounts the receiver of OTLP metrics, where the configuration names
// any, and opens its listener for gRPC if it has one.
func (p *process) takeMetrics(ctx context.Context, deps *web.Deps) error {
	sources, err := otlpSources(p.Config)
	if err != nil || len(sources) == 0 || !p.has(RoleIntake) {
		return err
	}
	tokens, err := p.alertTokens()
	if err != nil {
		return err
	}
	receiver := otlp.New(sources, metricDoor{tokens, p}, p.gatherer, p.Log, time.Now)
	if deps.Mounts == nil {
		deps.Mounts = make(map[string]http.Handler)
	}
	deps.Mounts["POST "+otlp.Path] = receiver
	p.fronts.work("metrics", receiver.Run)
	return p.takeMetricsByGRPC(ctx, receiver)
}

func (p *process) takeMetricsByGRPC(ctx context.Context, receiver *otlp.Receiver) error {
	o := p.Config.Intake.OTLP
	if o.GRPC == "" {
		return nil
	}
	var options []grpc.ServerOption
	if o.Cert != "" {
		tls, err := credentials.NewServerTLSFromFile(o.Cert, o.Key)
		if err != nil {
			return outcry.Wrap(outcry.CodeInvalid, err, "read the certificate of intake.otlp")
		}
		options = append(options, grpc.Creds(tls))
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.GRPC)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "listen on %s for intake.otlp.grpc", o.GRPC)
	}
	p.fronts.work("metrics by gRPC", func(ctx context.Context) error { return receiver.ServeGRPC(ctx, l, options...) })
	return nil
}

func otlpSources(c *config.Config) ([]otlp.Source, error) {
	var out []otlp.Source
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Type != otlpType {
			continue
		}
		var o otlpOptions
		err := s.Options.Decode(&o)
		if err == nil && c.Service(o.About) == nil {
			err = outcry.FieldErrorf("about", "there is no service %q", o.About)
		}
		made := o.source(s)
		if err == nil {
			err = made.Verify()
		}
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		out = append(out, made)
	}
	return out, nil
}

// metricDoor lets callers with a token of the role alert bring metrics.
type metricDoor struct {
	tokens []alerts.Token
	p      *process
}

// Allowed implements otlp.Door.
func (d metricDoor) Allowed(authorization string) bool {
	given, _ := strings.CutPrefix(authorization, "Bearer ")
	allowed := false
	for _, t := range d.tokens {
		same := subtle.ConstantTimeCompare([]byte(t.Secret), []byte(given)) == 1
		allowed = allowed || same && given != ""
	}
	return allowed
}

// Fail implements otlp.Door.
func (d metricDoor) Fail(w http.ResponseWriter, r *http.Request, err error) { d.p.site.Fail(w, r, err) }
