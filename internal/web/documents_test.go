package web

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry/outcry/internal/page/pagetest"
)

func TestDocumentNegotiation(t *testing.T) {
	s := newTest(t, nil)
	etag := s.site.get("/").etag
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
		coding       string
		empty        bool
	}{
		{"a client that names no coding gets plain bytes", "GET", nil, 200, "", false},
		{"gzip for those who read it", "GET", []string{"Accept-Encoding", "gzip"}, 200, "gzip", false},
		{"Zstandard, for who reads it and no brotli", "GET", []string{"Accept-Encoding", "gzip, zstd"}, 200, "zstd", false},
		{"Zstandard, refused", "GET", []string{"Accept-Encoding", "gzip, zstd;q=0"}, 200, "gzip", false},
		{"brotli goes before gzip", "GET", []string{"Accept-Encoding", "gzip, deflate, br, zstd"}, 200, "br", false},
		{"a coding with weight zero is refused", "GET", []string{"Accept-Encoding", "br;q=0, gzip;q=0.000, identity"}, 200, "", false},
		{"a small weight is still a yes", "GET", []string{"Accept-Encoding", "gzip;q=0.001"}, 200, "gzip", false},
		{"HEAD has the header and no body", "HEAD", []string{"Accept-Encoding", "gzip"}, 200, "gzip", true},
		{"the tag that it has", "GET", []string{"If-None-Match", etag}, 304, "", true},
		{"the tag in a list, as a strong one", "GET", []string{"If-None-Match", `"x", ` + strings.TrimPrefix(etag, "W/")}, 304, "", true},
		{"any tag", "GET", []string{"If-None-Match", "*"}, 304, "", true},
		{"another tag", "GET", []string{"If-None-Match", `W/"x"`}, 200, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(s, c.method, "/", "", c.headers...)
			if w.Code != c.status || w.Header().Get("Content-Encoding") != c.coding || (w.Body.Len() == 0) != c.empty {
				t.Errorf("status %d, coding %q, %d bytes", w.Code, w.Header().Get("Content-Encoding"), w.Body.Len())
			}
			if w.Header().Get("Etag") != etag || w.Header().Get("Vary") != "Accept-Encoding, Accept-Language" || w.Header().Get("Cache-Control") == "" {
				t.Errorf("the validators are missing: %v", w.Header())
			}
		})
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	s := newTest(t, nil)
	for _, target := range []string{"/", "/s/imessage", "/incidents/2024-0516-imsg", "/history", "/nowhere", "/api/v1/services", "/api/v1/nothing", "/healthz", "/api/v2/summary.json", "/history.atom"} {
		for _, accept := range []string{"text/html", "application/json"} {
			h := ask(s, "GET", target, "", "Accept", accept).Header()
			csp := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s: policy %q", target, csp)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("Permissions-Policy") == "" {
				t.Errorf("%s: headers %v", target, h)
			}
		}
	}
}

// TestFrontAndHandlerSayTheSame compares the front's bytes with net/http's for
// every document and form.
func TestFrontAndHandlerSayTheSame(t *testing.T) {
	s := newTest(t, nil)
	fast := start(t, s)
	slow := httptest.NewServer(s)
	defer slow.Close()
	c, r := dial(t, fast)
	d, q := dial(t, slow.Listener.Addr().String())
	for path, h := range *s.site.docs.Load() {
		for _, extra := range []string{"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: gzip, br\r\n", "Accept-Encoding: zstd, gzip\r\n", "If-None-Match: " + h.etag + "\r\n"} {
			for _, method := range []string{"GET", "HEAD"} {
				req := method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + extra + "\r\n"
				a, ab := exchange(t, c, r, req)
				b, bb := exchange(t, d, q, req)
				if diff := cmp.Diff(b.Header, a.Header, cmpopts.IgnoreMapEntries(func(k string, _ []string) bool { return k == "Date" })); diff != "" || a.StatusCode != b.StatusCode || ab != bb {
					t.Errorf("%q: %d and %d, %d and %d bytes, %s", req, a.StatusCode, b.StatusCode, len(ab), len(bb), diff)
				}
				if a.Header.Get("Date") == "" {
					t.Errorf("%q: no date", req)
				}
			}
		}
	}
}

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, bufio.NewReader(c)
}

