package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"

	"golang.org/x/time/rate"

	"github.com/outcry/outcry/internal/page"
)

// addSites makes the main site, and one for each page with a host of its own.
func (s *Server) addSites(main *page.Renderer) (err error) {
	if s.site, err = newSite(main); err != nil {
		return err
	}
	s.sites, s.hosts = []*site{s.site}, make(map[string]*site)
	for _, c := range s.config.Sites {
		host := strings.ToLower(c.Host)
		if host == "" || s.hosts[host] != nil {
			return fmt.Errorf("web: the page %s needs a host of its own, and %q is none", c.ID, c.Host)
		}
		c.Page.Private = c.Password != ""
		r, err := page.New(c.Page)
		if err != nil {
			return err
		}
		at, err := newSite(r)
		if err != nil {
			return err
		}
		at.page, at.host, at.gate = c.ID, host, newGate(c.Password)
		s.sites, s.hosts[host] = append(s.sites, at), at
	}
	return nil
}

// at gives the site that a request is for, by its Host alone: what proxies say
// beside it (X-Forwarded-Host) anybody can say. A host that is not known gets
// the main site, and nothing that is answered repeats it.
func (s *Server) at(r *http.Request) *site {
	if len(s.hosts) == 0 {
		return s.site
	}
	if at := s.hosts[hostOnly(r.Host)]; at != nil {
		return at
	}
	return s.site
}

func hostOnly(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// language is what a visitor reads: the language that the address names, else
// the one that their browser prefers. asked tells the two apart.
func (s *site) language(r *http.Request) (lang int, asked bool) {
	if strings.Contains(r.URL.RawQuery, "lang=") {
		if lang, ok := s.renderer.Named(r.URL.Query().Get("lang")); ok {
			return lang, true
		}
	}
	if h := r.Header["Accept-Language"]; len(h) > 0 {
		return s.preferred([]byte(h[0])), false
	}
	return 0, false
}

// document finds what a plain request names, in the language that it prefers;
// nil leaves it to net/http.
func (s *Server) document(p plain) *held {
	at := s.site
	if len(s.hosts) > 0 {
		if other := s.hosts[hostOnly(string(p.host))]; other != nil {
			at = other
		}
	}
	if at.gate != nil {
		return nil
	}
	h := (*at.docs.Load())[string(p.path)]
	if h == nil || len(p.language) == 0 || !h.people {
		return h
	}
	return at.in(h, at.preferred(p.language), false)
}

// gate lets in who knows the page's password, by HTTP's basic scheme (RFC
// 7617): it works without scripts and cookies, and so do feeds and the API.
type gate struct {
	sum   [sha256.Size]byte
	tries *rate.Limiter // of wrong passwords
}

// wrongTries is how many wrong passwords a second are looked at, from anybody;
// a person's own mistakes are far from it.
const wrongTries = 5

func newGate(password string) *gate {
	if password == "" {
		return nil
	}
	return &gate{sum: sha256.Sum256([]byte(password)), tries: rate.NewLimiter(wrongTries, 4*wrongTries)}
}

// admits lets a request through a site's gate, or answers it. An operator's
// token opens every gate.
func (s *Server) admits(at *site, w http.ResponseWriter, r *http.Request) bool {
	if name, err := s.authenticate(r); err == nil && name != "" {
		return true
	}
	_, password, given := r.BasicAuth()
	sum := sha256.Sum256([]byte(password))
	if given && subtle.ConstantTimeCompare(sum[:], at.gate.sum[:]) == 1 {
		r.Header.Del("Authorization") // it has opened the page, and is nobody's token
		return true
	}
	h := w.Header()
	h["Content-Security-Policy"], h["X-Content-Type-Options"] = valueNothing, valueNoSniff
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if given && !at.gate.tries.Allow() {
		h.Set("Retry-After", "5")
		w.WriteHeader(http.StatusTooManyRequests)
		return false
	}
	h.Set("WWW-Authenticate", `Basic realm="status", charset="UTF-8"`)
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte("This page has a password.\n"))
	return false
}
