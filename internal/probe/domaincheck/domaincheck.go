// Package domaincheck watches the registration of a domain: how many days it
// has left, and whether its registry has taken it off. It asks by RDAP (RFC
// 9082, RFC 9083), at the server that IANA names for the top-level domain (RFC
// 9224) or at one that the configuration names.
//
// Steps: dns, connect, tls, bootstrap (once a day), and then dns, connect, tls,
// lookup. Reasons:
//
//	domain-expired    its day has passed
//	domain-expires    it has fewer than days_left days
//	domain-hold       its status is one of client hold, server hold, pending delete, redemption period
//	no-domain         the registry does not know it
//	no-expiry         cannot tell: the registry does not say when it expires
//
// A registry that does not answer says nothing of the domain: the outcome is
// unknown, with the reason of the way there, or throttled.
package domaincheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type domain.
type Options struct {
	Domain    string           `yaml:"domain,required"` // example.com
	DaysLeft  int              `yaml:"days_left"`       // default 30
	Server    string           `yaml:"server"`          // RDAP base URL; default: the one that IANA names
	Bootstrap string           `yaml:"bootstrap"`       // IANA's list; default https://data.iana.org/rdap/dns.json
	TLS       probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.DaysLeft, o.Bootstrap = 30, "https://data.iana.org/rdap/dns.json" }

// Reasons of this package.
const (
	ReasonExpired  probe.Reason = "domain-expired"
	ReasonExpires  probe.Reason = "domain-expires"
	ReasonHold     probe.Reason = "domain-hold"
	ReasonNoDomain probe.Reason = "no-domain"
	ReasonNoExpiry probe.Reason = "no-expiry"
)

const (
	maxBody      = 1 << 20 // bytes of an answer
	maxRedirects = 5
	day          = 24 * time.Hour
)

type prober struct {
	opts   Options
	domain string // in ASCII
	env    probe.Env

	mu    sync.Mutex
	base  string // from IANA's list
	asked time.Time
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(o.Domain), "."))
	if err != nil || !strings.Contains(name, ".") || strings.ContainsAny(name, "/:@ ") {
		return nil, outcry.FieldErrorf("domain", "%q is no domain", o.Domain)
	}
	if o.DaysLeft < 0 {
		return nil, outcry.FieldErrorf("days_left", "%d is negative", o.DaysLeft)
	}
	for field, raw := range map[string]string{"server": o.Server, "bootstrap": o.Bootstrap} {
		if raw == "" && field == "server" {
			continue
		}
		if u, err := probe.ParseURL(raw); err != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, outcry.FieldErrorf(field, "must be a URL of https")
		}
	}
	if _, err := o.TLS.Config(env, "host"); err != nil {
		return nil, err
	}
	return &prober{opts: o, domain: name, env: env}, nil
}

// Probe looks the domain up.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	base, err := p.server(ctx, trail)
	if err != nil {
		return trail.End(cannotTell(err))
	}
	got, err := p.get(ctx, trail, "lookup", strings.TrimSuffix(base, "/")+"/domain/"+url.PathEscape(p.domain))
	if err != nil {
		return trail.End(cannotTell(err))
	}
	return trail.End(p.judge(got))
}

func cannotTell(err error) probe.Result {
	return probe.Unknown(probe.Classify(err), "the registry: "+err.Error())
}

func (p *prober) get(ctx context.Context, trail *probe.Trail, step, address string) (*probe.Fetched, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	req.Header.Set("User-Agent", p.env.Agent())
	req.Header.Set("Accept", "application/rdap+json, application/json")
	return p.env.Fetch(ctx, trail, req, probe.Fetching{Step: step, TLS: p.opts.TLS, MaxBody: maxBody, Redirects: maxRedirects})
}

// server is where to ask, from IANA's list where nobody has said.
func (p *prober) server(ctx context.Context, trail *probe.Trail) (string, error) {
	if p.opts.Server != "" {
		return p.opts.Server, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.base != "" && p.env.Time().Sub(p.asked) < day {
		return p.base, nil
	}
	got, err := p.get(ctx, trail, "bootstrap", p.opts.Bootstrap)
	if err != nil {
		return "", err
	}
	base, err := serverIn(got.Body, p.domain)
	if err == nil {
		p.base, p.asked = base, p.env.Time()
	}
	return base, err
}

// serverIn finds the server in the list: the entry that matches most labels,
// its first URL of https (RFC 9224, sections 3 and 4).
func serverIn(body []byte, domain string) (string, error) {
	var list struct {
		Services [][][]string `json:"services"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return "", &probe.Fault{Reason: probe.ReasonJSON, Err: errors.New("IANA's list is no JSON")}
	}
	best, base := -1, ""
	for _, s := range list.Services {
		if len(s) < 2 {
			continue
		}
		for _, zone := range s[0] {
			zone = strings.ToLower(zone)
			if len(zone) <= best || domain != zone && !strings.HasSuffix(domain, "."+zone) {
				continue
			}
			i := slices.IndexFunc(s[1], func(u string) bool { return strings.HasPrefix(u, "https://") })
			if i < 0 && len(s[1]) > 0 {
				i = 0
			}
			if i >= 0 {
				best, base = len(zone), s[1][i]
			}
		}
	}
	if u, err := url.Parse(base); base == "" || err != nil || u.Host == "" {
		return "", &probe.Fault{Reason: probe.ReasonUnsupported, Err: errors.New("IANA names no RDAP server for it: give one as server")}
	}
	return base, nil
}

// record is what is read of a domain's object (RFC 9083, section 5.3).
type record struct {
	Status []string `json:"status"`
	Events []struct {
		Action string `json:"eventAction"`
		Date   string `json:"eventDate"`
	} `json:"events"`
}

func (p *prober) judge(got *probe.Fetched) probe.Result {
	switch {
	case got.Status == http.StatusNotFound:
		return probe.Bad(ReasonNoDomain, "the registry does not know it")
	case got.Status == http.StatusTooManyRequests:
		return probe.Unknown(probe.ReasonThrottled, "the registry answers no more for now")
	case got.Status != http.StatusOK:
		return probe.Unknown(probe.ReasonStatus, fmt.Sprintf("the registry answers with status %d", got.Status))
	}
	var r record
	if err := json.Unmarshal(got.Body, &r); err != nil {
		return probe.Unknown(probe.ReasonJSON, "the registry's answer is no record of a domain")
	}
	return r.judge(p.env.Time(), p.opts.DaysLeft)
}

func (r *record) judge(now time.Time, wanted int) probe.Result {
	for _, s := range r.Status {
		if slices.Contains([]string{"client hold", "server hold", "pending delete", "redemption period"}, strings.ToLower(s)) {
			return probe.Bad(ReasonHold, "its status is "+probe.Printable(s))
		}
	}
	expires, ok := r.expires()
	if !ok {
		return probe.Unknown(ReasonNoExpiry, "the registry does not say when it expires")
	}
	left := int(expires.Sub(now) / day)
	detail := fmt.Sprintf("until %s, %d days left", expires.UTC().Format(time.DateOnly), left)
	switch {
	case !now.Before(expires):
		return probe.Bad(ReasonExpired, "expired on "+expires.UTC().Format(time.DateOnly))
	case left < wanted:
		return probe.Bad(ReasonExpires, fmt.Sprintf("%s, wanted %d", detail, wanted))
	}
	return probe.Good(detail)
}

// expires finds the day of the expiration event.
func (r *record) expires() (time.Time, bool) {
	for _, e := range r.Events {
		if e.Action != "expiration" {
			continue
		}
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(layout, e.Date); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}
