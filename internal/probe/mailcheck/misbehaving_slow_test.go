//go:build slow

package mailcheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/mailcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// stumbles has either server stumble, about TLS and within it, while the other
// is well.
func (s *servers) stumbles(t *testing.T) {
	ca := probetest.NewAuthority(t)
	env := s.env
	env.Roots = s.env.Roots.Clone()
	env.Roots.AppendCertsFromPEM(ca.PEM())
	check := func(change func(o *mailcheck.Options, addr string)) func(string) (probe.Prober, error) {
		return func(addr string) (probe.Prober, error) {
			o := s.options()
			o.Within = time.Minute
			change(&o, addr)
			return mailcheck.New(o, env)
		}
	}
	m := probetest.Misbehaving{
		Parting: 1, // the answer to our goodbye
		Reasons: []probetest.Expected{
			{Step: "deliver", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNotDelivered, probe.ReasonTimeout}}, // the latter before the first look
			{Step: "clean", Reasons: []probe.Reason{""}}, // it was delivered; a later run deletes it
		},
		StartTLS: true, Turns: 4, // and what follows is as within TLS
		Abreast: 4,
	}
	m.Server, m.Check = s.smtp, check(func(o *mailcheck.Options, addr string) { o.Sender.Server = "smtp://" + addr })
	t.Run("submission", m.Test)
	m.Server, m.Check = s.imap, check(func(o *mailcheck.Options, addr string) { o.Receiver.Server = "imap://" + addr })
	t.Run("mailbox", m.Test)
	m.StartTLS, m.Turns = false, 0
	m.Outer, m.Inner = ca.Config(t, time.Hour, "127.0.0.1"), s.client
	m.Server, m.Check = s.smtps, check(func(o *mailcheck.Options, addr string) { o.Sender.Server = "smtps://" + addr })
	t.Run("submission within TLS", m.Test)
	m.Server, m.Check = s.imaps, check(func(o *mailcheck.Options, addr string) { o.Receiver.Server = "imaps://" + addr })
	t.Run("mailbox within TLS", m.Test)
}
