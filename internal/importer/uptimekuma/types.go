package uptimekuma

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/importer"
)

// display are keys of its own pages and of what it says when; own are those of its
// tables.
var (
	display = []string{"weight", "screenshot", "hidden", "expiryNotification", "domainExpiryNotification", "cacheBust"}
	own     = []string{"id", "pathName", "path", "parent", "childrenIDs", "forceInactive", "includeSensitiveData", "dns_last_result", "docker_host", "user_id", "created_date", "remote_browser"}
)

// defaults are keys that every monitor has, whatever its type: set means
// something only for the type that asks for them.
var defaults = []string{
	"method", "packetSize", "maxredirects", "accepted_statuscodes", "dns_resolve_type", "dns_resolve_server", "httpBodyEncoding", "jsonPath", "expectedValue",
	"kafkaProducerBrokers", "kafkaProducerSaslOptions", "kafkaProducerTopic", "kafkaProducerMessage", "kafkaProducerSsl", "kafkaProducerAllowAutoTopicCreation",
	"gamedigGivenPortOnly", "url", "hostname", "port", "keyword", "invertKeyword", "ignoreTls", "mqttTopic", "mqttSuccessMessage", "mqttUsername", "mqttPassword",
	"grpcUrl", "grpcServiceName", "grpcMethod", "grpcProtobuf", "grpcBody", "grpcMetadata", "grpcEnableTls", "databaseQuery", "databaseConnectionString",
	"pushToken", "game", "docker_container", "radiusUsername", "radiusPassword", "radiusSecret", "radiusCalledStationId", "radiusCallingStationId",
	"authMethod", "authWorkstation", "authDomain", "basic_auth_user", "basic_auth_pass", "oauth_auth_method", "oauth_client_id", "oauth_client_secret", "oauth_token_url",
	"oauth_scopes", "oauth_audience", "tlsCert", "tlsKey", "tlsCa", "headers", "body", "jsonPathOperator", "snmpVersion", "snmpOid", "mqttCheckType", "ping_count",
	"ping_numeric", "ping_per_request_timeout", "smtpSecurity", "rabbitmqNodes", "rabbitmqUsername", "rabbitmqPassword", "ipFamily", "timeout", "retryInterval",
}

// monitor is one on its way to a check.
type monitor struct {
	*importer.Object
	c *importer.Item
}

// make fills in the check of a type, or says why there is none.
func (t *monitor) make(typ string) string {
	if t.Flag("upsideDown", false) {
		return "a check that wants to fail (upsideDown) is not known here"
	}
	switch typ {
	case "http", "keyword", "json-query":
		return t.http(typ)
	case "port", "ping", "dns", "smtp":
		return t.host(typ)
	case "grpc-keyword":
		return t.grpc()
	case "push":
		return t.push()
	case "mqtt":
		return t.mqtt()
	case "postgres", "mysql", "redis":
		return t.database(typ)
	case "docker":
		return "containers are not watched, only what they serve: check that"
	case "steam", "gamedig":
		return "the protocols of games are not spoken"
	case "real-browser":
		return "no browser is driven: see the type sequence"
	case "manual":
		return "what people say of a service is an incident here"
	}
	return "there is no check of this type"
}

// address verifies a URL and takes credentials out of it.
func (t *monitor) address(raw string) (*url.URL, string) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, "its address is none of a host"
	}
	return u, ""
}

func (t *monitor) http(typ string) string {
	u, why := t.address(t.Text("url"))
	if why != "" {
		return why
	}
	k := &t.c.Keys
	if u.User != nil {
		u.User = nil
		k.Set("secret_headers", importer.Map{{Key: "Authorization", Value: t.c.Secret("authorization", `"Basic " and the base64 of the USER:PASSWORD that stood in the address`)}})
	}
	k.Set("url", u.String())
	k.Set("type", "http")
	if method := t.Text("method"); method != "GET" {
		k.Set("method", method)
	}
	t.auth(u)
	t.headers()
	k.Set("body", t.Text("body"))
	if enc := t.Text("httpBodyEncoding"); enc != "" && enc != "json" && t.Text("body") != "" {
		t.c.Lose("httpBodyEncoding", "send its Content-Type as one of headers")
	}
	k.Set("status", t.statuses())
	if n, ok := t.Number("maxredirects"); ok {
		k.Set("redirects", int(min(max(n, 0), 20)))
	}
	t.expects(typ)
	t.tls(u.Scheme == "https")
	return ""
}

