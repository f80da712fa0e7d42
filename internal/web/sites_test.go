package web

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

const gatePassword = "swordfish and chips"

// manySites is a server with a page on a host of its own and one behind a
// password, which alone has HomeKit.
func manySites(t *testing.T) *Server {
	t.Helper()
	return manySitesWith(t, func(*Config, *Deps) {})
}

func manySitesWith(t *testing.T, change func(*Config, *Deps)) *Server {
	t.Helper()
	s := newTest(t, func(c *Config, d *Deps) {
		change(c, d)
		d.Places = nowhereElse{"US-TX", "Verizon"}
		c.Sites = []Site{
			{ID: "calls", Host: "calls.example.org", Page: page.Options{Name: "Calls", URL: "https://calls.example.org", Language: "en"}},
			{ID: "home", Host: "home.example.org", Password: gatePassword, Page: page.Options{Name: "Home", URL: "https://home.example.org"}},
		}
	})
	w := pagetest.World(pagetest.Outage)
	w.Pages = []page.Page{
		{ID: "main", Title: "All"}, {ID: "calls", Title: "Calls", Services: []string{"facetime"}},
		{ID: "home", Title: "Home", Services: []string{"homekit"}, Locked: true},
	}
	if err := s.Publish(w); err != nil {
		t.Fatal(err)
	}
	return s
}

type nowhereElse struct{ region, carrier string }

func (p nowhereElse) Whereabouts(*http.Request) (region, carrier string) { return p.region, p.carrier }

func on(s *Server, host, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+password))
}

// everyPath has every sort of address that could give a service away.
func everyPath(id string) []string {
	return []string{
		"/s/" + id, "/s/" + id + "/you", "/s/" + id + "/card.png", "/badge/" + id + ".svg", "/widget/" + id,
		"/api/v1/services/" + id, "/api/v1/services/" + id + "/tallies", "/events?page=/s/" + id, "/s/" + id + "?lang=de", "/s/" + id + "?thanks=1",
	}
}

// TestGate: what stands behind a password is on no other host, whatever the
// address, and its own host opens nothing without it.
func TestGate(t *testing.T) {
	s := manySites(t)
	for _, path := range everyPath("homekit") {
		if w := on(s, "status.example.org", path); w.Code != http.StatusNotFound {
			t.Errorf("the main site answers %d for %s", w.Code, path)
		}
		if w := on(s, "home.example.org", path); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "HomeKit") {
			t.Errorf("the locked site answers %d for %s", w.Code, path)
		}
	}
	for path := range *s.site.docs.Load() {
		if b := on(s, "status.example.org", path).Body.String(); strings.Contains(b, "HomeKit") || strings.Contains(b, "homekit") {
			t.Errorf("%s of the main site names a service that is only behind a password", path)
		}
	}
	for _, target := range []string{"/search?q=home", "/search", "/api/v1/incidents", "/api/v1/maintenances"} {
		if b := on(s, "status.example.org", target).Body.String(); strings.Contains(b, "HomeKit") {
			t.Errorf("%s finds what is behind a password", target)
		}
	}
	w := on(s, "home.example.org:8080", "/s/homekit", "Authorization", basic(gatePassword))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "HomeKit is failing.") {
		t.Errorf("with the password the page answers %d", w.Code)
	}
	if c := w.Header().Get("Cache-Control"); !strings.Contains(c, "private") {
		t.Errorf("a page with a password may be kept by caches: %q", c)
	}
	if w := on(s, "home.example.org", "/api/v2/summary.json", "Authorization", basic(gatePassword)); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("every origin may read what has a password")
	}
	if w := on(s, "home.example.org", "/", "Authorization", "Bearer "+operatorToken); w.Code != http.StatusOK {
		t.Errorf("an operator's token is answered %d", w.Code)
	}
	for _, path := range []string{"/api/v1/services/homekit/tallies", "/api/v1/incidents", "/api/v1/maintenances"} {
		if w := on(s, "home.example.org", path, "Authorization", basic(gatePassword)); w.Code != http.StatusOK {
			t.Errorf("with the page's password %s answers %d: it was taken for a token", path, w.Code)
		}
	}
	refused := 0
	for range 200 {
		if on(s, "home.example.org", "/", "Authorization", basic("swordfish")).Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("passwords can be tried without end")
	}
}

