package webrtccheck

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what the scheme of TURN servers asks for
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

// Options of a check of type call over webrtc.
type Options struct {
	STUN      string           `yaml:"stun"` // stun:HOST[:PORT]
	TURN      string           `yaml:"turn"` // turn:HOST[:PORT][?transport=tcp] or turns:HOST[:PORT]
	User      string           `yaml:"user"`
	Password  config.Secret    `yaml:"password"`
	Shared    config.Secret    `yaml:"shared_secret"` // of the server, in place of the password: credentials for an hour are made of it
	Talk      time.Duration    `yaml:"talk"`          // how long is talked; 0: allocate only
	MaxLoss   float64          `yaml:"max_loss"`      // percent of the frames
	MinMOS    float64          `yaml:"min_mos"`
	MaxJitter time.Duration    `yaml:"max_jitter"`
	MaxTrip   time.Duration    `yaml:"max_round_trip"`
	MaxFirst  time.Duration    `yaml:"max_first_packet"` // from the call's beginning to its first sound
	TLS       probe.TLSOptions `yaml:"tls"`
}

const maxTalk = time.Minute

// SetDefaults fills in the values of a check that does not say.
func (o *Options) SetDefaults() { o.Talk, o.MaxLoss, o.MinMOS = 3*time.Second, 5, 3.6 }

// server is a STUN or TURN server of the check.
type server struct {
	host, addr string
	network    string // udp or tcp
	cfg        *tls.Config
}

func (s *server) stream() bool { return s.network == "tcp" }

type prober struct {
	opts       Options
	stun, turn *server // nil: not wanted
	dialer     *netguard.Dialer
	now        func() time.Time
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	if err := o.verify(); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("password", o.Password); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("shared_secret", o.Shared); err != nil {
		return nil, err
	}
	p := &prober{opts: o, dialer: env.Own(), now: time.Now}
	var err error
	if o.STUN != "" {
		if p.stun, err = parseServer("stun", o.STUN, &o, env, stun.SchemeTypeSTUN); err != nil {
			return nil, err
		}
	}
	if o.TURN != "" {
		p.turn, err = parseServer("turn", o.TURN, &o, env, stun.SchemeTypeTURN, stun.SchemeTypeTURNS)
	}
	return p, err
}

func (o *Options) verify() error {
	switch {
	case o.STUN == "" && o.TURN == "":
		return outcry.FieldErrorf("turn", "a TURN or a STUN server is needed: turn:HOST:PORT")
	case o.TURN != "" && o.User == "":
		return outcry.FieldErrorf("user", "a TURN server wants a user")
	case o.TURN != "" && o.Password.IsSet() == o.Shared.IsSet():
		return outcry.FieldErrorf("password", "a TURN server wants password or shared_secret, one of them")
	case o.Talk < 0 || o.Talk > maxTalk || (o.Talk > 0 && o.Talk < 4*voice.FrameTime):
		return outcry.FieldErrorf("talk", "from %s to %s, or 0, not %s", 4*voice.FrameTime, maxTalk, o.Talk)
	case o.MaxLoss < 0 || o.MaxLoss > 100:
		return outcry.FieldErrorf("max_loss", "a percentage, not %g", o.MaxLoss)
	case o.MinMOS < 0 || o.MinMOS > 4.4:
		return outcry.FieldErrorf("min_mos", "from 1 to 4.4, or 0 for any, not %g", o.MinMOS)
	case o.MaxJitter < 0 || o.MaxTrip < 0 || o.MaxFirst < 0:
		return outcry.FieldErrorf("max_jitter", "times must not be negative")
	}
	return nil
}

func parseServer(field, text string, o *Options, env probe.Env, schemes ...stun.SchemeType) (*server, error) {
	u, err := stun.ParseURI(text)
	if err != nil || u.Host == "" {
		return nil, outcry.FieldErrorf(field, "not an address of a server; one looks like %s:example.com:3478", field)
	}
	known := false
	for _, s := range schemes {
		known = known || u.Scheme == s
	}
	if !known {
		return nil, outcry.FieldErrorf(field, "the scheme %s does not belong here", u.Scheme)
	}
	s := &server{host: u.Host, addr: net.JoinHostPort(u.Host, strconv.Itoa(u.Port)), network: "udp"}
	if u.Proto == stun.ProtoTypeTCP {
		s.network = "tcp"
	}
	if u.Scheme == stun.SchemeTypeTURNS {
		if !s.stream() {
			return nil, outcry.FieldErrorf(field, "turns: goes over TCP here, not over DTLS")
		}
		s.cfg, err = o.TLS.Config(env, u.Host)
	}
	return s, err
}

// Target is the host of the TURN server, or of the STUN server.
func (p *prober) Target() string {
	if p.turn != nil {
		return p.turn.host
	}
	return p.stun.host
}

// account is what one attempt signs in with.
type account struct{ user, password string }

const lasts = time.Hour // of credentials made of a shared secret

// account reads the password, or makes one of the shared secret: the user is an
// hour's end before the name, and the password its HMAC (coturn's
// use-auth-secret, draft-uberti-behave-turn-rest-00).
func (p *prober) account() (account, error) {
	if !p.opts.Shared.IsSet() {
		password, err := probe.ReadSecret("password", p.opts.Password)
		return account{p.opts.User, password}, err
	}
	secret, err := probe.ReadSecret("shared_secret", p.opts.Shared)
	if err != nil {
		return account{}, err
	}
	user := fmt.Sprintf("%d:%s", p.now().Add(lasts).Unix(), p.opts.User)
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(user)) //nolint:errcheck // a hash never fails
	return account{user, base64.StdEncoding.EncodeToString(mac.Sum(nil))}, nil
}
