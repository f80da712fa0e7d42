package mailcheck_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/mailcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"message": probe.TypeOf(mailcheck.New)})
}

// speaks is a server within TLS, or without where there are no settings, that
// says the first line at once, and each further one after it was told
// something; then it does something. TAG stands for what the client's line
// began with.
func speaks(cfg *tls.Config, then func(net.Conn), lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		if cfg != nil {
			c = tls.Server(c, cfg)
			defer c.Close()
		}
		buf := make([]byte, 4096)
		for i, line := range lines {
			if i > 0 {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				tag, _, _ := strings.Cut(string(buf[:n]), " ")
				line = strings.ReplaceAll(line, "TAG", tag)
			}
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
		then(c)
	}
}

func flood(c net.Conn) {
	for chunk := []byte(strings.Repeat("* x\r\n", 10<<10)); ; {
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

func endless(c net.Conn) {
	for chunk := []byte(strings.Repeat("x", 64<<10)); ; {
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

func options(t *testing.T, sender, receiver string) mailcheck.Options {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	var o mailcheck.Options
	o.SetDefaults()
	o.Sender = mailcheck.Account{Server: sender, Address: "a@mail.test", Password: config.Secret{File: path}}
	o.Receiver = mailcheck.Account{Server: receiver, Address: "b@mail.test", Password: config.Secret{File: path}}
	return o
}

const (
	greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS] ready\r\n"
	welcome  = "TAG OK [CAPABILITY IMAP4rev1 UIDPLUS] come in\r\n"
	ehlo     = "250-mail.test\r\n250 AUTH PLAIN\r\n"
)

func TestMailboxesThatMisbehave(t *testing.T) {
	authority := probetest.NewAuthority(t)
	cfg := authority.Config(t, time.Hour, "127.0.0.1")
	for _, c := range []struct {
		says   string
		then   func(net.Conn)
		lines  []string
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, nil, probe.ReasonTimeout},
		{"it stalls within its greeting", probetest.Stall, []string{"* O"}, probe.ReasonTimeout},
		{"it stalls at the sign-in", probetest.Stall, []string{greeting}, probe.ReasonTimeout},
		{"it closes at once", probetest.Close, []string{""}, probe.ReasonReset},
		{"it closes at the sign-in", probetest.Close, []string{greeting, ""}, probe.ReasonReset},
		{"it is no mailbox", probetest.Stall, []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, probe.ReasonProtocol},
		{"it never stops sending", flood, []string{greeting}, probe.ReasonProtocol},
		{"it never ends its line", endless, []string{greeting, "* LIST ("}, probe.ReasonTooLarge},
		{"it goes away", probetest.Stall, []string{"* BYE too busy\r\n"}, probe.ReasonNotServing},
		{"it does not know the password", probetest.Stall, []string{greeting, "TAG NO [AUTHENTICATIONFAILED] no\r\n"}, probe.ReasonSignIn},
		{"its directory is away", probetest.Stall, []string{greeting, "TAG NO [UNAVAILABLE] later\r\n"}, probe.ReasonNotServing},
	} {
		receiver := "imaps://" + probetest.Serve(t, speaks(cfg, c.then, c.lines...))
		p, err := mailcheck.New(options(t, "smtps://"+probetest.ClosedPort(t), receiver), probe.Env{Roots: authority.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestSubmissionsThatMisbehave(t *testing.T) {
	authority := probetest.NewAuthority(t)
	cfg := authority.Config(t, time.Hour, "127.0.0.1")
	in := []string{"220 mail.test\r\n", ehlo, "235 2.7.0 come in\r\n"}
	for _, c := range []struct {
		says   string
		then   func(net.Conn)
		lines  []string
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, nil, probe.ReasonTimeout},
		{"it stalls at the sign-in", probetest.Stall, in[:2], probe.ReasonTimeout},
		{"it stalls after the sign-in", probetest.Stall, in, probe.ReasonTimeout},
		{"it stalls within the message", probetest.Stall, append(in[:3:3], "250 ok\r\n", "250 ok\r\n", "354 go on\r\n"), probe.ReasonTimeout},
		{"it closes at once", probetest.Close, []string{""}, probe.ReasonReset},
		{"it closes after the sign-in", probetest.Close, append(in[:3:3], ""), probe.ReasonReset},
		{"it is no mail server", probetest.Stall, []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, probe.ReasonProtocol},
		{"it never ends its line", endless, []string{"220 mail.test\r\n", ""}, probe.ReasonProtocol},
		{"it offers no way to sign in", probetest.Stall, []string{"220 mail.test\r\n", "250 mail.test\r\n"}, probe.ReasonNoSecurity},
		{"it does not know the password", probetest.Stall, append(in[:2:2], "535 5.7.8 no\r\n", "221 bye\r\n", "221 bye\r\n"), probe.ReasonSignIn},
		{"its directory is away", probetest.Stall, append(in[:2:2], "454 4.7.0 later\r\n", "221 bye\r\n", "221 bye\r\n"), probe.ReasonNotServing},
		{"it goes away", probetest.Stall, []string{"421 4.3.2 later\r\n"}, probe.ReasonNotServing},
		{"it does not take the sender", probetest.Stall, append(in[:3:3], "550 5.7.1 no\r\n"), probe.ReasonRejected},
		{"it takes no more today", probetest.Stall, append(in[:3:3], "250 ok\r\n", "452 4.5.3 too many\r\n"), probe.ReasonThrottled},
		{"it does not take the message", probetest.Stall, append(in[:3:3], "250 ok\r\n", "250 ok\r\n", "354 go on\r\n", "554 5.6.0 spam\r\n"), probe.ReasonRejected},
	} {
		receiver := "imaps://" + probetest.Serve(t, speaks(cfg, probetest.Stall, greeting, welcome))
		sender := "smtps://" + probetest.Serve(t, speaks(cfg, c.then, c.lines...))
		p, err := mailcheck.New(options(t, sender, receiver), probe.Env{Roots: authority.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

// Passwords go within TLS only.
func TestServersWithoutTLS(t *testing.T) {
	imap := speaks(nil, probetest.Stall, greeting, "TAG BAD what?\r\n", "TAG OK\r\n")
	p, err := mailcheck.New(options(t, "smtp://"+probetest.ClosedPort(t), "imap://"+probetest.Serve(t, imap)), probe.Env{})
	probetest.Want(t, "a mailbox without TLS", probetest.Attempt(t, p, err), probe.ReasonNoSecurity)

	authority := probetest.NewAuthority(t)
	receiver := "imaps://" + probetest.Serve(t, speaks(authority.Config(t, time.Hour, "127.0.0.1"), probetest.Stall, greeting, welcome))
	smtp := speaks(nil, probetest.Stall, "220 mail.test\r\n", ehlo)
	p, err = mailcheck.New(options(t, "smtp://"+probetest.Serve(t, smtp), receiver), probe.Env{Roots: authority.Pool})
	probetest.Want(t, "a submission without TLS", probetest.Attempt(t, p, err), probe.ReasonNoSecurity)

	p, err = mailcheck.New(options(t, "smtps://"+probetest.ClosedPort(t), receiver), probe.Env{})
	probetest.Want(t, "an authority that we do not know", probetest.Attempt(t, p, err), probe.ReasonTLSChain)
	p, err = mailcheck.New(options(t, "smtps://"+probetest.ClosedPort(t), receiver), probe.Env{Roots: authority.Pool})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err = mailcheck.New(options(t, "smtps://169.254.169.254", "imaps://169.254.169.254"), probe.Env{Guard: guard})
	probetest.Want(t, "a metadata service", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*mailcheck.Options){
		"another scheme":         func(o *mailcheck.Options) { o.Sender.Server = "imap://a" },
		"no server":              func(o *mailcheck.Options) { o.Receiver.Server = "" },
		"no address":             func(o *mailcheck.Options) { o.Sender.Address = "a" },
		"an address with a name": func(o *mailcheck.Options) { o.Sender.Address = "A <a@mail.test>" },
		"two lines":              func(o *mailcheck.Options) { o.Receiver.Address = "a@mail.test\r\nBcc: x@y" },
		"no time":                func(o *mailcheck.Options) { o.Within = 0 },
		"no password":            func(o *mailcheck.Options) { o.Receiver.Password = config.Secret{} },
	} {
		o := options(t, "smtp://a", "imap://b")
		change(&o)
		if _, err := mailcheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}