// TestHosts: a page's host shows that page; a host that nobody knows, and
// whatever a proxy or a stranger says beside the Host, shows the main one and
// is repeated nowhere.
func TestHosts(t *testing.T) {
	s := manySites(t)
	for _, c := range []struct {
		says, host, want, not string
		headers               []string
	}{
		{"the page's own host", "calls.example.org", "FaceTime is failing.", "iMessage", nil},
		{"in capitals, with a port and a dot", "CALLS.example.org.:443", "FaceTime is failing.", "iMessage", nil},
		{"any other host", "evil.example", "iMessage", "evil.example", nil},
		{"a header that anybody can send", "status.example.org", "iMessage", "evil.example", []string{
			"X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example", "X-Original-Url", "/nowhere", "X-Forwarded-Proto", "evil.example",
		}},
		{"the same towards a page's own host", "status.example.org", "iMessage", "Calls ·", []string{"X-Forwarded-Host", "calls.example.org"}},
	} {
		t.Run(c.says, func(t *testing.T) {
			w := on(s, c.host, "/", c.headers...)
			if b := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(b, c.want) || strings.Contains(b, c.not) {
				t.Errorf("%d, with %q: %v, with %q: %v", w.Code, c.want, strings.Contains(b, c.want), c.not, strings.Contains(b, c.not))
			}
		})
	}
}

// TestFrontKnowsHosts: the front gives a page's host that page, and leaves one
// with a password to net/http.
func TestFrontKnowsHosts(t *testing.T) {
	c, r := dial(t, start(t, manySites(t)))
	for _, k := range []struct{ host, want string }{{"calls.example.org", "FaceTime is failing."}, {"status.example.org", "iMessage"}, {"home.example.org", "password"}} {
		if _, b := exchange(t, c, r, "GET / HTTP/1.1\r\nHost: "+k.host+"\r\n\r\n"); !strings.Contains(b, k.want) {
			t.Errorf("%s says %.80q", k.host, b)
		}
	}
}

// TestLanguages: the address goes before the browser, an unknown language is
// none, and nothing of it comes back.
func TestLanguages(t *testing.T) {
	s := newTest(t, nil)
	for _, c := range []struct{ says, target, accept, lang string }{
		{"English without a wish", "/", "", "en"},
		{"what the browser prefers", "/", "de-AT,de;q=0.9,en;q=0.5", "de"},
		{"the first that there is", "/", "ko, fr;q=0.8", "fr"},
		{"the address goes before the browser", "/?lang=pl", "de", "pl"},
		{"English when it is asked for", "/?lang=en", "de", "en"},
		{"an unknown one is none", "/?lang=xx", "", "en"},
		{"a hostile one too", "/?lang=%22%3E%3Cscript%3E", "", "en"},
		{"a header without end", "/", strings.Repeat("de,", 5000), "en"},
		{"writing from the right", "/s/imessage?lang=ar", "", "ar"},
	} {
		t.Run(c.says, func(t *testing.T) {
			b := ask(s, "GET", c.target, "", "Accept-Language", c.accept).Body.String()
			if !strings.Contains(b, `<html lang="`+c.lang+`"`) || strings.Contains(b, "<script>") {
				t.Errorf("the page begins %.120q", b)
			}
			if dir := strings.Contains(b, `dir="rtl"`); dir != (c.lang == "ar") {
				t.Error("it runs the wrong way")
			}
			if asked := strings.Contains(c.target, "lang="+c.lang); asked != strings.Contains(b, `href="/history?lang=`+c.lang+`"`) && c.accept == "" {
				t.Error("a language that was asked for is lost on the way")
			}
		})
	}
	a, b := ask(s, "GET", "/?lang=de", ""), ask(s, "GET", "/?lang=de", "", "If-None-Match", ask(s, "GET", "/?lang=de", "").Header().Get("Etag"))
	if a.Header().Get("Etag") == ask(s, "GET", "/", "").Header().Get("Etag") || b.Code != http.StatusNotModified {
		t.Errorf("two languages share a tag, or one has none: %d", b.Code)
	}
}

