package intake

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
)

// service is what may be said of one service.
type service struct {
	id                                          string
	hidden                                      bool
	hosts                                       []string // where strangers may report it, if hidden
	symptom, region, carrier, platform, version dimension
}

// The longest values, in characters.
const (
	maxCarrier = 64
	maxShort   = 32 // platform and version
	maxSymptom = 64
)

func newServices(c Config) map[string]*service {
	all := make(map[string]*service, len(c.Services))
	for _, s := range c.Services {
		symptoms := c.Symptoms
		for _, y := range s.Symptoms {
			symptoms.Allow = append(symptoms.Allow[:len(symptoms.Allow):len(symptoms.Allow)], y.ID)
		}
		named := func(field string, max int) func(string) *outcry.Error {
			return func(v string) *outcry.Error { return checkName(field, v, max) }
		}
		e := &service{id: s.ID}
		e.hosts, e.hidden = c.Hidden[s.ID]
		e.symptom.init(symptoms, named("symptom", maxSymptom))
		e.region.init(c.Regions, checkRegion)
		e.carrier.init(c.Carriers, named("carrier", maxCarrier))
		e.platform.init(c.Platforms, named("platform", maxShort))
		e.version.init(c.Versions, named("version", maxShort))
		all[s.ID] = e
	}
	return all
}

// known reports whether a caller may know that there is such a service. Only a
// token says more than the host that was asked.
func (e *service) known(by *Caller) bool {
	return e != nil && (!e.hidden || by.Trusted || slices.Contains(e.hosts, by.Host))
}

// bound sets the signal's symptom and scope. What the person says comes before
// what the address says.
func (e *service) bound(s *outcry.Signal, r *Raw, place Place, now time.Time) (err *outcry.Error) {
	if s.Symptom, err = e.symptom.admit(r.Symptom, now); err != nil {
		return err
	}
	if s.Scope.Region, err = e.region.admit(r.Region, now); err != nil {
		return err
	}
	if s.Scope.Carrier, err = e.carrier.admit(r.Carrier, now); err != nil {
		return err
	}
	if s.Scope.Platform, err = e.platform.admit(r.Platform, now); err != nil {
		return err
	}
	if s.Scope.Version, err = e.version.admit(r.Version, now); err != nil {
		return err
	}
	if r.Region == "" {
		s.Scope.Region = e.region.found(place.Region, now)
	}
	if r.Carrier == "" {
		s.Scope.Carrier = e.carrier.found(place.Carrier, now)
	}
	return nil
}

// dimension is the set of values that one field of one service has.
type dimension struct {
	max   int
	open  bool                       // values beyond those configured are admitted, up to max
	shape func(string) *outcry.Error // of values that are not configured

	values atomic.Pointer[map[string]*value] // replaced, never changed

	mu    sync.Mutex // of who replaces values
	retry time.Time  // when a full set is looked through again
}

type value struct {
	text  string
	fixed bool         // by configuration
	seen  atomic.Int64 // Unix seconds, to the minute
}

const (
	valueLife  = 24 * time.Hour // a value not seen for this long makes room
	valueRetry = time.Minute
)

func (d *dimension) init(v Values, shape func(string) *outcry.Error) {
	d.max, d.open, d.shape = v.Max, len(v.Allow) == 0, shape
	m := map[string]*value{outcry.ScopeOther: {text: outcry.ScopeOther, fixed: true}}
	for _, a := range v.Allow {
		m[a] = &value{text: a, fixed: true}
	}
	d.values.Store(&m)
}

// admit gives the text to count by: s, or "other" where there is no room for
// it, or an error where it is no value at all. Empty stays empty.
func (d *dimension) admit(s string, now time.Time) (string, *outcry.Error) {
	if s == "" {
		return "", nil
	}
	if v := (*d.values.Load())[s]; v != nil {
		v.touch(now)
		return v.text, nil
	}
	if err := d.shape(s); err != nil {
		return "", err
	}
	return d.enter(s, now), nil
}

// found is admit for what a database says: a value of the wrong shape is none.
func (d *dimension) found(s string, now time.Time) string {
	s, err := d.admit(s, now)
	if err != nil {
		return ""
	}
	return s
}

func (v *value) touch(now time.Time) {
	if at := now.Unix() / 60 * 60; v.seen.Load() != at {
		v.seen.Store(at)
	}
}

// enter adds a new value if there is room, or one that nobody has had for a day.
func (d *dimension) enter(s string, now time.Time) string {
	if !d.open {
		return outcry.ScopeOther
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	old := *d.values.Load()
	if v := old[s]; v != nil {
		return v.text
	}
	full := len(old) > d.max // "other" is one more
	if full && now.Before(d.retry) {
		return outcry.ScopeOther
	}
	m := maps.Clone(old)
	if full {
		d.retry = now.Add(valueRetry)
		maps.DeleteFunc(m, func(_ string, v *value) bool {
			return !v.fixed && v.seen.Load() < now.Add(-valueLife).Unix()
		})
		if len(m) > d.max {
			return outcry.ScopeOther
		}
	}
	v := &value{text: string([]byte(s))} // s may be part of something large
	v.touch(now)
	m[v.text] = v
	d.values.Store(&m)
	return v.text
}