// statuses are those accepted; its notation is ours.
func (t *monitor) statuses() []string {
	list := t.Texts("accepted_statuscodes")
	if slices.Equal(list, []string{"200-299"}) {
		return nil
	}
	return list
}

// auth names the secrets of a request.
func (t *monitor) auth(u *url.URL) {
	switch method := t.Text("authMethod"); {
	case method == "basic" || method == "" && t.Text("basic_auth_user") != "":
		if t.Text("basic_auth_user")+t.Text("basic_auth_pass") != "" && u.User == nil {
			t.c.Keys.Set("secret_headers", importer.Map{{Key: "Authorization", Value: t.c.Secret("authorization", `"Basic " and the base64 of the monitor's USER:PASSWORD`)}})
		}
	case method != "" && method != "null":
		t.c.Lose("authMethod "+method, "a check sends fixed headers only: see secret_headers, and tls.cert")
	}
}

// headers are JSON in a text.
func (t *monitor) headers() {
	text := strings.TrimSpace(t.Text("headers"))
	if text == "" {
		return
	}
	obj, ok := importer.ParseJSON(text)
	if !ok {
		t.c.Lose("headers", "they are no JSON object")
		return
	}
	var open, secret importer.Map
	for _, name := range obj.Keys() {
		v := obj.Text(name)
		if importer.Confidential(name) {
			secret.Set(name, t.c.Secret(name, "the whole value of the header "+name))
		} else {
			open.Set(name, v)
		}
	}
	t.c.Keys.Set("headers", open)
	t.c.Keys.Set("secret_headers", secret)
}

// simplePath is a path of JSONata that is one of ours, too.
var simplePath = regexp.MustCompile(`^\$?\.?[A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+|\[[0-9]+\])*$`)

func (t *monitor) expects(typ string) {
	switch typ {
	case "keyword":
		key := "contains"
		if t.Flag("invertKeyword", false) {
			key = "absent"
		}
		if word := t.Text("keyword"); word != "" {
			t.c.Keys.Set(key, []string{word})
		}
	case "json-query":
		path, want, op := t.Text("jsonPath"), t.Text("expectedValue"), t.Text("jsonPathOperator")
		if op == "" {
			op = "=="
		}
		if !simplePath.MatchString(path) || op == "contains" {
			t.c.Lose("jsonPath "+path, "only plain paths (a.b[0].c) are known, and comparisons with a value")
			return
		}
		t.c.Keys.Set("json", []importer.Map{{{Key: "path", Value: path}, {Key: "op", Value: op}, {Key: "value", Value: want}}})
	}
}

func (t *monitor) tls(secure bool) {
	var m importer.Map
	if t.Flag("ignoreTls", false) && secure {
		m.Set("skip_verify", true)
	}
	if secure && t.Flag("expiryNotification", false) {
		m.Set("days_left", 7)
		t.c.Lose("expiryNotification", "the check fails in a certificate's last 7 days in place of a notice after 21, 14 and 7: see tls.days_left")
	}
	for _, key := range []string{"tlsCert", "tlsKey", "tlsCa"} {
		if t.Text(key) != "" {
			t.c.Lose(key, "put it into a file, and name that in tls")
		}
	}
	t.c.Keys.Set("tls", m)
}

func (t *monitor) host(typ string) string {
	host, k := t.Text("hostname"), &t.c.Keys
	port := "53"
	if n, ok := t.Number("port"); ok && n >= 1 && n <= 65535 {
		port = strconv.Itoa(int(n))
	} else if typ == "port" || typ == "smtp" {
		return "it has no port"
	}
	if host == "" || strings.ContainsAny(host, "/?#@ ") {
		return "it has no host"
	}
	switch typ {
	case "port":
		k.Set("url", "tcp://"+net.JoinHostPort(host, port))
	case "smtp":
		k.Set("url", "tcp://"+net.JoinHostPort(host, port))
		k.Set("expect", "^220")
		t.c.Lose("smtp", "only that the server greets is checked; for mail through it see the type message over mail")
	case "ping":
		k.Set("url", "icmp://"+bracket(host))
	case "dns":
		return t.dns(host, port)
	}
	return ""
}

