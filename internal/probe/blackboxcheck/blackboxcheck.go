// Package blackboxcheck asks an exporter of Prometheus for a check: whatever
// answers like blackbox_exporter's /probe?target=…&module=…, in the text format,
// with the metric probe_success.
//
// Steps: dns, connect, tls, probe. Up is probe_success 1. With 0 the reason is
// read from what else the exporter says:
//
//	dns-failed     nothing was looked up, and probe_ip_protocol is 0
//	tls-expired    probe_ssl_earliest_cert_expiry has passed
//	body           probe_failed_due_to_regex is 1
//	status         probe_http_status_code is no 2xx
//	probe-failed   none of these
//
// An exporter that does not answer, or answers something else, says nothing of
// its target: the outcome is unknown, with the reason of the way there.
package blackboxcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type blackbox.
type Options struct {
	URL string           `yaml:"url,required"` // http://exporter:9115/probe?target=example.com&module=http_2xx
	TLS probe.TLSOptions `yaml:"tls"`
}

// ReasonFailed is the one reason that only this package has.
const ReasonFailed probe.Reason = "probe-failed"

// maxBody bounds an exporter's answer, in bytes.
const maxBody = 1 << 20

type prober struct {
	opts Options
	host string
	env  probe.Env
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, outcry.FieldErrorf("url", "scheme %q is none of http, https", u.Scheme)
	}
	if _, err := o.TLS.Config(env, u.Hostname()); err != nil {
		return nil, err
	}
	return &prober{opts: o, host: u.Hostname(), env: env}, nil
}

// Target is the exporter's host. What it probes is its own affair.
func (p *prober) Target() string { return p.host }

// Probe asks once.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	families, err := p.ask(ctx, trail)
	if err != nil {
		return trail.End(probe.Unknown(probe.Classify(err), "the exporter: "+err.Error()))
	}
	return trail.End(judge(families, p.env.Time()))
}

func (p *prober) ask(ctx context.Context, trail *probe.Trail) (map[string]*dto.MetricFamily, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.opts.URL, http.NoBody)
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	req.Header.Set("User-Agent", p.env.Agent())
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	if deadline, ok := ctx.Deadline(); ok { // as Prometheus tells it
		req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", fmt.Sprintf("%.3f", time.Until(deadline).Seconds()))
	}
	got, err := p.env.Fetch(ctx, trail, req, probe.Fetching{Step: "probe", TLS: p.opts.TLS, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	if got.Status != http.StatusOK {
		return nil, &probe.Fault{Reason: probe.ReasonStatus, Err: fmt.Errorf("status %d: %.200s", got.Status, probe.Printable(string(got.Body)))}
	}
	return parse(got.Body)
}

// parse reads the text format, and sees that it is the answer of a probe.
func parse(body []byte) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("its answer is not in the text format: %s", probe.Printable(err.Error()))}
	}
	if _, ok := value(families, "probe_success"); !ok {
		return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("its answer has no probe_success: is the URL that of /probe?")}
	}
	return families, nil
}

// value is that of a metric without labels.
func value(families map[string]*dto.MetricFamily, name string) (float64, bool) {
	for _, m := range families[name].GetMetric() {
		if len(m.GetLabel()) > 0 {
			continue
		}
		switch {
		case m.GetGauge() != nil:
			return m.GetGauge().GetValue(), true
		case m.GetUntyped() != nil:
			return m.GetUntyped().GetValue(), true
		}
	}
	return 0, false
}

func judge(families map[string]*dto.MetricFamily, now time.Time) probe.Result {
	get := func(name string) float64 { v, _ := value(families, name); return v }
	took := fmt.Sprintf("it took %.3f s", get("probe_duration_seconds"))
	if get("probe_success") == 1 {
		return probe.Good(took)
	}
	protocol, looked := value(families, "probe_ip_protocol")
	status := get("probe_http_status_code")
	switch expiry := get("probe_ssl_earliest_cert_expiry"); {
	case looked && protocol == 0:
		return probe.Bad(probe.ReasonDNSFailed, "the target's name was not looked up; "+took)
	case expiry > 0 && expiry < float64(now.Unix()):
		return probe.Bad(probe.ReasonTLSExpired, "a certificate has expired; "+took)
	case get("probe_failed_due_to_regex") == 1:
		return probe.Bad(probe.ReasonBody, "the body is not as wanted; "+took)
	case status != 0 && (status < 200 || status > 299):
		return probe.Bad(probe.ReasonStatus, fmt.Sprintf("status %.0f; %s", status, took))
	}
	return probe.Bad(ReasonFailed, "probe_success is 0; "+took)
}
