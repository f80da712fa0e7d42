package config

import "time"

// Check is one scheduled probe of a service. Keys that are not listed here
// belong to its type and are kept in Options.
type Check struct {
	Name       string        `yaml:"name,required"`
	Service    string        `yaml:"service,required"`
	Type       string        `yaml:"type"` // default: told by the scheme of `url`
	Over       string        `yaml:"over"` // the protocol, for a type that has several: "xmpp" of "message"
	Interval   time.Duration `yaml:"interval"`
	Timeout    time.Duration `yaml:"timeout"`     // of one attempt
	Retries    int           `yaml:"retries"`     // further attempts before a run has failed
	RetryDelay time.Duration `yaml:"retry_delay"` // before each of them
	Vantages   []string      `yaml:"vantages"`    // names of those that run it; empty: all
	Symptom    string        `yaml:"symptom"`     // which of the service's symptoms a failure is
	Region     string        `yaml:"region"`      // of what is checked, where a check is of one; default: the vantage's
	Carrier    string        `yaml:"carrier"`     // the same
	Options    Node          `yaml:",rest"`
}

// Kind is the check's type with its protocol, where it has several:
// "message/xmpp", or "http".
func (c *Check) Kind() string {
	if c.Over == "" {
		return c.Type
	}
	return c.Type + "/" + c.Over
}

// SetDefaults fills in what a check in the file need not say.
func (c *Check) SetDefaults() {
	c.Interval, c.Timeout = 30*time.Second, 10*time.Second
	c.Retries, c.RetryDelay = 1, time.Second
}

// Source is a page or stream of somebody else's that is listened to.
type Source struct {
	Name     string            `yaml:"name,required"`
	Type     string            `yaml:"type,required"` // "apple", "statuspage", …
	URL      string            `yaml:"url"`
	Interval time.Duration     `yaml:"interval"`
	Services map[string]string `yaml:"services"` // the source's own name of a component → service ID
	Options  Node              `yaml:",rest"`
}

// SetDefaults fills in what a source in the file need not say.
func (s *Source) SetDefaults() { s.Interval = time.Minute }