// bracket writes an address as a URL has it.
func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func (t *monitor) dns(name, port string) string {
	server, _, _ := strings.Cut(t.Text("dns_resolve_server"), ",")
	if server = strings.TrimSpace(server); server == "" {
		server = "1.1.1.1"
	}
	u := "dns://" + net.JoinHostPort(server, port) + "/" + url.PathEscape(name)
	if typ := t.Text("dns_resolve_type"); typ != "" {
		u += "?type=" + url.QueryEscape(typ)
	}
	t.c.Keys.Set("url", u)
	return ""
}

func (t *monitor) grpc() string {
	scheme := "grpc://"
	if t.Flag("grpcEnableTls", false) {
		scheme = "grpcs://"
	}
	host := t.Text("grpcUrl")
	if _, why := t.address(scheme + host); why != "" {
		return why
	}
	t.c.Keys.Set("url", scheme+host)
	t.c.Lose("grpcServiceName, grpcMethod, keyword", "the standard health service (grpc.health.v1) is asked; no method is called")
	return ""
}

func (t *monitor) push() string {
	k := &t.c.Keys
	period := t.seconds("interval")
	if period == 0 {
		return "it has no interval"
	}
	k.Set("type", "heartbeat")
	k.Set("period", importer.Span(period))
	if n, ok := t.Number("maxretries"); ok && n > 0 { // it waits for so many more intervals of retries
		k.Set("grace", importer.Span(time.Duration(min(n, 100))*max(t.seconds("retryInterval"), time.Second)))
	}
	k.Set("token", t.c.Secret("token", "a new token of this job, and have it call this server's /api/v1/heartbeat/TOKEN in place of Uptime Kuma's"))
	return ""
}

func (t *monitor) mqtt() string {
	host := t.Text("hostname")
	scheme, bare, ok := strings.Cut(host, "://")
	if !ok {
		scheme, bare = "mqtt", host
	}
	if n, has := t.Number("port"); has && n >= 1 && n <= 65535 && !strings.Contains(bare, ":") {
		bare = net.JoinHostPort(bare, strconv.Itoa(int(n)))
	}
	if scheme != "mqtt" && scheme != "mqtts" {
		return "MQTT over " + scheme + " is not known here"
	}
	k := &t.c.Keys
	k.Set("type", "message")
	k.Set("over", "mqtt")
	k.Set("url", scheme+"://"+bare)
	if user := t.Text("mqttUsername"); user != "" {
		k.Set("username", user)
		k.Set("password", t.c.Secret("password", "the broker's password"))
		if scheme == "mqtt" {
			k.Set("plaintext", true)
		}
	}
	t.c.Lose("mqttTopic, mqttSuccessMessage", "a message of our own goes to the broker and has to come back, under the key topic")
	return ""
}

func (t *monitor) database(typ string) string {
	u, why := t.address(t.Text("databaseConnectionString"))
	if why != "" {
		return "its connection string is no URL"
	}
	if u.Scheme == "postgresql" {
		u.Scheme = "postgres"
	}
	k := &t.c.Keys
	user := u.User.Username()
	_, has := u.User.Password()
	u.User, u.RawQuery = nil, ""
	k.Set("url", u.String())
	k.Set("type", typ)
	if user == "" && typ != "redis" {
		return "its connection string has no user"
	}
	k.Set("user", user)
	if has {
		k.Set("password", t.c.Secret("password", "the password of the connection string"))
	}
	if typ == "redis" {
		k.Set("write", false)
		return ""
	}
	k.Set("query", t.Text("databaseQuery"))
	t.c.Notes = append(t.c.Notes, importer.Note{What: "databaseConnectionString", Why: "the connection is made over TLS; set encrypted: false where the server has none", Todo: true})
	return ""
}
