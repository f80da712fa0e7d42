package config

import "time"

// Notify says who is told.
type Notify struct {
	Channels []Channel `yaml:"channels"`
	// Routes say what goes where; none: every channel hears everything that
	// is public.
	Routes []Route `yaml:"routes"`
	// WebPush tells visitors who asked that a service is back.
	WebPush WebPush `yaml:"web_push"`
}

// WebPush says how visitors' browsers are told.
type WebPush struct {
	Off           bool          `yaml:"off"`
	Key           Secret        `yaml:"key"`             // private, on P-256; not set: made at the first start, and kept in the store
	Contact       string        `yaml:"contact"`         // mailto: or https: for push services; empty: the main page's URL
	Services      []string      `yaml:"services"`        // push services besides those of the browsers in use: HOST, HOST:PORT, *.DOMAIN
	CA            string        `yaml:"ca"`              // file of the authority that their certificates are from; empty: the system's
	MaxPerService int           `yaml:"max_per_service"` // who wait to be told of one service
	Keep          time.Duration `yaml:"keep"`            // nobody waits for longer
}

// Channel is one way to somebody. Keys that are not listed here belong to its
// type and are kept in Options.
type Channel struct {
	Name    string        `yaml:"name,required"`
	Type    string        `yaml:"type,required"` // "webhook"
	URL     Secret        `yaml:"url,plain"`     // may itself be a secret: then {file: …} or {env: …}
	Secret  Secret        `yaml:"secret"`        // signs what is sent
	Timeout time.Duration `yaml:"timeout"`       // of one attempt
	GiveUp  time.Duration `yaml:"give_up"`       // retried for this long
	Options Node          `yaml:",rest"`
}

// SetDefaults fills in what a channel in the file need not say.
func (c *Channel) SetDefaults() { c.Timeout, c.GiveUp = 10*time.Second, 72*time.Hour }

// Route sends what matches all of its lists to its channels.
type Route struct {
	Services []string     `yaml:"services"` // empty: all
	Kinds    []NoticeKind `yaml:"kinds"`    // empty: all
	Channels []string     `yaml:"channels,required"`
}