// TestTranslationFollows: a translated page changes with its original, and is
// not made again without need.
func TestTranslationFollows(t *testing.T) {
	s := newTest(t, nil)
	first := ask(s, "GET", "/?lang=de", "").Header().Get("Etag")
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		t.Fatal(err)
	}
	if again := ask(s, "GET", "/?lang=de", "").Header().Get("Etag"); again != first {
		t.Error("it was made again though nothing has changed")
	}
	if err := s.Publish(pagetest.World(pagetest.Resolved)); err != nil {
		t.Fatal(err)
	}
	if w := ask(s, "GET", "/?lang=de", ""); w.Header().Get("Etag") == first || strings.Contains(w.Body.String(), "s-outage\" data-live") {
		t.Error("it still says what is over")
	}
}

// TestYou compares the visitor's own place, and is kept by nobody.
func TestYou(t *testing.T) {
	s := manySites(t)
	w := ask(s, "GET", "/s/imessage/you", "")
	for _, want := range []string{"It is not just you.", "Texas", "Verizon", "SMS works."} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	if c := w.Header().Get("Cache-Control"); !strings.Contains(c, "no-store") {
		t.Errorf("one visitor's answer may be kept: %q", c)
	}
	if w := ask(s, "GET", "/s/"+pagetest.PrivateID+"/you", "", "Accept", "text/html"); w.Code != http.StatusNotFound {
		t.Errorf("a private service answers %d", w.Code)
	}
}

// TestCard: the preview is a picture of the right size, of public services
// only, and the same until the page changes.
func TestCard(t *testing.T) {
	s := newTest(t, nil)
	w := ask(s, "GET", "/s/imessage/card.png", "")
	img, err := png.Decode(bytes.NewReader(w.Body.Bytes()))
	if err != nil || img.Bounds().Dx() != 1200 || img.Bounds().Dy() != 630 {
		t.Fatalf("%v: %d", err, w.Code)
	}
	if again := ask(s, "GET", "/s/imessage/card.png", "", "If-None-Match", w.Header().Get("Etag")); again.Code != http.StatusNotModified {
		t.Errorf("asked again it answers %d", again.Code)
	}
	if b := ask(s, "GET", "/s/imessage", "").Body.String(); !strings.Contains(b, `property="og:image" content="https://status.example.org/s/imessage/card.png"`) {
		t.Error("the page does not name its picture")
	}
	for _, id := range []string{pagetest.PrivateID, "nothing"} {
		if w := ask(s, "GET", "/s/"+id+"/card.png", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s has a card: %d", id, w.Code)
		}
	}
}

// TestWidget: other sites may frame the widget and nothing else; it holds no
// script.
func TestWidget(t *testing.T) {
	s := newTest(t, nil)
	for _, path := range []string{"/widget", "/widget/imessage"} {
		w := ask(s, "GET", path, "")
		csp := w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || !strings.Contains(csp, "frame-ancestors *") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s: %d, %q", path, w.Code, csp)
		}
	}
	if csp := ask(s, "GET", "/s/imessage", "").Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("a page can be framed: %q", csp)
	}
}

// TestSearchIsText: what was looked for comes back as text only.
func TestSearchIsText(t *testing.T) {
	s := newTest(t, nil)
	b := ask(s, "GET", "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE", "").Body.String()
	if strings.Contains(b, "<script>alert") || strings.Contains(b, "\u202e") || !strings.Contains(b, "No service of that name.") {
		t.Error("the query is more than text")
	}
	if b := ask(s, "GET", "/search?q=face", "").Body.String(); !strings.Contains(b, `href="/s/facetime"`) || strings.Contains(b, `href="/s/imessage"`) {
		t.Error("FaceTime is not found, or too much is")
	}
}
