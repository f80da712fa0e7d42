package smppcheck

import (
	"crypto/tls"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/smpp"
)

// Options of a check of type sms over smpp.
type Options struct {
	URL         string           `yaml:"url,required"`       // smpp://host[:2775], smpps://host[:3550]
	SystemID    string           `yaml:"system_id,required"` // of our account
	Password    config.Secret    `yaml:"password"`
	SystemType  string           `yaml:"system_type"`  // mostly empty
	ServiceType string           `yaml:"service_type"` // of each message: the route, where the peer chooses by it
	From        string           `yaml:"from"`         // +number, short code or name; empty: the peer's own
	To          string           `yaml:"to,required"`  // +number
	Text        string           `yaml:"text"`         // printable ASCII, at most 160 characters
	Receipt     bool             `yaml:"receipt"`      // wait for the delivery receipt; default true
	MaxDelivery time.Duration    `yaml:"max_delivery"` // from submit_sm to the receipt; 0: the timeout only
	TLS         probe.TLSOptions `yaml:"tls"`          // of smpps
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Text, o.Receipt = "Outcry: a test message", true }

// maxText is what one message of the default alphabet holds, in characters.
const maxText = 160

// deliveryReceipt asks for a receipt of success and of failure (5.2.17).
const deliveryReceipt = 1

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	p := &prober{host: u.Hostname(), dialer: env.Own(), tls: o.TLS, receipt: o.Receipt, max: o.MaxDelivery}
	port := "2775"
	switch u.Scheme {
	case "smpp":
	case "smpps":
		port = "3550"
		if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
			return nil, err
		}
	default:
		return nil, outcry.FieldErrorf("url", "scheme %q is none of smpp, smpps", u.Scheme)
	}
	if p.addr, err = probe.HostPort(u, port); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("password", o.Password); err != nil {
		return nil, err
	}
	return p, p.prepare(&o)
}

// prepare makes what every attempt sends.
func (p *prober) prepare(o *Options) error {
	p.bind, p.password = smpp.Bind{SystemID: o.SystemID, SystemType: o.SystemType}, o.Password
	if _, err := p.bind.Body(); err != nil {
		return outcry.FieldErrorf("system_id", "%s", err)
	}
	if n := len(o.Text); n == 0 || n > maxText || strings.ContainsFunc(o.Text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return outcry.FieldErrorf("text", "from 1 to %d characters of printable ASCII", maxText)
	}
	p.message = smpp.Message{
		ServiceType: o.ServiceType, Source: addressOf(o.From), Destination: addressOf(o.To), Text: []byte(o.Text),
	}
	if o.Receipt {
		p.message.RegisteredDelivery = deliveryReceipt
	}
	if p.message.Destination.Number == "" {
		return outcry.FieldErrorf("to", "a number is missing")
	}
	if o.MaxDelivery < 0 {
		return outcry.FieldErrorf("max_delivery", "a positive time, not %s", o.MaxDelivery)
	}
	if _, err := p.message.Body(); err != nil {
		return outcry.FieldErrorf("to", "%s", err)
	}
	return nil
}

// addressOf reads a number as people write it: with a plus it is international,
// with letters it is a name, and else the peer knows what it is (5.2.5, 5.2.6).
func addressOf(s string) smpp.Address {
	if number, ok := strings.CutPrefix(s, "+"); ok {
		return smpp.Address{TON: 1, NPI: 1, Number: number}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return smpp.Address{TON: 5, Number: s}
	}
	return smpp.Address{Number: s}
}

type prober struct {
	host, addr string
	cfg        *tls.Config // nil: without TLS
	tls        probe.TLSOptions
	dialer     *netguard.Dialer
	bind       smpp.Bind // without the password
	password   config.Secret
	message    smpp.Message
	receipt    bool
	max        time.Duration
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }
