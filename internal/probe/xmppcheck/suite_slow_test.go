//go:build slow

package xmppcheck_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/xmppcheck"
	"github.com/outcry/outcry/internal/testutil/daemon"
	"github.com/outcry/outcry/internal/xmpp"
)

// peer is a real server, whose users have their names as passwords.
type peer struct {
	env                    probe.Env
	host                   string // a domain on which nothing is wrong
	addr, port             string // with STARTTLS
	directAddr, directPort string
	process                *daemon.Process
	secrets                string
	ca                     string // file
	runs                   int    // that every check has in a row
	sessions               bool   // the server's own count of them can be asked for
	lax                    bool   // it can bind, hears that it does not seem to, and lets us in: against RFC 5802
}

func newPeer(t *testing.T, dir string, names ...string) *peer {
	p := &peer{secrets: t.TempDir(), runs: 100}
	authority := probetest.NewAuthority(t)
	p.env = probe.Env{Roots: authority.Pool}
	p.ca, _, _ = authority.Files(t, dir, names...)
	p.addr, p.port = daemon.FreePort(t)
	p.directAddr, p.directPort = daemon.FreePort(t)
	for _, name := range []string{"alice", "bob", "desk", "wrong"} {
		must(t, os.WriteFile(p.secrets+"/"+name, []byte(name+"\n"), 0o600))
	}
	return p
}

func (p *peer) account(user, host string) xmppcheck.Account {
	return xmppcheck.Account{JID: user + "@" + host, Password: config.Secret{File: p.secrets + "/" + user}, Server: "xmpp://" + p.addr}
}

func (p *peer) options(host string) xmppcheck.MessageOptions {
	var o xmppcheck.MessageOptions
	o.SetDefaults()
	o.Sender, o.Receiver = p.account("alice", host), p.account("bob", host)
	return o
}

func newMessage(o xmppcheck.MessageOptions, env probe.Env) (probe.Prober, error) {
	return xmppcheck.NewMessage(o, env)
}

// suite is what every server must do.
func suite(t *testing.T, p *peer) {
	for _, c := range []struct {
		says   string
		change func(*xmppcheck.MessageOptions)
		reason probe.Reason
	}{
		{"a message arrives and its receipt returns", func(*xmppcheck.MessageOptions) {}, ""},
		{"TLS from the first byte", func(o *xmppcheck.MessageOptions) {
			o.Sender.Server, o.Receiver.Server = "xmpps://"+p.directAddr, "xmpps://"+p.directAddr
		}, ""},
		{"no receipt is wanted", func(o *xmppcheck.MessageOptions) { o.Receipt = false }, ""},
		{"the sender's password is wrong", func(o *xmppcheck.MessageOptions) { o.Sender.Password.File = p.secrets + "/wrong" }, probe.ReasonSignIn},
		{"the receiver's password is wrong", func(o *xmppcheck.MessageOptions) { o.Receiver.Password.File = p.secrets + "/wrong" }, probe.ReasonSignIn},
		{"the receiver has no account", func(o *xmppcheck.MessageOptions) { o.Receiver.JID = "nobody@" + p.host }, probe.ReasonSignIn},
		{"the server does not know the domain", func(o *xmppcheck.MessageOptions) {
			o.Sender.JID, o.Receiver.JID, o.TLS.ServerName = "alice@elsewhere.test", "bob@elsewhere.test", p.host
		}, probe.ReasonRejected},
		{"the certificate is for other names", func(o *xmppcheck.MessageOptions) { o.TLS.ServerName = "other.test" }, probe.ReasonTLSHostname},
		{"a password cannot be read", func(o *xmppcheck.MessageOptions) { o.Sender.Password.File = p.secrets + "/none" }, probe.ReasonInternal},
	} {
		o := p.options(p.host)
		c.change(&o)
		prober, err := newMessage(o, p.env)
		r := probetest.Attempt(t, prober, err)
		probetest.Want(t, c.says, r, c.reason)
		for _, s := range r.Steps {
			if strings.Contains(s.Detail+s.Err, "alice\x00") {
				t.Errorf("%s: the step %s shows a password", c.says, s.Name)
			}
		}
	}
	untrusting := p.env
	untrusting.Roots = probetest.NewAuthority(t).Pool
	prober, err := newMessage(p.options(p.host), untrusting)
	probetest.Want(t, "nobody whom we trust signed the certificate", probetest.Attempt(t, prober, err), probe.ReasonTLSChain)
	t.Run("bindings", func(t *testing.T) { bindings(t, p) })
	t.Run("runs", func(t *testing.T) { manyRuns(t, p) })
	offlineAfterwards(t, p)
	t.Run("conversations", func(t *testing.T) { conversations(t, p) })
}

