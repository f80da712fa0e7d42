package config

import (
	"fmt"
	"maps"
	"slices"
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
		v.within(path+".interval", s.Interval, 10*time.Second, 24*time.Hour)
		for component, id := range s.Services {
			v.known(join(path+".services", component), "service", id, ids)
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
}

// types lets every type's own package read its options.
func (v *validator) types(t Types) {
	for i := range v.Checks {
		v.options(fmt.Sprintf("checks[%d].type", i), v.Checks[i].Type, t.Checks, v.Checks[i].Options)
	}
	for i := range v.Sources {
		v.options(fmt.Sprintf("sources[%d].type", i), v.Sources[i].Type, t.Sources, v.Sources[i].Options)
	}
	for i := range v.Notify.Channels {
		c := &v.Notify.Channels[i]
		v.options(fmt.Sprintf("notify.channels[%d].type", i), c.Type, t.Channels, c.Options)
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
