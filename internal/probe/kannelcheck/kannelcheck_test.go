package kannelcheck

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(addr string) Options {
	var o Options
	o.SetDefaults()
	o.URL, o.User, o.Password, o.From, o.To = "http://"+addr+"/cgi-bin/sendsms", "outcry", config.Plain("s3cret99"), "123", "+1555000001"
	return o
}

func TestGatewaysThatMisbehave(t *testing.T) {
	for says, c := range map[string]struct {
		addr   string
		reason probe.Reason
	}{
		"nobody":        {probetest.ClosedPort(t), probe.ReasonRefused},
		"another page":  {probetest.Serve(t, probetest.Say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), probe.ReasonRejected},
		"a full queue":  {probetest.Serve(t, probetest.Say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")), probe.ReasonThrottled},
		"it is refused": {probetest.Serve(t, probetest.Say("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")), probe.ReasonSignIn},
		"it is taken":   {probetest.Serve(t, probetest.Say("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")), ""},
	} {
		p, err := New(options(c.addr), probe.Env{})
		probetest.Want(t, says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestOnline(t *testing.T) {
	const one = `<?xml version="1.0"?><gateway><smscs><count>2</count><smsc><id>vzw</id><status>online 12s</status></smsc><smsc><id>tmo</id><status>re-connecting</status></smsc></smscs></gateway>`
	for _, c := range []struct {
		says, body, route string
		reason            probe.Reason
	}{
		{"the link is online", one, "vzw", ""},
		{"any link is", one, "", ""},
		{"it connects again", one, "TMO", ReasonRouteDown},
		{"it is not known", one, "att", ReasonRouteDown},
		{"another page", "<html></html>", "vzw", probe.ReasonProtocol},
		{"no page", "Denied", "vzw", probe.ReasonProtocol},
	} {
		var got probe.Reason
		if err := online([]byte(c.body), c.route); err != nil {
			got = probe.Classify(err)
		}
		if got != c.reason {
			t.Errorf("%s: %q, wanted %q", c.says, got, c.reason)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options){
		"another scheme":        func(o *Options) { o.URL = "smpp://a" },
		"a secret in the URL":   func(o *Options) { o.URL = "http://a/x?password=b" },
		"a status page of ftp":  func(o *Options) { o.Status = "ftp://a" },
		"a text of two lines":   func(o *Options) { o.Text = "a\nb" },
		"a header in a number":  func(o *Options) { o.To = "1\r\nX: y" },
		"a text that is no one": func(o *Options) { o.Text = "" },
	} {
		o := options("a")
		change(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func FuzzStatusPage(f *testing.F) {
	f.Add([]byte(`<gateway><smscs><smsc><id>a</id><status>online</status></smsc></smscs></gateway>`), "a")
	f.Fuzz(func(t *testing.T, body []byte, route string) {
		if err := online(body, route); err == nil && len(body) < len("online") {
			t.Error("online from nothing")
		}
	})
}
