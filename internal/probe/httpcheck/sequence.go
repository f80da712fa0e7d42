package httpcheck

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// SequenceOptions are those of a check of type sequence.
type SequenceOptions struct {
	Values  map[string]string        `yaml:"values"`  // name → text, to be used as ${name}
	Secrets map[string]config.Secret `yaml:"secrets"` // the same, never shown
	Steps   []StepOptions            `yaml:"steps,required"`
}

// StepOptions are one step: a check of type http, in which ${name} stands for a
// value in the URL behind its host, in headers and in the body.
type StepOptions struct {
	Name    string `yaml:"name"` // default: its number
	Options `yaml:",inline"`
	Take    map[string]TakeOptions `yaml:"take"` // values for later steps
}

// maxSteps bounds a sequence.
const maxSteps = 50

// sequence is one check of several steps.
type sequence struct {
	steps   []sequenceStep
	values  map[string]string
	secrets map[string]config.Secret

	suspects atomic.Bool // the last run failed: the next takes new connections
}

type sequenceStep struct {
	name    string
	base    *prober // as it would be with nothing to fill in
	url     template
	headers map[string]template
	body    template
	takes   []take
}

// NewSequence makes the prober of a sequence; its errors are of CodeInvalid.
func (p *Pool) NewSequence(o SequenceOptions, env probe.Env) (probe.Prober, error) {
	if len(o.Steps) == 0 || len(o.Steps) > maxSteps {
		return nil, outcry.FieldErrorf("steps", "from 1 to %d, not %d", maxSteps, len(o.Steps))
	}
	s := &sequence{values: o.Values, secrets: o.Secrets}
	known := map[string]bool{}
	for name := range o.Values {
		known[name] = true
	}
	for name, secret := range o.Secrets {
		known[name] = true
		if err := env.VerifySecret("secrets."+name, secret); err != nil {
			return nil, err
		}
	}
	for i := range o.Steps {
		step, err := p.step(&o.Steps[i], env)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		step.name = cmp.Or(o.Steps[i].Name, fmt.Sprint(i+1))
		for _, name := range step.names() {
			if !known[name] {
				return nil, outcry.FieldErrorf("steps", "step %s uses ${%s}, which neither values nor secrets nor an earlier step give", step.name, name)
			}
		}
		for _, t := range step.takes {
			known[t.name] = true
		}
		s.steps = append(s.steps, step)
	}
	return s, nil
}

func (s *sequenceStep) names() []string {
	all := append(s.url.names(), s.body.names()...)
	for _, h := range s.headers {
		all = append(all, h.names()...)
	}
	slices.Sort(all)
	return all
}

// step makes a step of its options.
func (p *Pool) step(o *StepOptions, env probe.Env) (s sequenceStep, err error) {
	if s.url, err = parseTemplate("steps", o.URL); err != nil {
		return s, err
	}
	if s.body, err = parseTemplate("steps", o.Body); err != nil {
		return s, err
	}
	s.headers = make(map[string]template, len(o.Headers))
	for name, text := range o.Headers {
		if s.headers[name], err = parseTemplate("steps", text); err != nil {
			return s, err
		}
	}
	if s.takes, err = compileTakes(o.Take); err != nil {
		return s, err
	}
	plain := o.Options
	plain.URL = s.url.fill(nil, func(string) string { return "x" })
	made, err := p.New(plain, env)
	if err != nil {
		return s, err
	}
	s.base = made.(*prober) //nolint:forcetypeassert,errcheck // what New makes
	origin := s.base.request.URL.Scheme + "://" + s.base.request.URL.Host
	if len(s.url.parts) > 1 && !strings.HasPrefix(strings.ToLower(s.url.parts[0]), strings.ToLower(origin)+"/") && !strings.HasPrefix(s.url.parts[0], origin+"?") {
		return s, outcry.FieldErrorf("steps", "a value cannot stand in a URL's host: the check itself says whom it dials")
	}
	return s, nil
}

