package gatus

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/outcry/outcry/internal/importer"
)

// target is an endpoint on its way to a check.
type target struct {
	check     *importer.Item
	e, client *importer.Object
	draft     *importer.Draft
	sort      string // type of the check
	host      string
	secure    bool
}

// kind finds the type of check for an address, and sets what does not come from
// conditions. It is false when there is none.
func (t *target) kind(address string) bool {
	if t.e.Has("dns") {
		return t.dns(address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		t.check.Lose("url", "it is no address of a host")
		return false
	}
	t.host = u.Hostname()
	if u.User != nil {
		u.User = nil
		t.check.Lose("url", "user and password in it: give them as a secret of the check")
	}
	switch u.Scheme {
	case "http", "https":
		t.sort, t.secure = "http", u.Scheme == "https"
		t.http(u)
	case "tcp", "tls", "icmp", "grpc", "grpcs", "ws", "wss":
		t.sort, t.secure = u.Scheme, u.Scheme == "tls" || u.Scheme == "grpcs" || u.Scheme == "wss"
		t.check.Keys.Set("url", u.String())
		t.plain()
	case "ssh":
		t.banner(u, "22", "^SSH-", "only that an SSH server greets is checked, no command is run")
		t.e.Ignore("ssh")
	case "starttls":
		t.banner(u, "25", "^(220|\\* OK|\\+OK)", "only that the server greets is checked; for mail through it see the type message over mail")
	default:
		t.check.Lose("url", "addresses of %s:// cannot be checked", u.Scheme)
		return false
	}
	t.secrets(u)
	return true
}

// plain takes what a check of a connection can send.
func (t *target) plain() {
	if t.sort == "ws" || t.sort == "wss" || t.sort == "tcp" {
		t.check.Keys.Set("send", t.e.Text("body"))
	}
	if t.sort == "ws" || t.sort == "wss" {
		t.headers()
	}
	if t.secure {
		t.tls()
	}
}

// secrets warns of an address that looks as if it held a key.
func (t *target) secrets(u *url.URL) {
	for name := range u.Query() {
		low := strings.ToLower(name)
		if slices.ContainsFunc([]string{"key", "token", "secret", "password", "auth"}, func(w string) bool { return strings.Contains(low, w) }) {
			t.check.Notes = append(t.check.Notes, importer.Note{What: "url", Why: "its parameter " + name + " may be a secret, and stands in the file: send it as one of secret_headers if the server takes that", Todo: true})
		}
	}
}

// banner checks what a server says first, over TCP.
func (t *target) banner(u *url.URL, port, expect, note string) {
	if u.Port() != "" {
		port = u.Port()
	}
	t.sort = "banner"
	t.check.Keys.Set("url", "tcp://"+net.JoinHostPort(u.Hostname(), port))
	t.check.Keys.Set("expect", expect)
	t.check.Lose(u.Scheme+"://", "%s", note)
}

func (t *target) dns(address string) bool {
	d := t.e.Object("dns")
	name, typ := strings.TrimSuffix(d.Text("query-name"), "."), d.Text("query-type")
	if u, err := url.Parse(address); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		t.check.Lose("url", "DNS over HTTPS cannot be checked")
		return false
	}
	server := strings.TrimPrefix(address, "dns://")
	if h, err := url.Parse("//" + server); name == "" || err != nil || h.Hostname() == "" {
		t.check.Lose("dns", "it needs a server and a query-name")
		return false
	}
	t.sort = "dns"
	q := ""
	if typ != "" {
		q = "?type=" + url.QueryEscape(typ)
	}
	t.check.Keys.Set("url", "dns://"+server+"/"+url.PathEscape(name)+q)
	return true
}

func (t *target) http(u *url.URL) {
	keys := &t.check.Keys
	keys.Set("url", u.String())
	keys.Set("method", t.e.Text("method"))
	t.headers()
	if body := t.e.Text("body"); t.e.Flag("graphql", false) && body != "" {
		t.check.Lose("graphql", "write the body as {\"query\": …}, and the Content-Type, yourself")
	} else {
		keys.Set("body", body)
	}
	if t.client.Flag("ignore-redirect", false) {
		*keys = append(*keys, importer.Pair{Key: "redirects", Value: 0})
	}
	keys.Set("proxy", t.client.Text("proxy-url"))
	t.tls()
}

// headers sends those that are no secrets as they are.
func (t *target) headers() {
	h := t.e.Object("headers")
	var open, secret importer.Map
	for _, name := range h.Keys() {
		v := h.Text(name)
		if importer.Confidential(name) || strings.Contains(v, "${") {
			secret.Set(name, t.check.Secret(name, "the whole value of the header "+name))
			continue
		}
		open.Set(name, v)
	}
	t.check.Keys.Set("headers", open)
	t.check.Keys.Set("secret_headers", secret)
}

func (t *target) tls() {
	var m importer.Map
	if t.client.Flag("insecure", false) {
		m.Set("skip_verify", true)
	}
	own := t.client.Object("tls")
	t.check.File("tls.cert", own.Text("certificate-file"))
	t.check.File("tls.key", own.Text("private-key-file"))
	if days := t.days(); days > 0 {
		m.Set("days_left", days)
	}
	t.check.Keys.Set("tls", m)
}
