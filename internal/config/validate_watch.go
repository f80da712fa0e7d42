package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checks verifies the probes, their vantage, and whom they may dial.
func (v *validator) checks() {
	for i, addr := range v.Vantage.References {
		if err := hostPort(addr, true); err != nil {
			v.bad(fmt.Sprintf("vantage.references[%d]", i), "%s", err)
		}
	}
	if v.Vantage.Name == "" {
		v.bad("vantage.name", "must not be empty")
	}
	v.remote()
	v.networks("outbound.allow", v.Outbound.Allow, true)
	ids, seen := v.serviceIDs(), map[string]string{}
	for i := range v.Checks {
		c, path := &v.Checks[i], fmt.Sprintf("checks[%d]", i)
		v.unique(path+".name", c.Name, seen)
		v.known(path+".service", "service", c.Service, ids)
		v.within(path+".interval", c.Interval, time.Second, 24*time.Hour)
		v.within(path+".timeout", c.Timeout, time.Millisecond, c.Interval)
		v.between(path+".retries", c.Retries, 0, 10)
		v.within(path+".retry_delay", c.RetryDelay, 0, c.Interval)
		if c.Type == "" {
			v.bad(path, "needs a type, or a url whose scheme tells it")
		}
		v.symptom(path, c)
	}
}

// remote verifies what joins a vantage to its core.
func (v *validator) remote() {
	for i := range v.Intake.Tokens {
		t := &v.Intake.Tokens[i]
		if slices.Contains(t.Roles, RoleProbe) && t.Name == v.Vantage.Name {
			v.bad(fmt.Sprintf("intake.tokens[%d].name", i), "%q is this process's own vantage.name: a remote vantage goes by the name of its token, and needs another", t.Name)
		}
	}
	if !v.Vantage.Remote() {
		if v.Vantage.Token.IsSet() {
			v.bad("vantage.token", "is of no use without vantage.core")
		}
		return
	}
	u := v.url("vantage.core", v.Vantage.Core, "https", "http", "tls", "nats")
	if u != nil && (u.Scheme == "http" || u.Scheme == "nats") && !nearby(u.Hostname()) {
		v.bad("vantage.core", "the token would go over the network in the clear: use https or tls, or the address of a private network")
	}
	if !v.Vantage.Token.IsSet() {
		v.bad("vantage.core", "needs vantage.token beside it")
	}
	if len(v.Services)+len(v.Checks) > 0 {
		v.bad("vantage.core", "what a remote vantage checks is said by its core: it has no services and checks of its own")
	}
}

// nearby reports whether a host is an address of this machine or of a private
// network, as of a tunnel.
func nearby(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()) || host == "localhost"
}

// symptom verifies that a check's symptom is one of its service's.
func (v *validator) symptom(path string, c *Check) {
	s := v.Service(c.Service)
	if s == nil {
		return
	}
	var names []string
	for i := range s.Symptoms {
		names = append(names, s.Symptoms[i].ID)
	}
	v.known(path+".symptom", "symptom of "+s.ID, c.Symptom, names)
}

// sources verifies what is listened to.
func (v *validator) sources() {
	ids, seen := v.serviceIDs(), map[string]string{}
	for i := range v.Sources {
		s, path := &v.Sources[i], fmt.Sprintf("sources[%d]", i)
		v.unique(path+".name", s.Name, seen)
		v.url(path+".url", s.URL, "https", "http", "wss", "ws")
		longest := 24 * time.Hour
		if s.Type == "promql" || s.Type == "otlp" {
			longest = 2 * time.Minute // a count must stand for a time in which a fault can begin
		}
		v.within(path+".interval", s.Interval, 10*time.Second, longest)
		for component, id := range s.Services {
			v.known(join(path+".services", component), "service", id, ids)
		}
		if about := s.Options.Text("about"); about != "" && !slices.Contains(ids, about) {
			v.errs = append(v.errs, s.Options.Errorf("about", "there is no service %q%s", about, didYouMean(about, ids)))
		}
		if s.Type == "promql" && s.URL == "" {
			v.bad(path, "needs the url of the Prometheus")
		}
	}
}

// notify verifies who is told.
func (v *validator) notify() {
	seen := map[string]string{}
	for i := range v.Notify.Channels {
		c, path := &v.Notify.Channels[i], fmt.Sprintf("notify.channels[%d]", i)
		v.unique(path+".name", c.Name, seen)
		v.url(path+".url", c.URL.plain, "https", "http")
		v.within(path+".timeout", c.Timeout, 100*time.Millisecond, 5*time.Minute)
		v.within(path+".give_up", c.GiveUp, time.Minute, 30*24*time.Hour)
	}
	names, ids := slices.Sorted(maps.Keys(seen)), v.serviceIDs()
	for i := range v.Notify.Routes {
		r, path := &v.Notify.Routes[i], fmt.Sprintf("notify.routes[%d]", i)
		v.allKnown(path+".channels", "channel", r.Channels, names)
		v.allKnown(path+".services", "service", r.Services, ids)
		if _, given := v.marks[path+".channels"]; given && len(r.Channels) == 0 {
			v.bad(path+".channels", "needs at least one channel")
		}
	}
	v.webPush()
}