// Target is the host of the first step.
func (s *sequence) Target() string { return s.steps[0].base.Target() }

// Probe takes the steps, one after the other, with a cookie jar of its own.
func (s *sequence) Probe(ctx context.Context) probe.Result {
	values := maps.Clone(s.values)
	if values == nil {
		values = make(map[string]string)
	}
	hidden := make(map[string]string) // what is not to be shown
	for name, secret := range s.secrets {
		v, err := probe.ReadSecret("secrets."+name, secret)
		if err != nil {
			return probe.Failed(err)
		}
		values[name], hidden[name] = v, v
	}
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return probe.Unknown(probe.ReasonInternal, err.Error())
	}
	began := time.Now()
	var all []probe.Step
	var result probe.Result
	for i := range s.steps {
		var steps []probe.Step
		result, steps = s.take(ctx, i, jar, values, hidden, began)
		all = append(all, steps...)
		if result.Outcome != outcry.Good {
			result.Detail = fmt.Sprintf("step %s: %s", s.steps[i].name, result.Detail)
			break
		}
	}
	s.suspects.Store(result.Outcome == outcry.Bad)
	if result.Outcome == outcry.Good {
		result.Detail = fmt.Sprintf("%d steps", len(s.steps))
	}
	result.Detail = mask(result.Detail, hidden)
	for i := range all {
		all[i].Detail, all[i].Err = mask(all[i].Detail, hidden), mask(all[i].Err, hidden)
	}
	result.Steps = all
	return result
}

// take takes one step. Its own line comes first, those of its exchange follow.
func (s *sequence) take(ctx context.Context, i int, jar http.CookieJar, values, hidden map[string]string, began time.Time) (probe.Result, []probe.Step) {
	step := &s.steps[i]
	rec := newRecorder()
	start := rec.trail.Began()
	taken := make(map[string]string)
	one, err := step.prepared(values)
	var result probe.Result
	if err != nil {
		result = probe.Failed(err)
	} else {
		via := one.kept
		if s.suspects.Load() {
			via = one.fresh
		}
		result = one.exchange(ctx, via, rec, jar, func(resp *http.Response, body *answer) error {
			return takeAll(step.takes, resp, body, taken)
		})
	}
	maps.Copy(values, taken)
	maps.Copy(hidden, taken)
	line := probe.Step{Name: step.name, Start: start.Sub(began), Duration: time.Since(start), Detail: result.Detail}
	if names := slices.Sorted(maps.Keys(taken)); len(names) > 0 {
		line.Detail += ", took " + strings.Join(names, ", ")
	}
	if result.Outcome != outcry.Good {
		line.Err = result.Detail
	}
	steps := []probe.Step{line}
	for _, x := range rec.finish() {
		x.Name, x.Start = "  "+x.Name, x.Start+line.Start
		steps = append(steps, x)
	}
	return result, steps
}

// prepared is the step's check with the values filled in.
func (s *sequenceStep) prepared(values map[string]string) (*prober, error) {
	u, err := url.Parse(s.url.fill(values, asURL))
	if err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonInternal, Err: fmt.Errorf("the URL with its values is none")}
	}
	b := s.base
	req := b.request.Clone(context.Background())
	req.URL = u
	for name, t := range s.headers {
		value := t.fill(values, asIs)
		if strings.ContainsAny(value, "\r\n\x00") {
			return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("a value for the header %s has line breaks", name)}
		}
		req.Header.Set(name, value)
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value
		}
	}
	return &prober{
		request: req, secrets: b.secrets, body: s.body.fill(values, escapeFor(req.Header.Get("Content-Type"))),
		redirects: b.redirects, maxLatency: b.maxLatency, tls: b.tls, now: b.now, asserts: b.asserts,
		buffers: b.buffers, kept: b.kept, fresh: b.fresh,
	}, nil
}
