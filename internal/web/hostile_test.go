package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/hostile"
)

// addresses are those of every finished document of the main site, and of every
// route that answers GET, its variables filled with what there is.
func addresses(s *Server) []string {
	var out []string
	for path := range *s.site.docs.Load() {
		out = append(out, path)
	}
	for _, r := range s.table() {
		if path, ok := strings.CutPrefix(r.pattern, "GET "); ok && path != "/events" {
			out = append(out, strings.NewReplacer("{service}", "imessage", "{id}", "2024-0516-imsg").Replace(path))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestHostileWordsOnEveryRoute: whatever strangers, vendors and operators have
// written, every route gives documents of our own design, in every language.
func TestHostileWordsOnEveryRoute(t *testing.T) {
	if testing.Short() {
		t.Skip("work of one goroutine, and long under the race detector")
	}
	for i, v := range hostile.Values() {
		t.Run(v.Says, func(t *testing.T) {
			s := newTest(t, func(c *Config, _ *Deps) { c.Page.Name = v.Text })
			if err := s.Publish(pagetest.Filled(v.Text)); err != nil {
				t.Fatal(err)
			}
			lang := s.renderer.Code(i % s.site.languages) // every language has its turn
			for _, path := range addresses(s) {
				w := ask(s, http.MethodGet, path+"?lang="+lang, "")
				for _, finding := range hostile.Inspect(w.Header().Get("Content-Type"), w.Body.Bytes()) {
					t.Errorf("%s in %s: %s", path, lang, finding)
				}
			}
		})
	}
}

// requests are all ways to put a text into a request.
func requests(text string) []*http.Request {
	q := url.QueryEscape(text)
	var out []*http.Request
	get := func(target string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept", "text/html")
		out = append(out, r)
		return r
	}
	for _, target := range []string{
		"/search?q=" + q, "/?lang=" + q, "/s/imessage?lang=" + q, "/s/imessage?thanks=1&lang=" + q, "/s/imessage?thanks=" + q, "/s/imessage/you?lang=" + q,
		"/?" + q, "/" + url.PathEscape(text), "/s/" + url.PathEscape(text), "/s/" + url.PathEscape(text) + "/you", "/badge/" + url.PathEscape(text) + ".svg",
		"/widget/" + url.PathEscape(text), "/incidents/" + url.PathEscape(text), "/history/" + url.PathEscape(text), "/p/" + url.PathEscape(text),
		"/events?page=" + q, "/events?page=/&have=" + q + "&page=" + q, "/api/v1/services/" + url.PathEscape(text) + "/tallies", "/api/v1/incidents/" + url.PathEscape(text),
		"/api/v1/services/imessage/tallies?from=" + q, "/api/v1/incidents?limit=" + q, "/api/v1/incidents?open=" + q, "/api/v1/incidents?service=" + q, "/next?return=" + q + "&url=" + q,
	} {
		get(target)
		get(target).Header.Del("Accept")
	}
	for _, name := range []string{
		"Referer", "Accept-Language", "User-Agent", "Origin", "Cookie", "If-None-Match", "Last-Event-Id", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Prefix", "Idempotency-Key", "Authorization",
	} {
		for _, target := range []string{"/s/imessage", "/nowhere", "/search?q=x", "/api/v1/incidents"} {
			get(target).Header.Set(name, oneLine(text))
		}
	}
	for _, target := range []string{"/api/v1/reports", "/api/v1/incidents", "/api/v1/incidents/x/updates", "/api/v1/maintenances/m"} {
		r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(`{"title":`+fmt.Sprintf("%q", text)+`,`+fmt.Sprintf("%q", text)+`:1}`))
		if strings.HasSuffix(target, "/m") {
			r.Method = http.MethodPut
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+operatorToken)
		out = append(out, r)
	}
	return out
}

// oneLine is what of a text a client can send as the value of a header.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// TestHostileRequests: what a request says comes back as text or not at all,
// begins no header, and sends nobody elsewhere.
func TestHostileRequests(t *testing.T) {
	s := newTest(t, nil)
	for _, v := range hostile.Values() {
		t.Run(v.Says, func(t *testing.T) {
			for _, r := range requests(v.Text) {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				what := r.Method + " " + r.URL.String()
				if w.Body.Len() > 0 {
					for _, finding := range hostile.Inspect(w.Header().Get("Content-Type"), w.Body.Bytes()) {
						t.Errorf("%s: %s", what, finding)
					}
				}
				for name, values := range w.Header() {
					if all := strings.Join(values, " "); strings.Contains(all, hostile.Mark) || strings.Contains(all, "evil") || strings.ContainsAny(name+all, "\r\n") {
						t.Errorf("%s: the answer's header says %s: %q", what, name, all)
					}
				}
				if at := w.Header().Get("Location"); at != "" && (!strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.HasPrefix(at, `/\`)) {
					t.Errorf("%s: sends on to %s", what, at)
				}
				protected(t, what, w.Header())
			}
		})
	}
}

// protected holds an answer to what every answer must say: that nobody frames
// it, guesses its type, or runs a script in it that is not ours.
func protected(t *testing.T, what string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("%s: the policy is %q", what, policy)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: its type may be guessed", what)
	}
}

// TestNothingIsFramed: no answer but the widget's may be shown in another site's
// frame, so that nobody is made to click in what they do not see: pages,
// operators' routes, refusals, the password's answer, redirects.
func TestNothingIsFramed(t *testing.T) {
	s := manySites(t)
	for _, path := range addresses(s) {
		if h := ask(s, http.MethodGet, path, "").Header(); strings.HasPrefix(path, "/widget") && path != "/widget.js" {
			if p := h.Get("Content-Security-Policy"); !strings.Contains(p, "frame-ancestors *") || !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "script-src") {
				t.Errorf("%s: the policy of what others frame is %q", path, p)
			}
		} else {
			protected(t, path, h)
		}
	}
	for _, r := range s.table() {
		method, path, _ := strings.Cut(r.pattern, " ")
		if method == http.MethodGet {
			continue
		}
		target := strings.NewReplacer("{service}", "imessage", "{id}", "x1").Replace(path)
		protected(t, r.pattern+" without a token", ask(s, method, target, "{}").Header())
		protected(t, r.pattern+" with one", ask(s, method, target, "{}", "Authorization", "Bearer "+operatorToken, "Content-Type", "application/json").Header())
	}
	for _, target := range []string{"/nowhere", "//evil.example/x", "/s//imessage", "/../s/imessage", `/\evil.example`, "/s/imessage/"} {
		protected(t, target, ask(s, http.MethodGet, target, "", "Accept", "text/html").Header())
	}
	protected(t, "the question for the password", on(s, "home.example.org", "/").Header())
	protected(t, "a page behind the password", on(s, "home.example.org", "/", "Authorization", basic(gatePassword)).Header())
}

// TestOtherSitesCannotCommand: no route that changes something takes what a
// browser sends from another site's page, whatever credentials it adds; a page
// of ours may, and a program, which says nothing of the kind, too.
func TestOtherSitesCannotCommand(t *testing.T) {
	s := newTest(t, func(c *Config, d *Deps) {
		d.Planner = nil
		c.Origins = []string{"https://www.example.com"}
	})
	for _, c := range []struct {
		says    string
		headers []string
		refused bool
	}{
		{"another site's form, in a browser of today", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		{"another site's form, in an older browser", []string{"Origin", "https://evil.example"}, true},
		{"a frame without an origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, true},
		{"the same, in an older browser", []string{"Origin", "null"}, true},
		{"a neighbour under the same domain", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.org"}, true},
		{"our name as another's port", []string{"Origin", "https://status.example.org:444"}, true},
		{"our name as the start of another's", []string{"Origin", "https://status.example.org.evil.example"}, true},
		{"a listed site's name as the start of another's", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://www.example.com.evil.example"}, true},
		{"our own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://status.example.org"}, false},
		{"our own page, in an older browser", []string{"Origin", "https://status.example.org"}, false},
		{"a program", nil, false},
	} {
		t.Run(c.says, func(t *testing.T) {
			for _, r := range s.table() {
				method, path, _ := strings.Cut(r.pattern, " ")
				if method == http.MethodGet || r.from == fromAll {
					continue
				}
				target := "https://status.example.org" + strings.NewReplacer("{service}", "imessage", "{id}", "x1").Replace(path)
				for _, accept := range []string{"", "text/html"} {
					headers := append([]string{"Authorization", "Bearer " + operatorToken, "Content-Type", "application/json", "Accept", accept}, c.headers...)
					if w := ask(s, method, target, "{}", headers...); (w.Code == http.StatusForbidden) != c.refused {
						t.Errorf("%s is answered %d", r.pattern, w.Code)
					}
				}
			}
		})
	}
	listed := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://www.example.com", "Content-Type", "application/x-www-form-urlencoded"}
	if w := ask(s, http.MethodPost, "/api/v1/reports", "service=imessage", listed...); w.Code != http.StatusSeeOther {
		t.Errorf("a site that is listed cannot report: %d", w.Code)
	}
	if w := ask(s, http.MethodPost, "/api/v1/incidents/x1/confirm", "", append(listed, "Authorization", "Bearer "+operatorToken)...); w.Code != http.StatusForbidden {
		t.Errorf("a site that is listed for reports can command: %d", w.Code)
	}
}

// poisons are headers that servers and caches are known to have believed.
func poisons() [][2]string {
	return [][2]string{
		{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Host", "home.example.org"}, {"X-Host", "evil.example"}, {"X-Forwarded-Server", "evil.example"}, {"Forwarded", "host=evil.example;proto=javascript"},
		{"X-Forwarded-Proto", "javascript"}, {"X-Forwarded-Scheme", "http"}, {"X-Forwarded-Port", "1"}, {"X-Forwarded-Prefix", "//evil.example"}, {"X-Forwarded-For", "203.0.113.9"},
		{"X-Original-Url", "/s/homekit"}, {"X-Rewrite-Url", "/s/homekit"}, {"X-Http-Method-Override", "DELETE"}, {"X-Method-Override", "POST"},
		{"Cookie", "lang=pl"}, {"Origin", "https://evil.example"}, {"Referer", "https://evil.example/s/imessage"}, {"User-Agent", "evil.example"}, {"Accept", "application/evil"}, {"Range", "bytes=0-1"}, {"X-Forwarded-Language", "pl"},
	}
}

// TestNobodyPoisonsACache: what a shared cache may keep follows from the host,
// the address and the headers that Vary names, and from nothing else that a
// request says. A cache keeps one site's documents apart by their host alone.
func TestNobodyPoisonsACache(t *testing.T) {
	s := manySites(t)
	for _, host := range []string{"status.example.org", "calls.example.org", "home.example.org"} {
		for _, path := range append(addresses(s), "/?lang=pl", "/s/imessage?thanks=1", "/nowhere") {
			clean := on(s, host, path)
			clean.Header().Del(headerRequestID)
			kept := strings.Contains(clean.Header().Get("Cache-Control"), "public")
			if kept && host == "home.example.org" {
				t.Errorf("%s%s has a password, and a shared cache may keep its answer", host, path)
			}
			for _, p := range poisons() {
				w := on(s, host, path, p[0], p[1])
				w.Header().Del(headerRequestID)
				if strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), "evil") {
					t.Errorf("%s%s repeats %s", host, path, p[0])
				}
				if kept && (w.Code != clean.Code || w.Body.String() != clean.Body.String() || fmt.Sprint(w.Header()) != fmt.Sprint(clean.Header())) {
					t.Errorf("%s%s may be kept, and depends on %s: %s", host, path, p[0], p[1])
				}
			}
			if w := on(s, host, path, "Accept-Language", "pl"); kept && w.Body.String() != clean.Body.String() && !strings.Contains(clean.Header().Get("Vary"), "Accept-Language") {
				t.Errorf("%s%s depends on the language, and a cache is not told", host, path)
			}
			if w := on(s, host, path, "Authorization", "Bearer "+operatorToken); kept && w.Body.String() != clean.Body.String() {
				t.Errorf("%s%s may be kept, and says more to an operator", host, path)
			}
		}
	}
}

// TestNobodyPoisonsTheFront is the same for what the front answers by itself,
// byte by byte, with a Host that cannot be had by a client of net/http.
func TestNobodyPoisonsTheFront(t *testing.T) {
	address := start(t, manySites(t))
	say := func(request string) string {
		c, r := dial(t, address)
		defer c.Close() //nolint:errcheck // a test's
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return "no answer: " + err.Error()
		}
		defer resp.Body.Close() //nolint:errcheck // read to its end
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Header.Del("Date")
		return fmt.Sprint(resp.StatusCode, resp.Header, string(body))
	}
	for _, path := range []string{"/", "/s/imessage", "/history.rss", "/api/v2/summary.json"} {
		clean := say("GET " + path + " HTTP/1.1\r\nHost: status.example.org\r\n\r\n")
		for _, p := range poisons() {
			if p[0] == "Range" || p[0] == "Accept" {
				continue
			}
			if got := say("GET " + path + " HTTP/1.1\r\nHost: status.example.org\r\n" + p[0] + ": " + p[1] + "\r\n\r\n"); got != clean {
				t.Errorf("%s depends on %s", path, p[0])
			}
		}
		for _, host := range []string{"evil.example", "evil.example:80", `x"><script>`, "status.example.org@evil.example", "home.example.org.evil.example"} {
			if got := say("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); got != clean && !strings.HasPrefix(got, "400") {
				t.Errorf("%s depends on the host %s, which is nobody's", path, host)
			}
		}
	}
	for _, two := range []string{"Host: status.example.org\r\nHost: home.example.org\r\n", "Host: home.example.org\r\n Host: status.example.org\r\n", "Host : status.example.org\r\n"} {
		if got := say("GET / HTTP/1.1\r\n" + two + "\r\n"); !strings.HasPrefix(got, "400") {
			t.Errorf("a request of two minds about its host is answered %.60q", got)
		}
	}
}

// TestHiddenIsLikeMissing: of a service that is private, or only behind another
// host's password, every address answers a stranger exactly as for one that does
// not exist: the same status, header and words, and nothing behind is asked, so
// that it takes no longer either.
func TestHiddenIsLikeMissing(t *testing.T) {
	asked := &countedTallies{}
	s := manySitesWith(t, func(_ *Config, d *Deps) { d.Tallies = asked })
	for _, hidden := range []string{pagetest.PrivateID, "homekit"} {
		missing := strings.Repeat("x", len(hidden))
		for _, accept := range []string{"text/html", "application/json"} {
			there, not := everyPath(hidden), everyPath(missing)
			for i := range there {
				a, b := on(s, "status.example.org", there[i], "Accept", accept), on(s, "status.example.org", not[i], "Accept", accept)
				if a.Code != b.Code || told(a, hidden) != told(b, missing) {
					t.Errorf("%s is answered\n%d %s\nand one that does not exist\n%d %s", there[i], a.Code, told(a, hidden), b.Code, told(b, missing))
				}
			}
		}
	}
	for _, path := range []string{"/sitemap.xml", "/robots.txt", "/manifest.webmanifest"} {
		b := on(s, "status.example.org", path).Body.String()
		if b == "" || strings.Contains(b, pagetest.PrivateID) || strings.Contains(b, "homekit") {
			t.Errorf("%s gives away what is hidden: %s", path, b)
		}
	}
	if asked.times > 0 {
		t.Errorf("the counts were looked up %d times for who may not see them", asked.times)
	}
}

// told is all that an answer says, without the request's own number and the
// name that was asked for.
func told(w *httptest.ResponseRecorder, name string) string {
	h := w.Header().Clone()
	id := h.Get(headerRequestID)
	h.Del(headerRequestID)
	return strings.NewReplacer(name, "NAME", id, "REQUEST").Replace(fmt.Sprint(h, w.Body.String()))
}

type countedTallies struct{ times int }

func (c *countedTallies) Tallies(_ context.Context, _ string, _, _ outcry.Tick) ([]outcry.Tally, error) {
	c.times++
	return nil, nil
}

// TestHiddenIsSilent: whatever happens to a hidden service changes no document
// that a stranger may read, and so no tag, no event of the stream and no copy.
func TestHiddenIsSilent(t *testing.T) {
	s := manySites(t)
	before := tags(s)
	w := s.lastWorld()
	w.Services, w.Incidents = slices.Clone(w.Services), slices.Clone(w.Incidents)
	for i := range w.Services {
		if id := w.Services[i].ID; id == pagetest.PrivateID || id == "homekit" {
			v := &w.Services[i]
			v.Condition, v.Works, v.Advice = outcry.CondFailing, 99, "run"
			v.Symptoms, v.Bulletins = []page.Share{{Key: "x", Count: 500}}, []page.Bulletin{{Source: "x", Status: "y"}}
		}
	}
	w.Incidents = append(w.Incidents, outcry.Incident{
		ID: "secret", Title: "the ledger is down", Services: []string{pagetest.PrivateID}, Public: true, Confirmed: true, State: outcry.StateInvestigating, PublishedAt: w.Now, DetectedAt: w.Now,
	})
	if changed, err := s.site.publish(w, s.deps.Now()); err != nil || len(changed) > 0 {
		t.Errorf("documents of the main site that have changed: %v, %v", changed, err)
	}
	for path, tag := range tags(s) {
		if before[path] != tag {
			t.Errorf("%s has a new version", path)
		}
	}
	docs, _ := s.Snapshot()
	for _, d := range docs {
		if b := string(d.Body); strings.Contains(b, pagetest.PrivateID) || strings.Contains(b, "HomeKit") || strings.Contains(b, "ledger is down") {
			t.Errorf("the copy of %s names what is hidden", d.Path)
		}
		if strings.HasPrefix(d.ContentType, "text/html") && !strings.Contains(d.Policy, "default-src 'none'") {
			t.Errorf("the copy of %s has no policy", d.Path)
		}
	}
}

func tags(s *Server) map[string]string {
	out := map[string]string{}
	for path, h := range *s.site.docs.Load() {
		out[path] = h.etag
	}
	return out
}
