package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// pages verifies the public documents.
func (v *validator) pages() {
	ids := v.serviceIDs()
	seen, hosts := map[string]string{}, map[string]string{}
	for i := range v.Pages {
		p, path := &v.Pages[i], fmt.Sprintf("pages[%d]", i)
		v.looks(path, p)
		v.ownHost(path, p, hosts)
		v.id(path+".id", p.ID, seen)
		v.url(path+".url", p.URL, "https", "http")
		v.timezone(path+".timezone", p.Timezone)
		v.allKnown(path+".services", "service", p.Services, ids)
		for j, id := range p.Services {
			if s := v.Service(id); s != nil && s.Private {
				v.bad(fmt.Sprintf("%s.services[%d]", path, j), "%q is private and must not be on a page", id)
			}
		}
	}
}

// languages are those that the pages speak; a test of the application holds
// them against the pages' own.
func languages() []string {
	return []string{"ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "tr", "zh"}
}

var colourPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// looks verifies what a page looks and sounds like.
func (v *validator) looks(path string, p *Page) {
	if p.Language != "" && !slices.Contains(languages(), p.Language) {
		v.bad(path+".language", "%q is none of %s", p.Language, strings.Join(languages(), ", "))
	}
	if p.Accent != "" && !colourPattern.MatchString(p.Accent) {
		v.bad(path+".accent", "%q is no colour: write #rrggbb", p.Accent)
	}
	if p.Logo.Light == "" && (p.Logo.Dark != "" || p.Logo.Alt != "") {
		v.bad(path+".logo", "needs light: the file for the light theme, and for both where dark is missing")
	}
	for key, file := range map[string]string{"light": p.Logo.Light, "dark": p.Logo.Dark} {
		if kind := strings.ToLower(filepath.Ext(file)); file != "" && kind != ".svg" && kind != ".png" {
			v.bad(path+".logo."+key, "%q is neither a .svg nor a .png file", file)
		}
	}
	if p.NextWord != 0 {
		v.within(path+".next_word", p.NextWord, 5*time.Minute, 24*time.Hour)
	}
}

// ownHost verifies that a page behind a password has a host of its own: the
// password then opens that host and nothing else.
func (v *validator) ownHost(path string, p *Page, hosts map[string]string) {
	host := ""
	if u, err := url.Parse(p.URL); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	if p.Password.plain != "" {
		v.bad(path+".password", "must not stand in the file: give {file: PATH} or {env: NAME}")
	}
	switch other, taken := hosts[host]; {
	case host == "" && p.Password.IsSet():
		v.bad(path+".url", "is missing: a page with a password needs a host of its own")
	case host != "" && taken && (p.Password.IsSet() || other == "locked"):
		v.bad(path+".url", "the host %s is another page's too: a page with a password needs one of its own", host)
	case host != "" && p.Password.IsSet():
		hosts[host] = "locked"
	case host != "":
		hosts[host] = "open"
	}
}

// mirror verifies where copies go.
func (v *validator) mirror() {
	m := &v.Mirror
	v.url("mirror.webdav.url", m.WebDAV.URL, "https", "http")
	v.url("mirror.s3.endpoint", m.S3.Endpoint, "https", "http")
	if (m.S3.Endpoint == "") != (m.S3.Bucket == "") {
		v.bad("mirror.s3", "endpoint and bucket go together")
	}
	if m.S3.Bucket != "" && (m.S3.Key == "" || !m.S3.Secret.IsSet()) {
		v.bad("mirror.s3", "key and secret are missing")
	}
	f := &m.SFTP
	if f.Address == "" {
		if *f != (SFTP{}) {
			v.bad("mirror.sftp.address", "is missing: the server, as host:port")
		}
		return
	}
	if _, _, err := net.SplitHostPort(f.Address); err != nil {
		v.bad("mirror.sftp.address", "must be host:port, such as files.example.net:22")
	}
	if f.User == "" || f.KnownHosts == "" {
		v.bad("mirror.sftp", "user and known_hosts are needed: `ssh-keyscan` writes the latter, compare its key with the server's own")
	}
	if f.Password.IsSet() == f.Key.IsSet() {
		v.bad("mirror.sftp", "needs either password or key")
	}
}

// services verifies what can fail.
func (v *validator) services() {
	if len(v.Services) == 0 {
		_, given := v.marks["services"]
		switch {
		case given:
			v.bad("services", "needs at least one service")
		case !v.Vantage.Remote() && !v.broken[""]:
			v.fail(v.doc.at(v.doc.body), `the configuration needs the key "services"`)
		}
	}
	ids := v.serviceIDs()
	seen := map[string]string{}
	for i := range v.Services {
		s, path := &v.Services[i], fmt.Sprintf("services[%d]", i)
		v.id(path+".id", s.ID, seen)
		v.allKnown(path+".depends_on", "service", s.DependsOn, ids)
		if s.Timezone != v.timezoneOf(s.ID) { // else it is the page's, and is reported there
			v.timezone(path+".timezone", s.Timezone)
		}
		v.within(path+".publication.deadline", s.Publication.Deadline, time.Minute, 24*time.Hour)
		v.between(path+".vantages.require", s.Vantages.Require, 0, 1000)
		v.symptoms(path, s)
	}
	v.cycles()
}

func (v *validator) symptoms(path string, s *Service) {
	seen := map[string]string{}
	for i := range s.Symptoms {
		v.id(fmt.Sprintf("%s.symptoms[%d].id", path, i), s.Symptoms[i].ID, seen)
	}
	if len(s.Symptoms) > 20 {
		v.bad(path+".symptoms", "at most 20: people choose from them")
	}
}

// cycles reports each ring of services that depend on each other, once, at
// the dependency that closes it.
func (v *validator) cycles() {
	done := map[string]bool{}
	for i := range v.Services {
		v.follow(v.Services[i].ID, nil, done)
	}
}

// follow walks the dependencies of a service, depth first. The trail is how it
// was reached.
func (v *validator) follow(id string, trail []string, done map[string]bool) {
	i := slices.IndexFunc(v.Services, func(s Service) bool { return s.ID == id })
	if i < 0 || done[id] {
		return
	}
	trail = append(trail, id)
	for j, next := range v.Services[i].DependsOn {
		if start := slices.Index(trail, next); start >= 0 {
			ring := strings.Join(append(slices.Clone(trail[start:]), next), " → ")
			v.bad(fmt.Sprintf("services[%d].depends_on[%d]", i, j), "depends on itself: %s", ring)
			continue
		}
		v.follow(next, trail, done)
	}
	done[id] = true
}

// limits verifies what bounds strangers: scopes, intake and counting.
func (v *validator) limits() {
	for name, s := range map[string]Values{
		"regions": v.Scopes.Regions, "carriers": v.Scopes.Carriers, "platforms": v.Scopes.Platforms,
		"versions": v.Scopes.Versions, "segments": v.Scopes.Segments,
	} {
		v.between("scopes."+name+".max", s.Max, 1, 100_000)
	}
	in := v.Intake
	v.between("intake.limit.burst", in.Limit.Burst, 1, 1_000_000)
	v.between("intake.limit.ipv4", in.Limit.IPv4, 8, 32)
	v.between("intake.limit.ipv6", in.Limit.IPv6, 16, 128)
	v.between("intake.limit.networks", in.Limit.Networks, 1000, 100_000_000)
	v.networks("intake.trusted_proxies", in.TrustedProxies, false)
	v.networks("intake.exempt", in.Exempt, false)
	for i, o := range in.Origins {
		path := fmt.Sprintf("intake.origins[%d]", i)
		if u := v.url(path, o, "https", "http"); u != nil && u.Scheme+"://"+u.Host != o {
			v.bad(path, "is a site's address without a path: %s://%s", u.Scheme, u.Host)
		}
	}
	v.between("intake.max_batch", int(in.MaxBatch), 1000, 100_000_000)
	v.between("intake.max_report", int(in.MaxReport), 1000, 1_000_000)
	v.between("intake.max_comment", in.MaxComment, 0, 10_000)
	v.within("comments.keep", v.Comments.Keep, time.Hour, 90*24*time.Hour)
	v.between("comments.burst", v.Comments.Burst, 1, 100)
	v.between("comments.most", v.Comments.Most, 20, 10_000)
	if v.Comments.Limit.PerSecond() == 0 {
		v.bad("comments.limit", "must not be 0: turn comments off by their mode")
	}
	v.tokens()
	c := v.Counting
	v.within("counting.lateness", c.Lateness, 10*time.Second, time.Hour)
	v.within("counting.repeat", c.Repeat, time.Minute, 2*time.Hour)
	v.within("counting.network_window", c.NetworkWindow, time.Minute, 2*time.Hour)
	v.between("counting.network_cap", c.NetworkCap, 1, 1_000_000)
	v.between("counting.wide_cap", c.WideCap, c.NetworkCap, 1_000_000)
	v.between("counting.exact", c.Exact, 1, 100_000)
	v.between("counting.max_reporters", c.MaxReporters, 1000, 100_000_000)
}

func (v *validator) tokens() {
	seen := map[string]string{}
	for i := range v.Intake.Tokens {
		t, path := &v.Intake.Tokens[i], fmt.Sprintf("intake.tokens[%d]", i)
		v.id(path+".name", t.Name, seen)
		if _, given := v.marks[path+".roles"]; given && len(t.Roles) == 0 {
			v.bad(path+".roles", "needs at least one role")
		}
	}
}

// detection verifies the judge's calendar; its budgets were read as such.
func (v *validator) detection() {
	ids := v.serviceIDs()
	for i := range v.Detection.Holidays {
		v.allKnown(fmt.Sprintf("detection.holidays[%d].services", i), "service", v.Detection.Holidays[i].Services, ids)
	}
}
