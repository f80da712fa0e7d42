package blackbox

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/outcry/outcry/internal/importer"
)

// probe is a module on its way to a check of one target. Each of its methods
// says why there is no such check; empty when there is.
type probe struct {
	module *importer.Object
	c      *importer.Item
	target string
}

func (p *probe) make() string {
	prober := p.module.Text("prober")
	section := p.module.Object(prober)
	for _, other := range []string{"http", "tcp", "dns", "icmp", "grpc", "unix"} {
		if other != prober {
			p.module.Ignore(other)
		}
	}
	family := section.Text("preferred_ip_protocol")
	if !section.Flag("ip_protocol_fallback", true) && prober != "icmp" {
		p.c.Lose("preferred_ip_protocol "+family, "addresses of both families are tried")
	}
	switch prober {
	case "http":
		return p.http(section)
	case "tcp":
		return p.tcp(section)
	case "dns":
		return p.dns(section)
	case "icmp":
		return p.icmp(family)
	case "grpc":
		return p.grpc(section)
	}
	return "no check of ours is made for the prober " + prober
}

func (p *probe) http(o *importer.Object) string {
	address := p.target
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return "the target is no plain URL"
	}
	if o.Flag("fail_if_ssl", false) && u.Scheme == "https" || o.Flag("fail_if_not_ssl", false) && u.Scheme != "https" {
		return "with this target it always fails"
	}
	k := &p.c.Keys
	k.Set("url", u.String())
	if m := o.Text("method"); m != "GET" {
		k.Set("method", m)
	}
	p.headers(o)
	k.Set("body", o.Text("body"))
	k.Set("proxy", o.Text("proxy_url"))
	k.Set("status", o.Texts("valid_status_codes"))
	if !o.Flag("follow_redirects", true) || o.Flag("no_follow_redirects", false) {
		k.Set("redirects", 0)
	}
	k.Set("matches", o.Texts("fail_if_body_not_matches_regexp"))
	if why := p.wantHeaders(o); why != "" {
		return why
	}
	if why := absent(o); why != "" {
		return why
	}
	if v := o.Texts("valid_http_versions"); len(v) > 0 && !slices.Contains(v, "HTTP/1.1") {
		return "a check of ours takes whichever version of HTTP the server speaks"
	}
	o.Ignore("enable_http2", "skip_resolve_phase_with_proxy", "body_size_limit", "compression")
	p.tls(o.Object("tls_config"))
	return ""
}

// absent refuses patterns that must not match: a check knows texts only.
func absent(o *importer.Object) string {
	for _, key := range []string{"fail_if_body_matches_regexp", "fail_if_header_matches"} {
		if len(o.Lost(key, "")) > 0 {
			return "a check of ours has no counterpart of " + key
		}
	}
	return ""
}

func (p *probe) wantHeaders(o *importer.Object) string {
	var want importer.Map
	for _, h := range o.Objects("fail_if_header_not_matches") {
		if want.Text(h.Text("header")) != "" {
			return "two patterns for one header"
		}
		h.Ignore("allow_missing")
		want.Set(h.Text("header"), h.Text("regexp"))
	}
	p.c.Keys.Set("want_header", want)
	return ""
}

// headers are sent; what is secret is asked for.
func (p *probe) headers(o *importer.Object) {
	h := o.Object("headers")
	var open, secret importer.Map
	for _, name := range h.Keys() {
		if importer.Confidential(name) {
			h.Ignore(name)
			secret.Set(name, p.c.Secret(name, "the whole value of the header "+name))
		} else {
			open.Set(name, h.Text(name))
		}
	}
	for _, way := range []struct{ key, holds string }{
		{"basic_auth", `"Basic " and the base64 of the module's USER:PASSWORD`}, {"authorization", "its type and credentials, as in Bearer TOKEN"},
		{"bearer_token", `"Bearer " and the module's token`}, {"bearer_token_file", `"Bearer " and the token of the module's file`},
	} {
		if len(o.Lost(way.key, "")) > 0 && !has(secret, "Authorization") {
			secret.Set("Authorization", p.c.Secret("authorization", way.holds))
		}
	}
	p.c.Keys.Set("headers", open)
	p.c.Keys.Set("secret_headers", secret)
}

func has(m importer.Map, key string) bool {
	return slices.ContainsFunc(m, func(p importer.Pair) bool { return p.Key == key })
}

