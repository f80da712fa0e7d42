package web

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestSitemap: search engines are told of what every stranger may see on that
// host, and of nothing that is behind a password.
func TestSitemap(t *testing.T) {
	s := manySitesWith(t, func(c *Config, _ *Deps) { c.Page.URL = "https://status.example.org" })
	for _, c := range []struct {
		says, host    string
		with, without []string
		robots        string
	}{
		{"the main page", "status.example.org", []string{"/", "/accuracy", "/history", "/s/imessage", "/s/facetime", "/incidents/2024-0516-imsg"}, []string{"homekit", "kiosk", "widget", "badge", "lang="},
			"Sitemap: https://status.example.org/sitemap.xml"},
		{"a page on a host of its own", "calls.example.org", []string{"/", "/s/facetime"}, []string{"imessage", "homekit"}, "Sitemap: https://calls.example.org/sitemap.xml"},
	} {
		t.Run(c.says, func(t *testing.T) {
			w := on(s, c.host, "/sitemap.xml")
			var m struct {
				URLs []string `xml:"url>loc"`
			}
			if err := xml.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %v", w.Code, err)
			}
			for _, p := range c.with {
				if !slices.Contains(m.URLs, "https://"+c.host+p) {
					t.Errorf("%s is not there: %v", p, m.URLs)
				}
			}
			for _, u := range m.URLs {
				path := strings.TrimPrefix(u, "https://"+c.host)
				if got := on(s, c.host, path).Code; got != http.StatusOK {
					t.Errorf("%s is listed, and answered %d", u, got)
				}
				if slices.ContainsFunc(c.without, func(x string) bool { return strings.Contains(path, x) }) {
					t.Errorf("%s is listed", u)
				}
			}
			if b := on(s, c.host, "/robots.txt").Body.String(); !strings.Contains(b, c.robots) || !strings.Contains(b, "Disallow: /events") {
				t.Errorf("robots.txt says %q", b)
			}
		})
	}
	if w := on(s, "home.example.org", "/sitemap.xml"); w.Code != http.StatusUnauthorized {
		t.Errorf("without the password the sitemap answers %d", w.Code)
	}
	if w := on(s, "home.example.org", "/sitemap.xml", "Authorization", basic(gatePassword)); w.Code != http.StatusNotFound {
		t.Errorf("with the password it answers %d: search engines have none", w.Code)
	}
	if b := on(s, "home.example.org", "/robots.txt", "Authorization", basic(gatePassword)).Body.String(); !strings.Contains(b, "Disallow: /\n") || strings.Contains(b, "Sitemap") {
		t.Errorf("robots.txt of the page with a password says %q", b)
	}
}

// TestBrandIsServed: the manifest and all that it and the pages name are there,
// may be kept as long as their paths promise, and a page with a password gives them
// to no cache.
func TestBrandIsServed(t *testing.T) {
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><script>alert(1)</script><rect width="120" height="40" onload="alert(1)"/></svg>`
	s := manySitesWith(t, func(c *Config, _ *Deps) {
		c.Page.Logo.Light, c.Page.Logo.Dark = []byte(drawing), []byte(strings.Replace(drawing, "rect", "circle", 1))
	})
	b := on(s, "status.example.org", "/").Body.String()
	for _, part := range []string{`<link rel="manifest" href="/manifest.webmanifest">`, `width="96" height="32"`} {
		if !strings.Contains(b, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	seen := 0
	for path := range s.site.fixed {
		if !strings.HasPrefix(path, "/assets/logo-") && !strings.HasPrefix(path, "/assets/icon-") {
			continue
		}
		seen++
		w := on(s, "status.example.org", path)
		h := w.Header()
		if w.Code != http.StatusOK || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, w.Code, h)
		}
		if strings.HasSuffix(path, ".svg") && (strings.Contains(w.Body.String(), "alert") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox")) {
			t.Errorf("%s can do something: %v %s", path, h, w.Body.String())
		}
		if !strings.Contains(b, path) && !strings.Contains(on(s, "status.example.org", "/manifest.webmanifest").Body.String(), path) {
			t.Errorf("nobody names %s", path)
		}
	}
	if seen != 4 {
		t.Errorf("%d files of the brand, want two drawings and two icons", seen)
	}
	home := on(s, "home.example.org", "/manifest.webmanifest", "Authorization", basic(gatePassword))
	if home.Code != http.StatusOK || !strings.Contains(home.Header().Get("Cache-Control"), "private") {
		t.Errorf("the manifest of a page with a password: %d %v", home.Code, home.Header())
	}
}
