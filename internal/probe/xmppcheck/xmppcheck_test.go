package xmppcheck_test

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
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/xmppcheck"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"message": probe.TypeOf(xmppcheck.NewMessage), "conversation": probe.TypeOf(xmppcheck.NewConversation)})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	header   = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>"
	offers   = header + "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
	success  = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
	features = header + "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
)

// says is a server within TLS that says one line after each thing that it is
// told, and then does something.
func says(cfg *tls.Config, then func(net.Conn), lines ...string) func(net.Conn) {
	return func(raw net.Conn) {
		c := tls.Server(raw, cfg)
		defer c.Close()
		buf := make([]byte, 64<<10)
		for _, line := range lines {
			if _, err := c.Read(buf); err != nil {
				return
			}
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
		then(c)
	}
}

func garbage(c net.Conn) {
	io.WriteString(c, "\x00\x01\xff\xfe")
	probetest.Stall(c)
}

func flood(c net.Conn) {
	for chunk := []byte(strings.Repeat("x", 64<<10)); ; {
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

func failure(condition string) string {
	return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + condition + "/><text>so it is</text></failure>"
}

// What a server may do wrong at each step, within TLS from the first byte.
func TestServersThatMisbehave(t *testing.T) {
	authority := probetest.NewAuthority(t)
	cfg := authority.Config(t, time.Hour, "chat.test")
	bound := "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>bob@chat.test/r</jid></bind></iq>"
	for _, c := range []struct {
		says   string
		then   func(net.Conn)
		lines  []string
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, nil, probe.ReasonTimeout},
		{"it stalls within the stream's header", probetest.Stall, []string{header[:40]}, probe.ReasonTimeout},
		{"it stalls before its features", probetest.Stall, []string{header}, probe.ReasonTimeout},
		{"it stalls in the sign-in", probetest.Stall, []string{offers}, probe.ReasonTimeout},
		{"it stalls after the sign-in", probetest.Stall, []string{offers, success}, probe.ReasonTimeout},
		{"it stalls before it binds", probetest.Stall, []string{offers, success, features}, probe.ReasonTimeout},
		{"it closes at once", probetest.Close, nil, probe.ReasonTLS},
		{"it closes in the sign-in", probetest.Close, []string{offers, ""}, probe.ReasonReset},
		{"it closes politely", probetest.Close, []string{offers, "</stream:stream>"}, probe.ReasonReset},
		{"it is no XMPP server", probetest.Stall, []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, probe.ReasonProtocol},
		{"it sends bytes that are no XML", garbage, []string{header}, probe.ReasonProtocol},
		{"it never stops sending", flood, []string{header + "<a>"}, probe.ReasonTooLarge},
		{"it never stops sending one name", flood, []string{header + "<a"}, probe.ReasonTooLarge},
		{"it sends a DTD", probetest.Stall, []string{"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>"}, probe.ReasonProtocol},
		{"it sends a comment", probetest.Stall, []string{header + "<!-- x -->"}, probe.ReasonProtocol},
		{"it nests deep", probetest.Stall, []string{header + strings.Repeat("<a>", 100)}, probe.ReasonProtocol},
		{"it has no features", probetest.Stall, []string{header + "<presence/>"}, probe.ReasonProtocol},
		{"it offers no way to sign in", probetest.Stall, []string{header + "<stream:features/>"}, probe.ReasonNoSecurity},
		{"it does not know the account", probetest.Stall, []string{offers, failure("not-authorized")}, probe.ReasonSignIn},
		{"the account is disabled", probetest.Stall, []string{offers, failure("account-disabled")}, probe.ReasonSignIn},
		{"its own directory is away", probetest.Stall, []string{offers, failure("temporary-auth-failure")}, probe.ReasonNotServing},
		{"it is shutting down", probetest.Stall, []string{header + "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"}, probe.ReasonNotServing},
		{"it wants us to go slower", probetest.Stall, []string{header + "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"}, probe.ReasonThrottled},
		{"it binds nothing", probetest.Stall, []string{offers, success, features, "<iq type='result' id='bind'/>"}, probe.ReasonProtocol},
		{"it refuses to bind", probetest.Stall, []string{offers, success, features, "<iq type='error' id='bind'><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"}, probe.ReasonRejected},
		{"it takes the receiver and stalls with the sender", probetest.Stall, []string{offers, success, features, bound}, probe.ReasonTimeout},
	} {
		receiver := "xmpps://" + probetest.Serve(t, says(cfg, c.then, c.lines...))
		sender := "xmpps://" + probetest.Serve(t, says(cfg, probetest.Stall))
		p, err := xmppcheck.NewMessage(options(t, sender, receiver), probe.Env{Roots: authority.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

// What a server may do wrong before TLS.
func TestServersWithoutTLS(t *testing.T) {
	startTLS := header + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"it offers passwords without TLS only", probetest.Say(offers), probe.ReasonNoSecurity},
		{"it refuses TLS that it offered", func(c net.Conn) {
			probetest.Say(startTLS)(c)
			probetest.Say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")(c)
		}, probe.ReasonProtocol},
		{"it stalls in the handshake", func(c net.Conn) {
			probetest.Say(startTLS)(c)
			probetest.Say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")(c)
			probetest.Stall(c)
		}, probe.ReasonTimeout},
		{"it goes on in plain text", func(c net.Conn) {
			probetest.Say(startTLS)(c)
			probetest.Say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + offers)(c)
			probetest.Say(offers)(c)
		}, probe.ReasonTLS},
	} {
		server := "xmpp://" + probetest.Serve(t, c.serve)
		p, err := xmppcheck.NewMessage(options(t, server, server), probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
	server := "xmpp://" + probetest.ClosedPort(t)
	p, err := xmppcheck.NewMessage(options(t, server, server), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

func options(t *testing.T, sender, receiver string) xmppcheck.MessageOptions {
	path := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(path, []byte("secret"), 0o600))
	o := xmppcheck.MessageOptions{
		Sender:   xmppcheck.Account{JID: "alice@chat.test", Password: config.Secret{File: path}, Server: sender},
		Receiver: xmppcheck.Account{JID: "bob@chat.test", Password: config.Secret{File: path}, Server: receiver},
	}
	o.SetDefaults()
	return o
}

func TestGuard(t *testing.T) {
	guard, err := netguard.New(nil)
	must(t, err)
	p, err := xmppcheck.NewMessage(options(t, "xmpp://169.254.169.254", "xmpp://169.254.169.254"), probe.Env{Guard: guard})
	probetest.Want(t, "a metadata service", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*xmppcheck.MessageOptions){
		"no address":               func(o *xmppcheck.MessageOptions) { o.Sender.JID = "alice" },
		"an address with resource": func(o *xmppcheck.MessageOptions) { o.Sender.JID = "alice@chat.test/phone" },
		"one account":              func(o *xmppcheck.MessageOptions) { o.Receiver.JID = "Alice@Chat.test" },
		"no time":                  func(o *xmppcheck.MessageOptions) { o.Within = 0 },
		"another scheme":           func(o *xmppcheck.MessageOptions) { o.Sender.Server = "https://chat.test" },
		"no URL":                   func(o *xmppcheck.MessageOptions) { o.Sender.Server = "chat.test" },
		"no version of TLS":        func(o *xmppcheck.MessageOptions) { o.TLS.Min = "9" },
	} {
		o := options(t, "", "")
		change(&o)
		if _, err := xmppcheck.NewMessage(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
	for says, o := range map[string]xmppcheck.ConversationOptions{
		"no business":     {Customer: options(t, "", "").Sender, Within: time.Second, Ask: "x"},
		"no question":     {Customer: options(t, "", "").Sender, Within: time.Second, Business: "b@chat.test"},
		"no expression":   {Customer: options(t, "", "").Sender, Within: time.Second, Business: "b@chat.test", Ask: "x", Expect: "("},
		"no customer":     {Within: time.Second, Business: "b@chat.test", Ask: "x"},
		"a negative time": {Customer: options(t, "", "").Sender, Within: -time.Second, Business: "b@chat.test", Ask: "x"},
	} {
		if _, err := xmppcheck.NewConversation(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}