// TestFrontHandsOver: one connection asks for a page, then for what only
// net/http answers, then for a page again; requests may come in one piece or
// in two.
func TestFrontHandsOver(t *testing.T) {
	s := newTest(t, nil)
	addr := start(t, s)
	c, r := dial(t, addr)
	plain := "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, req := range []string{plain, plain, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", plain} {
		if resp, _ := exchange(t, c, r, req); resp.StatusCode != http.StatusOK {
			t.Errorf("%q: %s", req, resp.Status)
		}
	}
	for _, reqs := range [][]string{
		{plain + plain, ""},                       // pipelined
		{"GET / HTT", "P/1.1\r\nHost: x\r\n\r\n"}, // torn
		{plain + "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nservice=imessage", ""},
	} {
		c, r := dial(t, addr)
		for _, part := range reqs {
			if _, err := c.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		want := strings.Count(strings.Join(reqs, ""), "HTTP/1.1")
		for range want {
			resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Discard(int(resp.ContentLength)); err != nil || resp.StatusCode >= 400 {
				t.Errorf("%q: %s, %v", reqs, resp.Status, err)
			}
		}
	}
}

func TestThanks(t *testing.T) {
	s := newTest(t, nil)
	if w := ask(s, "GET", "/s/imessage?thanks=1", ""); !strings.Contains(w.Body.String(), "Thank you.") || !strings.Contains(w.Header().Get("Cache-Control"), "private") {
		t.Errorf("no thanks, or kept by caches: %v", w.Header())
	}
	if w := ask(s, "GET", "/s/imessage?utm=1", ""); w.Code != 200 || strings.Contains(w.Body.String(), "Thank you.") {
		t.Errorf("status %d for a foreign query, or thanks for nothing", w.Code)
	}
}

// TestLastPageOutlivesEverything: with nobody publishing any more, the page is
// served and says how old it is.
func TestLastPageOutlivesEverything(t *testing.T) {
	now := pagetest.Now(pagetest.Quiet)
	s := newTest(t, func(_ *Config, d *Deps) { d.Now = func() time.Time { return now } })
	if err := s.Publish(pagetest.World(pagetest.Quiet)); err != nil {
		t.Fatal(err)
	}
	s.age()
	if b := ask(s, "GET", "/", "").Body.String(); !strings.Contains(b, "All services are working.") {
		t.Error("a fresh page does not say what it knows")
	}
	now = now.Add(7 * time.Minute)
	s.age()
	b := ask(s, "GET", "/", "").Body.String()
	if !strings.Contains(b, "we last heard anything 7 minutes ago") || strings.Contains(b, "All services are working.") {
		t.Error("a page that nobody has renewed for 7 minutes claims to know")
	}
}

func TestPrivateServiceIsNowhere(t *testing.T) {
	s := newTest(t, nil)
	for path := range *s.site.docs.Load() {
		if b := ask(s, "GET", path, "").Body.String(); strings.Contains(b, "Zugzwang") || strings.Contains(b, pagetest.PrivateID) {
			t.Errorf("%s names the private service", path)
		}
	}
	for _, target := range []string{"/s/", "/api/v1/services/"} {
		a, b := ask(s, "GET", target+pagetest.PrivateID, ""), ask(s, "GET", target+"no-such-thing", "")
		if a.Code != http.StatusNotFound || a.Body.String() != strings.ReplaceAll(b.Body.String(), requestID(b), requestID(a)) {
			t.Errorf("%s tells a private service from none", target)
		}
	}
	if w := ask(s, "GET", "/events?page=/s/"+pagetest.PrivateID, ""); w.Code != http.StatusNotFound {
		t.Errorf("the live stream of a private service answers %d", w.Code)
	}
	if w := ask(s, "GET", "/api/v1/services/"+pagetest.PrivateID+"/tallies", ""); w.Code != http.StatusNotFound {
		t.Errorf("the tallies of a private service answer %d", w.Code)
	}
	if w := ask(s, "GET", "/api/v1/incidents", ""); strings.Contains(w.Body.String(), "Zugzwang") || strings.Contains(w.Body.String(), "never published") {
		t.Error("the incidents name the private service or what was never published")
	}
}
