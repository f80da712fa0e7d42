package config

import "fmt"

// Alerts says what other systems' alerts are about.
type Alerts struct {
	Label   string      `yaml:"label"`   // of an alert, whose value is a service's ID
	Rules   []AlertRule `yaml:"rules"`   // for alerts without it: the first that matches counts
	Default string      `yaml:"default"` // service of those that no rule matches; empty: they are not taken
	JSON    []AlertJSON `yaml:"json"`    // senders of JSON of their own
}

// AlertRule maps alerts to a service.
type AlertRule struct {
	Match   map[string]string `yaml:"match,required"` // label: value, all of which must be so; a value may end in *
	Service string            `yaml:"service,required"`
	Symptom string            `yaml:"symptom"`
}

// AlertJSON says where a sender's JSON has an alert's parts. Paths are keys and
// indexes with dots between them.
type AlertJSON struct {
	Name     string            `yaml:"name,required"` // in its address: /api/v1/alerts/NAME
	List     string            `yaml:"list"`          // of the list of alerts; empty: the body is it, or is one alert
	Key      string            `yaml:"key,required"`  // several with + between them are joined
	Status   string            `yaml:"status,required"`
	Firing   []string          `yaml:"firing,required"`   // values of status
	Resolved []string          `yaml:"resolved,required"` // values of status
	Title    string            `yaml:"title"`
	At       string            `yaml:"at"`
	Labels   map[string]string `yaml:"labels"` // label: path
}

// alerts verifies the mapping of alerts.
func (v *validator) alerts() {
	ids := v.serviceIDs()
	v.known("alerts.default", "service", v.Alerts.Default, ids)
	for i := range v.Alerts.Rules {
		r, path := &v.Alerts.Rules[i], fmt.Sprintf("alerts.rules[%d]", i)
		v.known(path+".service", "service", r.Service, ids)
		if s := v.Service(r.Service); s != nil {
			var names []string
			for k := range s.Symptoms {
				names = append(names, s.Symptoms[k].ID)
			}
			v.known(path+".symptom", "symptom of "+s.ID, r.Symptom, names)
		}
	}
	seen := map[string]string{}
	for i := range v.Alerts.JSON {
		v.id(fmt.Sprintf("alerts.json[%d].name", i), v.Alerts.JSON[i].Name, seen)
	}
}
