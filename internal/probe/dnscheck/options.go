package dnscheck

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/miekg/dns"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type dns.
type Options struct {
	URL     string           `yaml:"url,required"` // dns://server[:53]/name?type=A; dns+tcp://, dns+tls:// (853)
	Answers []string         `yaml:"answers"`      // data of records that must be there: 192.0.2.1, "10 mail.example.com."
	Exact   bool             `yaml:"exact"`        // and no others
	Matches string           `yaml:"matches"`      // regular expression that the data of a record must match
	Rcode   string           `yaml:"rcode"`        // NOERROR
	Empty   bool             `yaml:"empty"`        // an answer without records is right, too
	Recurse bool             `yaml:"recurse"`      // ask the server to recurse
	TLS     probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Rcode, o.Recurse = "NOERROR", true }

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// Defaults are the options of a check of a URL that says nothing else.
func Defaults(url string) Options {
	o := Options{URL: url}
	o.SetDefaults()
	return o
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	p := &prober{opts: o, host: u.Hostname(), dialer: env.Own()}
	if err := p.transport(u, env); err != nil {
		return nil, err
	}
	if err := p.ask(u); err != nil {
		return nil, err
	}
	rcode, known := dns.StringToRcode[strings.ToUpper(o.Rcode)]
	if !known {
		return nil, outcry.FieldErrorf("rcode", "%q is none of NOERROR, NXDOMAIN, SERVFAIL, REFUSED, …", o.Rcode)
	}
	p.rcode = rcode
	if o.Matches != "" {
		if p.matches, err = regexp.Compile(o.Matches); err != nil {
			return nil, outcry.FieldErrorf("matches", "%s", err)
		}
	}
	return p, nil
}

// transport reads from the scheme how the server is to be reached.
func (p *prober) transport(u *url.URL, env probe.Env) (err error) {
	port := "53"
	switch u.Scheme {
	case "dns":
		p.network = "udp"
	case "dns+tcp":
		p.network = "tcp"
	case "dns+tls":
		p.network, port = "tcp", "853"
		p.cfg, err = p.opts.TLS.Config(env, p.host)
	default:
		err = outcry.FieldErrorf("url", "scheme %q is none of dns, dns+tcp, dns+tls", u.Scheme)
	}
	if err != nil {
		return err
	}
	p.addr, err = probe.HostPort(u, port)
	return err
}

// ask reads the question from the URL's path and query.
func (p *prober) ask(u *url.URL) error {
	name := strings.Trim(u.Path, "/")
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return outcry.FieldErrorf("url", "%q is no name to ask for: write dns://server/name?type=A", name)
	}
	kind := strings.ToUpper(u.Query().Get("type"))
	if kind == "" {
		kind = "A"
	}
	qtype, known := dns.StringToType[kind]
	if !known {
		return outcry.FieldErrorf("url", "type %q is no type of record", kind)
	}
	p.question = dns.Question{Name: dns.Fqdn(name), Qtype: qtype, Qclass: dns.ClassINET}
	return nil
}