// webPushName is what visitors' notices go by in metrics and logs.
const webPushName = "web-push"

func (v *validator) webPush() {
	for i := range v.Notify.Channels {
		if v.Notify.Channels[i].Name == webPushName {
			v.bad(fmt.Sprintf("notify.channels[%d].name", i), "%q is the name of the channel to visitors", webPushName)
		}
	}
	const at = "notify.web_push"
	w := &v.Notify.WebPush
	if to, ok := strings.CutPrefix(w.Contact, "mailto:"); !ok || !strings.Contains(to, "@") {
		v.url(at+".contact", w.Contact, "https", "mailto")
	}
	for i, s := range w.Services {
		host, port, given := strings.Cut(s, ":")
		if _, err := strconv.ParseUint(port, 10, 16); !hostName(strings.TrimPrefix(host, "*.")) && !isAddress(host) || given && err != nil {
			v.bad(fmt.Sprintf("%s.services[%d]", at, i), "%q is no push service: write HOST, HOST:PORT or *.DOMAIN", s)
		}
	}
	v.between(at+".max_per_service", w.MaxPerService, 1, 10_000_000)
	v.within(at+".keep", w.Keep, time.Hour, 90*24*time.Hour)
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// types lets every type's own package read its options.
func (v *validator) types(t Types) {
	for i := range v.Checks {
		v.check(fmt.Sprintf("checks[%d]", i), &v.Checks[i], t.Checks)
	}
	for i := range v.Sources {
		v.pageSource(fmt.Sprintf("sources[%d]", i), &v.Sources[i], t.Pages)
		v.options(fmt.Sprintf("sources[%d].type", i), v.Sources[i].Type, t.Sources, v.Sources[i].Options)
	}
	for i := range v.Notify.Channels {
		c := &v.Notify.Channels[i]
		v.options(fmt.Sprintf("notify.channels[%d].type", i), c.Type, t.Channels, c.Options)
	}
}

// check verifies a check's type, the protocol that it goes over, and its
// options. A type with several protocols stands in the table once for each, as
// "message/xmpp".
func (v *validator) check(path string, c *Check, table map[string]Validator) {
	types, variants := checkTypeNames(table, c.Type)
	switch {
	case c.Type == "" || table == nil || !slices.Contains(types, c.Type):
		if table != nil {
			v.known(path+".type", "type", c.Type, types)
		}
		return
	case len(variants) == 0 && c.Over != "":
		v.bad(path+".over", "checks of type %s go over one protocol: leave the key out", c.Type)
		return
	case len(variants) > 0 && c.Over == "":
		v.bad(path+".over", "checks of type %s need to know over what: one of %s", c.Type, strings.Join(variants, ", "))
		return
	case len(variants) > 0 && !slices.Contains(variants, c.Over):
		v.bad(path+".over", "checks of type %s do not go over %q: one of %s", c.Type, c.Over, strings.Join(variants, ", "))
		return
	}
	v.errs = append(v.errs, c.Options.place(table[c.Kind()](c.Options))...)
}

// checkTypeNames lists the types of a table without their protocols, and the
// protocols of one of them.
func checkTypeNames(table map[string]Validator, typ string) (types, variants []string) {
	for _, kind := range slices.Sorted(maps.Keys(table)) {
		name, over, several := strings.Cut(kind, "/")
		if !slices.Contains(types, name) {
			types = append(types, name)
		}
		if several && name == typ {
			variants = append(variants, over)
		}
	}
	return types, variants
}

// pageSource verifies that a page is somewhere, and about something.
func (v *validator) pageSource(path string, s *Source, pages []string) {
	if !slices.Contains(pages, s.Type) {
		return
	}
	if s.URL == "" {
		v.bad(path, "needs the url of the page")
	}
	if len(s.Services) == 0 {
		v.bad(path, "needs services: the page's name of a component, or \"*\" for the page as a whole, and our service")
	}
}

// options verifies one set of options with the validator of its type.
func (v *validator) options(path, kind string, table map[string]Validator, n Node) {
	if kind == "" || table == nil {
		return
	}
	verify, ok := table[kind]
	if !ok {
		v.known(path, "type", kind, slices.Sorted(maps.Keys(table)))
		return
	}
	v.errs = append(v.errs, n.place(verify(n))...)
}
