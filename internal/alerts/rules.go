package alerts

import (
	"strings"
)

// Rule maps alerts to a service.
type Rule struct {
	Match   map[string]string // label: value, all of which must be so; a value may end in * for any rest
	Service string
	Symptom string // of the service; may be empty
}

// Mapping says which service an alert is about: the one that its label names,
// else that of the first rule that matches, else the default.
type Mapping struct {
	Label    string // whose value is a service's ID; empty: none
	Rules    []Rule
	Default  string // empty: such alerts are not taken
	Services []string
}

// find gives the service; false when there is none.
func (m *Mapping) find(labels map[string]string) (service, symptom string, ok bool) {
	if named := labels[m.Label]; m.Label != "" && named != "" {
		for _, id := range m.Services {
			if id == named {
				return id, "", true
			}
		}
	}
	for i := range m.Rules {
		if m.Rules[i].matches(labels) {
			return m.Rules[i].Service, m.Rules[i].Symptom, true
		}
	}
	return m.Default, "", m.Default != ""
}

func (r *Rule) matches(labels map[string]string) bool {
	for k, want := range r.Match {
		have, ok := labels[k]
		start, open := strings.CutSuffix(want, "*")
		if !ok || have != want && !(open && strings.HasPrefix(have, start)) {
			return false
		}
	}
	return true
}
