package sipcheck

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

// Options of a check of type call over sip.
type Options struct {
	To        string           `yaml:"to"`        // sip:echo@example.com; empty: sign in only
	From      string           `yaml:"from"`      // who calls; default sip:USER@ the host of to, or of server
	Server    string           `yaml:"server"`    // HOST[:PORT] that is connected to; default: the host of to
	Transport string           `yaml:"transport"` // udp, tcp or tls; default: what to says, or udp
	User      string           `yaml:"user"`
	Password  config.Secret    `yaml:"password"`
	Register  bool             `yaml:"register"` // bind the address for the length of the check, and take it back
	Expect    string           `yaml:"expect"`   // echo, audio or answer
	Talk      time.Duration    `yaml:"talk"`     // how long is talked
	MaxLoss   float64          `yaml:"max_loss"` // percent of the frames
	MinMOS    float64          `yaml:"min_mos"`
	MaxJitter time.Duration    `yaml:"max_jitter"`
	MaxTrip   time.Duration    `yaml:"max_round_trip"`
	TLS       probe.TLSOptions `yaml:"tls"`
}

// What the other side is expected to do.
const (
	expectEcho   = "echo"   // send our frames back, bit by bit
	expectAudio  = "audio"  // send anything: an announcement, music
	expectAnswer = "answer" // take the call; nothing is said
)

const (
	maxTalk     = time.Minute
	defaultPort = 5060
	securePort  = 5061
)

// SetDefaults fills in the values of a check that does not say.
func (o *Options) SetDefaults() {
	o.Expect, o.Talk, o.MaxLoss, o.MinMOS = expectEcho, 3*time.Second, 5, 3.6
}

// target is what the options come to.
type target struct {
	host, addr string // of the server, and HOST:PORT
	transport  string // udp, tcp, tls
	to, from   sip.Uri
	calls      bool
}

func (o *Options) verify() error {
	switch {
	case o.Expect != expectEcho && o.Expect != expectAudio && o.Expect != expectAnswer:
		return outcry.FieldErrorf("expect", "%q is none of echo, audio, answer", o.Expect)
	case o.Talk < 4*voice.FrameTime || o.Talk > maxTalk:
		return outcry.FieldErrorf("talk", "from %s to %s, not %s", 4*voice.FrameTime, maxTalk, o.Talk)
	case o.MaxLoss < 0 || o.MaxLoss > 100:
		return outcry.FieldErrorf("max_loss", "a percentage, not %g", o.MaxLoss)
	case o.MinMOS < 0 || o.MinMOS > 4.4:
		return outcry.FieldErrorf("min_mos", "from 1 to 4.4, or 0 for any, not %g", o.MinMOS)
	case o.MaxJitter < 0 || o.MaxTrip < 0:
		return outcry.FieldErrorf("max_jitter", "times must not be negative")
	case o.To == "" && !o.Register:
		return outcry.FieldErrorf("to", "whom to call, sip:NAME@HOST, or register: true to sign in only")
	case o.Register && o.User == "":
		return outcry.FieldErrorf("user", "register needs a user")
	case o.To == "" && o.Server == "":
		return outcry.FieldErrorf("server", "where to sign in is missing")
	}
	return nil
}

// target reads where the check goes. Its errors are of CodeInvalid.
func (o *Options) target() (target, error) {
	t := target{calls: o.To != "", transport: o.Transport}
	if t.calls {
		if err := parseURI("to", o.To, &t.to); err != nil {
			return t, err
		}
		t.host = t.to.Host
	}
	if err := o.setTransport(&t); err != nil {
		return t, err
	}
	port := defaultPort
	if t.transport == "tls" {
		port = securePort
	}
	if t.to.Port != 0 {
		port = t.to.Port
	}
	if o.Server != "" {
		if err := t.setServer(o.Server, &port); err != nil {
			return t, err
		}
	}
	t.host = strings.Trim(t.host, "[]")
	t.addr = net.JoinHostPort(t.host, strconv.Itoa(port))
	return t, o.setFrom(&t)
}

func (o *Options) setTransport(t *target) error {
	if t.transport == "" {
		t.transport = "udp"
		if said, ok := t.to.UriParams.Get("transport"); ok {
			t.transport = strings.ToLower(said)
		}
		if t.to.Scheme == "sips" {
			t.transport = "tls"
		}
	}
	switch t.transport {
	case "udp", "tcp", "tls":
		return nil
	}
	return outcry.FieldErrorf("transport", "%q is none of udp, tcp, tls", t.transport)
}

func (t *target) setServer(server string, port *int) error {
	host, given, err := net.SplitHostPort(server)
	if err != nil {
		t.host = server
		return nil //nolint:nilerr // without a port, it is a host
	}
	n, err := strconv.ParseUint(given, 10, 16)
	if err != nil || n == 0 || host == "" {
		return outcry.FieldErrorf("server", "%q is no HOST:PORT", server)
	}
	t.host, *port = host, int(n)
	return nil
}

func (o *Options) setFrom(t *target) error {
	if o.From != "" {
		return parseURI("from", o.From, &t.from)
	}
	t.from = sip.Uri{Scheme: "sip", User: o.User, Host: t.to.Host}
	if t.from.User == "" {
		t.from.User = "outcry"
	}
	if t.from.Host == "" {
		t.from.Host = t.host
	}
	return nil
}

func parseURI(field, text string, into *sip.Uri) error {
	err := sip.ParseUri(text, into)
	if err != nil || (into.Scheme != "sip" && into.Scheme != "sips") || into.Host == "" || strings.ContainsAny(text, "\r\n <>\"") {
		return outcry.FieldErrorf(field, "not an address; one looks like sip:echo@example.com")
	}
	if into.Password != "" {
		return outcry.FieldErrorf(field, "a password does not belong into an address: give it as password: {file: …}")
	}
	return nil
}
