// Package mqttcheck probes MQTT 5 brokers: a message of QoS 1 from a publisher
// to a subscriber, and the broker's acknowledgement.
//
// Both connect with clean sessions that end with their connections, and a topic
// of this run's own below the configured one, so that runs from several
// vantages do not take each other's messages. Packets are read and written by
// the packets package of eclipse/paho.golang, behind a bound: a broker that
// announces a packet of 256 MB is not believed.
//
// Steps, of subscriber and publisher: dns, connect, tls, sign-in; and then
// subscribe, publish, deliver, acknowledge.
package mqttcheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type message over mqtt.
type Options struct {
	URL       string           `yaml:"url,required"` // mqtt://host[:1883] or mqtts://host[:8883]
	Username  string           `yaml:"username"`
	Password  config.Secret    `yaml:"password"`
	Plaintext bool             `yaml:"plaintext"` // a password may go without TLS
	Topic     string           `yaml:"topic"`     // whose children are used; default "outcry/check"
	Within    time.Duration    `yaml:"within"`    // from publishing to delivery; default 5s
	TLS       probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Topic, o.Within = "outcry/check", 5*time.Second }

type prober struct {
	*probe.Endpoint
	opts Options
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	at, err := env.Endpoint(o.URL, probe.Dialect{Scheme: "mqtt", TLSScheme: "mqtts", Port: "1883", TLSPort: "8883", ALPN: "mqtt"}, o.TLS)
	if err != nil {
		return nil, err
	}
	if err := env.VerifySecret("password", o.Password); err != nil {
		return nil, err
	}
	return &prober{Endpoint: at, opts: o}, o.verify(at.Config != nil)
}

func (o *Options) verify(secure bool) error {
	switch {
	case o.Within <= 0:
		return outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	case o.Topic == "" || strings.ContainsAny(o.Topic, "#+\x00") || strings.HasSuffix(o.Topic, "/") || len(o.Topic) > 200:
		return outcry.FieldErrorf("topic", "a topic without wildcards, such as outcry/check")
	case o.Password.IsSet() && !secure && !o.Plaintext:
		return outcry.FieldErrorf("password", "would go through the net readably: use mqtts://, or say plaintext: true")
	case o.Password.IsSet() && o.Username == "":
		return outcry.FieldErrorf("username", "is needed with a password")
	}
	return nil
}

// Probe connects twice, publishes, and waits for the message.
func (p *prober) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "delivered", p.exchange)
}

// connect brings one side online.
func (p *prober) connect(ctx context.Context, trail *probe.Trail, side string) (*session, error) {
	trail.Side(side)
	defer trail.Side("")
	password, err := probe.ReadSecret("password", p.opts.Password)
	if err != nil {
		return nil, err
	}
	conn, err := p.Connect(ctx, trail)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", side, err)
	}
	s := newSession(ctx, conn, side)
	err = trail.Do("sign-in", func() (string, error) { return "", s.signIn(ctx, p.opts.Username, password) })
	if err != nil {
		s.leave()
		return nil, err
	}
	return s, nil
}