// manyRuns sees that runs leave nothing behind, here or at the server, nor do
// runs that are killed, after which the next one is as good as any.
func manyRuns(t *testing.T, p *peer) {
	o := p.options(p.host)
	o.Within = time.Minute
	prober, err := newMessage(o, p.env)
	must(t, err)
	probetest.Soak(t, prober, probetest.Runs(t, p.runs), p.addr, p.directAddr)
	p.empty(t)
	probetest.Kill(t, "message", fmt.Sprintf("{sender: %s, receiver: %s, within: 1m, tls: {ca: %s}}", p.yaml("alice"), p.yaml("bob"), p.ca), 5)
	p.empty(t)
	r := probe.Attempt(context.Background(), prober, 10*time.Second)
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	want := strings.Fields("receiver_connect receiver_stream receiver_starttls receiver_tls receiver_sign-in receiver_bind " +
		"sender_connect sender_stream sender_starttls sender_tls sender_sign-in sender_bind send deliver receipt")
	for i := range want {
		want[i] = strings.Replace(want[i], "_", " ", 1)
	}
	if !slices.Equal(names, want) {
		t.Errorf("the steps are %q, wanted %q", names, want)
	}
}

func (p *peer) yaml(user string) string {
	return fmt.Sprintf("{jid: %s@%s, password: {file: %s/%s}, server: 'xmpp://%s'}", user, p.host, p.secrets, user, p.addr)
}

// empty sees that nobody is online, by the server's connections and by its own
// count, which it gives to whoever is signed in.
func (p *peer) empty(t *testing.T) {
	t.Helper()
	probetest.Unconnected(t, p.addr, p.directAddr)
	if !p.sessions {
		return
	}
	c, _, _ := p.signIn(t, "desk")
	defer c.Close()
	host, err := xmpp.ParseJID(p.host)
	must(t, err)
	probetest.Eventually(t, "nobody but the one who asks is online", func() bool {
		must(t, c.Send(xmpp.Message{To: host, ID: "count", Body: "how many?"}))
		s := <-c.Stanzas()
		must(t, s.Err)
		return s.Body() == "1"
	})
}

// offlineAfterwards sees that no account is online after a run, nor after the
// connections were cut, as a kill cuts them: the server has nobody to deliver to.
func offlineAfterwards(t *testing.T, p *peer) {
	prober, err := newMessage(p.options(p.host), p.env)
	must(t, err)
	r := probe.Attempt(context.Background(), prober, 10*time.Second)
	for _, s := range r.Steps {
		if s.Name == "receiver bind" {
			if !p.gone(t, s.Detail) {
				t.Errorf("%s is online after the run", s.Detail)
			}
			return
		}
	}
	t.Errorf("the run did not sign in: %s", r.Summary())
}

// client is what TLS from the first byte needs.
func (p *peer) client() *tls.Config {
	return &tls.Config{RootCAs: p.env.Roots, ServerName: p.host, NextProtos: []string{"xmpp-client"}}
}

// signIn makes a client of the test's own.
func (p *peer) signIn(t *testing.T, user string) (*xmpp.Client, xmpp.JID, net.Conn) {
	t.Helper()
	raw, err := net.Dial("tcp", p.directAddr)
	must(t, err)
	must(t, raw.SetDeadline(time.Now().Add(30*time.Second)))
	conn := tls.Client(raw, p.client())
	must(t, conn.Handshake())
	c := xmpp.NewClient(conn, p.host)
	must(t, c.Open())
	_, err = c.SignIn(user, user)
	must(t, err)
	me, err := c.Bind("test")
	must(t, err)
	must(t, c.Present("-1"))
	return c, me, raw
}

