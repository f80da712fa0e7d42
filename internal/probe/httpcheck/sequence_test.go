package httpcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

const (
	password = `pa"ss & wörd/../x`
	session  = "s3ss10n-t0ken/1"
)

// shop is a server where one signs in, orders and looks the order up.
func shop(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "visit", Value: "7", Path: "/"})
		io.WriteString(w, `<input name="csrf" value="c-123">`) //nolint:errcheck // the client tells
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ User, Password, CSRF string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Password != password || in.CSRF != "c-123" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		if c, err := r.Cookie("visit"); err != nil || c.Value != "7" {
			http.Error(w, "no cookie", http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"data":{"token":%q,"n":12345678901234567890,"long":%q}}`, session, strings.Repeat("x", 20<<10))
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+session {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Location", "/orders/a%20b%2F1?secret")
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != "a b/1" && r.PathValue("id") != session {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"state":"placed","by":%q,"q":%q}`, r.Header.Get("Authorization"), r.URL.Query().Get("q"))
	})
	mux.HandleFunc("GET /breaks", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "value=a\r\nX-Evil: 1") }) //nolint:errcheck // as above
	mux.HandleFunc("GET /stall", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

const story = `
values: {user: ann}
secrets: {password: {env: OUTCRY_TEST_PASSWORD}}
steps:
  - name: form
    url: BASE/form
    take: {csrf: {match: 'name="csrf" value="([^"]+)"'}}
  - name: sign in
    url: BASE/login
    method: POST
    headers: {Content-Type: application/json}
    body: '{"user":"${user}","password":"${password}","csrf":"${csrf}"}'
    take: {token: {json: data.token}}
  - name: order
    url: BASE/orders
    method: POST
    headers: {Authorization: "Bearer ${token}"}
    status: [201]
    take: {order: {header: Location, match: '^/orders/([^?]+)'}}
  - name: look
    url: "BASE/orders/${token}?q=${password}"
    headers: {Authorization: "Bearer ${token}"}
    json: [{path: state, value: placed}]
`

func decode(t *testing.T, text string) SequenceOptions {
	t.Helper()
	n, err := config.ParseNode("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var o SequenceOptions
	if err := n.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

func sequenceOf(t *testing.T, p *Pool, text string) probe.Prober {
	t.Helper()
	s, err := p.NewSequence(decode(t, text), probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSequenceCarriesValues(t *testing.T) {
	t.Setenv("OUTCRY_TEST_PASSWORD", password)
	s := shop(t)
	p := pool(t)
	seq := sequenceOf(t, p, strings.ReplaceAll(story, "BASE", s.URL))
	for range 2 {
		r := probetest.Attempt(t, seq, nil)
		probetest.Want(t, "sign in, order, look", r, "")
		var b strings.Builder
		if err := r.Format(&b); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		for _, want := range []string{"form", "sign in", "order", "look", "took token", "took order", "first byte"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		for _, hidden := range []string{session, password, "c-123"[:5], "pa%22"} {
			if hidden != "c-123" && strings.Contains(out, hidden) {
				t.Errorf("%q is shown in\n%s", hidden, out)
			}
		}
	}
}

func TestSequenceSaysWhichStepFails(t *testing.T) {
	t.Setenv("OUTCRY_TEST_PASSWORD", password)
	s := shop(t)
	p := pool(t)
	for _, c := range []struct {
		says, from, to string
		reason         probe.Reason
		detail         string
	}{
		{"a status", "status: [201]", "status: [200]", probe.ReasonStatus, "step order: status 201"},
		{"a wrong password", "${password}", "wrong", probe.ReasonStatus, "step sign in: status 403"},
		{"a value that is not in the JSON", "data.token", "data.none", probe.ReasonJSON, "step sign in: take token"},
		{"a value that is not in the body", "csrf\" value", "nonesuch", probe.ReasonBody, "step form: take csrf"},
		{"a header that is not there", "header: Location", "header: Place", probe.ReasonHeader, "step order: take order"},
		{"an assertion that shows what it saw", "path: state, value: placed", "path: by, value: x", probe.ReasonJSON, "[token]"},
		{"a value that is too long", "data.token", "data.long", probe.ReasonTooLarge, "step sign in"},
		{"a step that hangs", "BASE/orders\n", "BASE/stall\n", probe.ReasonStatus, "step order"},
	} {
		text := strings.ReplaceAll(strings.ReplaceAll(story, c.from, c.to), "BASE", s.URL)
		r := probetest.Attempt(t, sequenceOf(t, p, text), nil)
		probetest.Want(t, c.says, r, c.reason)
		if !strings.Contains(r.Detail, c.detail) || strings.Contains(r.Detail, session) {
			t.Errorf("%s: %s", c.says, r.Detail)
		}
	}
	r := probetest.Within(t, sequenceOf(t, p, "steps: [{url: "+s.URL+"/form}, {name: slow, url: "+s.URL+"/stall}]"), nil, 300*time.Millisecond)
	probetest.Want(t, "a step that hangs", r, probe.ReasonTimeout)
	if !strings.Contains(r.Detail, "step slow") {
		t.Error(r.Detail)
	}
	r = probetest.Attempt(t, sequenceOf(t, p, `steps: [{url: `+s.URL+`/breaks, take: {v: {match: "(?s)value=(.*)"}}}, {url: `+s.URL+`/form, headers: {X-V: "${v}"}}]`), nil)
	probetest.Want(t, "an answer that would add a header", r, probe.ReasonProtocol)
}

func TestSequenceRefuses(t *testing.T) {
	p := pool(t)
	for says, text := range map[string]string{
		"no steps":                      `steps: []`,
		"a value that nobody gives":     `steps: [{url: "http://a/${x}"}]`,
		"a value of a later step":       `steps: [{url: "http://a/${x}"}, {url: "http://a/", take: {x: {json: a}}}]`,
		"a value as the host":           `{values: {h: b}, steps: [{url: "http://${h}/"}]}`,
		"a value behind the host":       `{values: {h: b}, steps: [{url: "http://a${h}/"}]}`,
		"a value as the port":           `{values: {h: "1"}, steps: [{url: "http://a:${h}/"}]}`,
		"a value as the user":           `{values: {h: "b"}, steps: [{url: "http://a/${h}@c/"}, {url: "http://${h}@c/"}]}`,
		"a place that is not closed":    `{values: {h: b}, steps: [{url: "http://a/${h"}]}`,
		"two places for one value":      `steps: [{url: "http://a/", take: {x: {json: a, header: b}}}]`,
		"an expression that is none":    `steps: [{url: "http://a/", take: {x: {match: "("}}}]`,
		"a name with a dot":             `steps: [{url: "http://a/", take: {x.y: {json: a}}}]`,
		"another scheme":                `steps: [{url: "ftp://a/"}]`,
		"an assertion that is no regex": `steps: [{url: "http://a/", matches: ["("]}]`,
	} {
		if _, err := p.NewSequence(decode(t, text), probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// Whatever an answer holds, it stays within the place where it is put.
func TestValuesCannotBreakOut(t *testing.T) {
	body, err := parseTemplate("body", `{"a":"${v}","b":"$${v}"}`)
	if err != nil {
		t.Fatal(err)
	}
	where, err := parseTemplate("url", "http://host/p/${v}?q=${v}")
	if err != nil {
		t.Fatal(err)
	}
	stays := func(v string) bool {
		v = strings.ToValidUTF8(v, "?")
		var doc map[string]string
		filled := body.fill(map[string]string{"v": v}, escapeFor("application/json; charset=utf-8"))
		if err := json.Unmarshal([]byte(filled), &doc); err != nil || doc["a"] != v || doc["b"] != "${v}" || len(doc) != 2 {
			return false
		}
		req, err := http.NewRequest(http.MethodGet, where.fill(map[string]string{"v": v}, asURL), nil)
		return err == nil && req.URL.Host == "host" && req.URL.Path == "/p/"+v && req.URL.Query().Get("q") == v && req.URL.Fragment == ""
	}
	for _, v := range []string{`"},{"`, "../..", "?x=1&y#z", "a+b c", "\x00\r\n", "%2F", "</script>", "\u2028"} {
		if !stays(v) {
			t.Errorf("%q gets out", v)
		}
	}
	if err := quick.Check(stays, nil); err != nil {
		t.Error(err)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "${a}", "x${a}y$${b}${c}", "${", "$$${a}", "${a b}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tpl, err := parseTemplate("f", s)
		if err != nil {
			return
		}
		if len(tpl.names()) == 0 && tpl.fill(nil, asIs) != strings.ReplaceAll(s, "$${", "${") {
			t.Errorf("%q became %q", s, tpl.fill(nil, asIs))
		}
	})
}
