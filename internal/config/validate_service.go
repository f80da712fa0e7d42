package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// pages verifies the public documents.
func (v *validator) pages() {
	ids := v.serviceIDs()
	seen := map[string]string{}
	for i := range v.Pages {
		p, path := &v.Pages[i], fmt.Sprintf("pages[%d]", i)
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

// services verifies what can fail.
func (v *validator) services() {
	if len(v.Services) == 0 {
		if _, given := v.marks["services"]; given {
			v.bad("services", "needs at least one service")
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
	v.between("intake.max_batch", int(in.MaxBatch), 1000, 100_000_000)
	v.between("intake.max_report", int(in.MaxReport), 1000, 1_000_000)
	v.between("intake.max_comment", in.MaxComment, 0, 10_000)
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