// gone asks the server whether an account is offline: a message to it is
// refused then. A server may take a moment to notice.
func (p *peer) gone(t *testing.T, full string) bool {
	to, err := xmpp.ParseJID(full)
	must(t, err)
	c, _, _ := p.signIn(t, "desk")
	defer c.Close()
	stanzas := c.Stanzas()
	for try := range 50 {
		id := fmt.Sprint("try-", try)
		must(t, c.Send(xmpp.Message{To: to, ID: id, Body: "there?", Fleeting: true}))
		select {
		case s := <-stanzas:
			must(t, s.Err)
			if s.Refusal() != nil {
				return true
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false
}

// A client whose process was killed has said no goodbye.
func killed(t *testing.T, p *peer) {
	c, me, raw := p.signIn(t, "bob")
	raw.Close()
	if !p.gone(t, me.String()) {
		t.Error("the account is online after its connection was cut")
	}
	c.Close()
}

// conversations has a desk that answers, and one that does not.
func conversations(t *testing.T, p *peer) {
	killed(t, p)
	manyConversations(t, p)
	me, leave := p.desk(t)
	defer leave()
	for _, c := range []struct {
		says, ask, expect string
		business          string
		within            time.Duration
		reason            probe.Reason
	}{
		{"it answers", "hello", "^Hello", me.String(), 10 * time.Second, ""},
		{"it answers something else", "hello", "^Goodbye", me.String(), 10 * time.Second, probe.ReasonWrongAnswer},
		{"it does not answer", "silence", "", me.String(), 10 * time.Second, probe.ReasonNobodyAnswered},
		{"it answers late", "slow", "", me.String(), 200 * time.Millisecond, probe.ReasonAnsweredLate},
		{"there is no such business", "hello", "", "none@" + p.host, 10 * time.Second, probe.ReasonRejected},
	} {
		prober, err := xmppcheck.NewConversation(xmppcheck.ConversationOptions{
			Customer: p.account("alice", p.host), Business: c.business, Ask: c.ask, Expect: c.expect, Within: c.within,
		}, p.env)
		timeout := 10 * time.Second
		if c.reason == probe.ReasonNobodyAnswered {
			timeout = 2 * time.Second
		}
		probetest.Want(t, c.says, probetest.Within(t, prober, err, timeout), c.reason)
	}
}

// desk signs in a desk that answers, until it is told to leave.
func (p *peer) desk(t *testing.T) (me xmpp.JID, leave func()) {
	desk, me, raw := p.signIn(t, "desk")
	must(t, raw.SetDeadline(time.Time{}))
	var answering sync.WaitGroup
	answering.Go(func() {
		for s := range desk.Stanzas() {
			if s.Attr("type") == "error" {
				continue // an answer come back, with its body, from a customer that was killed: RFC 6120, 8.3.1
			}
			switch s.Body() {
			case "":
			case "silence":
			case "slow":
				time.AfterFunc(time.Second, func() { desk.Send(xmpp.Message{To: s.From(), ID: "a", Body: "sorry", Thread: s.Thread()}) })
			default:
				desk.Send(xmpp.Message{To: s.From(), ID: "x", Body: "of another conversation", Thread: "other"})
				desk.Send(xmpp.Message{To: s.From(), ID: "a", Body: "Hello, this is the desk.", Thread: s.Thread()})
			}
		}
	})
	return me, func() { desk.Close(); answering.Wait() }
}

// manyConversations has a desk that answers asked often, and by processes that
// are killed.
func manyConversations(t *testing.T, p *peer) {
	options := xmppcheck.ConversationOptions{Customer: p.account("alice", p.host), Ask: "hello", Within: time.Minute}
	const shift = 500 // of a desk: a client reads no more than so much in its life
	for left := probetest.Runs(t, p.runs); left > 0; left -= shift {
		me, leave := p.desk(t)
		options.Business = me.String()
		prober, err := xmppcheck.NewConversation(options, p.env)
		must(t, err)
		probetest.Soak(t, prober, min(left, shift))
		leave()
		probetest.Unconnected(t, p.addr, p.directAddr)
	}
	me, leave := p.desk(t)
	defer leave()
	options.Business = me.String()
	probetest.Kill(t, "conversation", fmt.Sprintf("{customer: %s, business: %s, within: 1m, tls: {ca: %s}}", p.yaml("alice"), me, p.ca), 5)
	probetest.Unconnected(t, p.addr)
	prober, err := xmppcheck.NewConversation(options, p.env)
	probetest.Want(t, "after the kills", probetest.Attempt(t, prober, err), "")
}
