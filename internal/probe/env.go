package probe

import (
	"crypto/x509"
	"net"
	"time"

	"github.com/outcry/outcry/internal/netguard"
)

// Env is what every prober is given: the way out, and the time. The zero Env
// is of use: the strictest guard, the system's resolver, roots and clock.
type Env struct {
	Guard     *netguard.Guard
	Resolver  *net.Resolver    // nil: the system's
	Roots     *x509.CertPool   // nil: the system's
	Now       func() time.Time // nil: time.Now; only to judge certificates' dates
	UserAgent string           // empty: "Outcry"
	Data      string           // folder for what probers keep; empty: they cannot
	Self      string           // name of the check, at its vantage, that no other has; empty: it has none, as one that is made by hand
}

// Time is the time by which certificates are judged.
func (e Env) Time() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// Agent is how we call ourselves to servers.
func (e Env) Agent() string {
	if e.UserAgent == "" {
		return "Outcry"
	}
	return e.UserAgent
}

// Own is the dialer for hosts that the operator wrote; see [netguard.Guard.Own].
func (e Env) Own() *netguard.Dialer { return e.Guard.Own().Dialer(e.Resolver) }

// Type makes the prober of one check. Decode fills the options struct of the
// type, strictly, from wherever the configuration is.
type Type func(decode func(options any) error, env Env) (Prober, error)

// TypeOf is the registration of a protocol's package, from its constructor:
//
//	types := map[string]probe.Type{"tcp": probe.TypeOf(tcpcheck.New)}
func TypeOf[O any](construct func(O, Env) (Prober, error)) Type {
	return func(decode func(any) error, env Env) (Prober, error) {
		var options O
		if d, ok := any(&options).(interface{ SetDefaults() }); ok {
			d.SetDefaults()
		}
		if err := decode(&options); err != nil {
			return nil, err
		}
		return construct(options, env)
	}
}