func (p *probe) tls(o *importer.Object) {
	var m importer.Map
	m.Set("server_name", o.Text("server_name"))
	if o.Flag("insecure_skip_verify", false) {
		m.Set("skip_verify", true)
	}
	m.Set("min", map[string]string{"TLS10": "1.0", "TLS11": "1.1", "TLS12": "1.2", "TLS13": "1.3"}[o.Text("min_version")])
	p.c.File("tls.ca", o.Text("ca_file"))
	p.c.File("tls.cert", o.Text("cert_file"))
	p.c.File("tls.key", o.Text("key_file"))
	p.c.Keys.Set("tls", m)
}

func (p *probe) tcp(o *importer.Object) string {
	host, port, err := net.SplitHostPort(strings.TrimPrefix(p.target, "tcp://"))
	if err != nil {
		return "the target is no HOST:PORT"
	}
	k := &p.c.Keys
	steps := o.Objects("query_response")
	if o.Flag("tls", false) {
		if len(steps) > 0 {
			return "a check of TLS asks nothing"
		}
		k.Set("url", "tls://"+net.JoinHostPort(host, port))
		p.tls(o.Object("tls_config"))
		return ""
	}
	o.Ignore("tls_config") // of no use without tls
	k.Set("url", "tcp://"+net.JoinHostPort(host, port))
	return p.talk(steps)
}

// talk is at most one thing said, and one expected after it.
func (p *probe) talk(steps []*importer.Object) string {
	send, expect := "", ""
	for _, s := range steps {
		if s.Text("send") != "" && s.Text("expect") != "" {
			return "a check of ours answers nothing that it is asked"
		}
		if said := s.Text("send"); said != "" {
			if send != "" || expect != "" {
				return "a check of ours sends once, before it expects"
			}
			send = said + "\n"
		}
		if want := s.Text("expect"); want != "" {
			if expect != "" {
				return "a check of ours expects once"
			}
			expect = want
		}
	}
	if strings.ContainsFunc(send, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
		return "a check of ours sends no control characters"
	}
	p.c.Keys.Set("send", send)
	p.c.Keys.Set("expect", expect)
	return ""
}

func (p *probe) dns(o *importer.Object) string {
	scheme := "dns"
	if o.Text("transport_protocol") == "tcp" {
		scheme = "dns+tcp"
	}
	if o.Flag("dns_over_tls", false) {
		scheme = "dns+tls"
		p.tls(o.Object("tls_config"))
	}
	u, err := url.Parse("//" + p.target)
	name, typ := strings.TrimSuffix(o.Text("query_name"), "."), o.Text("query_type")
	if err != nil || u.Host == "" || name == "" {
		return "the target is no name server, or the root is asked for"
	}
	if typ == "" {
		typ = "ANY"
	}
	if class := o.Text("query_class"); class != "" && class != "IN" {
		return "only the class IN is asked for"
	}
	rcodes := o.Texts("valid_rcodes")
	if len(rcodes) > 1 {
		return "a check of ours wants one rcode"
	}
	k := &p.c.Keys
	k.Set("url", scheme+"://"+u.Host+"/"+url.PathEscape(name)+"?type="+url.QueryEscape(typ))
	if len(rcodes) == 1 {
		k.Set("rcode", rcodes[0])
	}
	if !o.Flag("recursion_desired", true) {
		k.Set("recurse", false)
	}
	return p.records(o)
}

func (p *probe) records(o *importer.Object) string {
	rr := o.Object("validate_answer_rrs")
	want := rr.Texts("fail_if_none_matches_regexp")
	if len(want) > 1 {
		return "a check of ours wants one pattern of a record"
	}
	if len(want) == 1 {
		p.c.Keys.Set("matches", want[0])
	} else {
		p.c.Keys.Set("empty", true)
	}
	return ""
}

func (p *probe) icmp(family string) string {
	if strings.ContainsAny(p.target, "/?#@ ") || p.target == "" {
		return "the target is no host"
	}
	host := p.target
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	p.c.Keys.Set("url", "icmp://"+host)
	p.c.Keys.Set("ip", strings.TrimPrefix(family, "ip"))
	return ""
}

func (p *probe) grpc(o *importer.Object) string {
	scheme := "grpc"
	if o.Flag("tls", false) {
		scheme = "grpcs"
		p.tls(o.Object("tls_config"))
	}
	u, err := url.Parse("//" + p.target)
	if err != nil || u.Host == "" {
		return "the target is no HOST:PORT"
	}
	p.c.Keys.Set("url", scheme+"://"+u.Host+"/"+url.PathEscape(o.Text("service")))
	return ""
}
