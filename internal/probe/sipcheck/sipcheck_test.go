package sipcheck_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sipcheck"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"check": probe.TypeOf(sipcheck.New)})
}

// options are those of a short check, with the defaults.
func options(to string, set ...func(*sipcheck.Options)) sipcheck.Options {
	var o sipcheck.Options
	o.SetDefaults()
	o.To, o.Talk = to, 300*time.Millisecond
	for _, s := range set {
		s(&o)
	}
	return o
}

func attempt(t *testing.T, o sipcheck.Options, env probe.Env, timeout time.Duration) probe.Result {
	t.Helper()
	p, err := sipcheck.New(o, env)
	return probetest.Within(t, p, err, timeout)
}

// uas is a user agent of a test's own: it gives each request to the function,
// which answers in text or not at all.
func uas(t *testing.T, answer func(request string, send func(string))) string {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			answer(string(buf[:n]), func(text string) { c.WriteToUDP([]byte(text), from) })
		}
	}()
	return "sip:echo@" + c.LocalAddr().String()
}

// reply makes an answer to a request, with its own headers.
func reply(request, status string, more ...string) string {
	lines := []string{"SIP/2.0 " + status}
	for _, l := range strings.Split(request, "\r\n") {
		name, _, _ := strings.Cut(l, ":")
		switch strings.ToLower(name) {
		case "via", "from", "call-id", "cseq":
			lines = append(lines, l)
		case "to":
			lines = append(lines, l+";tag=other")
		}
	}
	body := ""
	for _, m := range more {
		if strings.HasPrefix(m, "v=0") {
			body = m
			continue
		}
		lines = append(lines, m)
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	return strings.Join(lines, "\r\n") + "\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

func itoa(n int) string {
	return strings.TrimLeft(string([]byte{byte('0' + n/1000%10), byte('0' + n/100%10), byte('0' + n/10%10)}), "0") + string([]byte{byte('0' + n%10)})
}

func method(request string) string { m, _, _ := strings.Cut(request, " "); return m }

func refuse(status string) func(string, func(string)) {
	return func(request string, send func(string)) {
		if method(request) != "ACK" {
			send(reply(request, status))
		}
	}
}

const sound = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		says   string
		answer func(string, func(string))
		reason probe.Reason
	}{
		{"busy here", refuse("486 Busy Here"), sipcheck.ReasonBusy},
		{"busy everywhere", refuse("600 Busy Everywhere"), sipcheck.ReasonBusy},
		{"declined", refuse("603 Decline"), sipcheck.ReasonDeclined},
		{"forbidden", refuse("403 Forbidden"), sipcheck.ReasonDeclined},
		{"not there now", refuse("480 Temporarily Unavailable"), sipcheck.ReasonNoAnswer},
		{"no such number", refuse("404 Not Found"), sipcheck.ReasonNotFound},
		{"no codec in common", refuse("488 Not Acceptable Here"), sipcheck.ReasonNoCodec},
		{"overloaded", refuse("503 Service Unavailable"), sipcheck.ReasonServerError},
		{"something else", refuse("420 Bad Extension"), probe.ReasonStatus},
		{"moved", refuse("302 Moved Temporarily"), probe.ReasonStatus},
		{"credentials are wanted, and there are none", refuse("401 Unauthorized"), probe.ReasonSignIn},
		{"silent", func(string, func(string)) {}, probe.ReasonTimeout},
		{"stalls after 100", func(r string, send func(string)) {
			if method(r) == "INVITE" {
				send(reply(r, "100 Trying"))
			}
		}, sipcheck.ReasonStalled},
		{"rings for ever", func(r string, send func(string)) {
			if method(r) == "INVITE" {
				send(reply(r, "180 Ringing"))
			}
		}, sipcheck.ReasonNoAnswer},
		{"sends garbage", func(_ string, send func(string)) { send("\x00\x01 what is this\r\n\r\n") }, probe.ReasonProtocol},
		{"an answer to somebody else", func(r string, send func(string)) {
			send(reply(strings.Replace(r, "branch=z9hG4bK", "branch=z9hG4bKx", 1), "200 OK", sound))
		}, probe.ReasonTimeout},
		{"answers without sound", func(r string, send func(string)) {
			if method(r) != "ACK" {
				send(reply(r, "200 OK", sound))
			}
		}, sipcheck.ReasonNoMedia},
		{"answers with another codec", func(r string, send func(string)) {
			if method(r) != "ACK" {
				send(reply(r, "200 OK", strings.Replace(sound, "AVP 0", "AVP 18", 1)))
			}
		}, sipcheck.ReasonNoCodec},
		{"answers with no session description", func(r string, send func(string)) {
			if method(r) != "ACK" {
				send(reply(r, "200 OK"))
			}
		}, probe.ReasonProtocol},
		{"a session description that is none", func(r string, send func(string)) {
			if method(r) != "ACK" {
				send(reply(r, "200 OK", "v=0 what?"))
			}
		}, probe.ReasonProtocol},
		{"sends us to the cloud's metadata for sound", func(r string, send func(string)) {
			if method(r) != "ACK" {
				send(reply(r, "200 OK", strings.Replace(sound, "c=IN IP4 127.0.0.1", "c=IN IP4 169.254.169.254", 1)))
			}
		}, probe.ReasonBlocked},
		{"does not answer the BYE", func(r string, send func(string)) {
			if method(r) == "INVITE" {
				send(reply(r, "200 OK", sound))
			}
		}, sipcheck.ReasonNoMedia},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			switch c.reason {
			case probe.ReasonTimeout, sipcheck.ReasonStalled, probe.ReasonProtocol, sipcheck.ReasonNoAnswer:
				timeout = 800 * time.Millisecond
			case sipcheck.ReasonNoMedia:
				timeout = 3 * time.Second
			}
			probetest.Want(t, c.says, attempt(t, options(uas(t, c.answer)), probe.Env{}, timeout), c.reason)
		})
	}
}

// What is open is closed: the other side must have been told.
func TestNothingIsLeftOpen(t *testing.T) {
	for _, c := range []struct {
		says    string
		invited []string // what an INVITE is answered with
		want    string
		cancel  bool // the attempt is called off, as at a shutdown
	}{
		{"a call without sound is hung up", []string{"200 OK"}, "BYE", false},
		{"a call that rings is cancelled at the end of the time", []string{"180 Ringing"}, "CANCEL", false},
		{"a call that was taken on is cancelled", []string{"100 Trying"}, "CANCEL", false},
		{"a call is cancelled at a shutdown", []string{"180 Ringing"}, "CANCEL", true},
		{"a call is hung up at a shutdown", []string{"100 Trying", "200 OK"}, "BYE", true},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			told, began := make(chan string, 100), make(chan struct{}, 100)
			to := uas(t, func(r string, send func(string)) {
				switch m := method(r); m {
				case "INVITE":
					for _, status := range c.invited {
						send(reply(r, status, sound))
					}
					began <- struct{}{}
				case "CANCEL":
					send(reply(r, "200 OK"))
					send(reply(strings.ReplaceAll(r, "CANCEL", "INVITE"), "487 Request Terminated"))
					told <- m
				case "BYE", "ACK":
					send(reply(r, "200 OK"))
					told <- m
				}
			})
			p, err := sipcheck.New(options(to, func(o *sipcheck.Options) { o.Talk = 5 * time.Second }), probe.Env{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.cancel {
				go func() { <-began; cancel() }()
			}
			r := probe.Attempt(ctx, p, time.Second+time.Duration(len(c.invited))*100*time.Millisecond)
			if r.Outcome == outcry.Good {
				t.Error(r.Summary())
			}
			for end := time.After(10 * time.Second); ; {
				select {
				case m := <-told:
					if m == c.want {
						return
					}
				case <-end:
					t.Fatalf("%s: no %s came; %s", c.says, c.want, r.Summary())
				}
			}
		})
	}
}

func TestStreams(t *testing.T) {
	tcp := func(serve func(net.Conn)) string { return "sip:echo@" + probetest.Serve(t, serve) + ";transport=tcp" }
	for _, c := range []struct {
		says   string
		to     string
		reason probe.Reason
	}{
		{"nobody listens", "sip:echo@" + probetest.ClosedPort(t) + ";transport=tcp", probe.ReasonRefused},
		{"nobody listens at the datagram port", "sip:echo@" + probetest.ClosedPort(t), probe.ReasonRefused},
		{"stalls", tcp(probetest.Stall), probe.ReasonTimeout},
		{"hangs up", tcp(probetest.CloseAfterRequest), probe.ReasonReset},
		{"sends garbage", tcp(probetest.Garbage), probe.ReasonProtocol},
		{"speaks HTTP", tcp(probetest.Say("HTTP/1.1 400 Bad Request\r\n\r\n")), probe.ReasonProtocol},
		{"a line without end", tcp(probetest.Flood("SIP/2.0 200 ")), probe.ReasonTooLarge},
		{"a header without end", tcp(probetest.Flood("SIP/2.0 200 OK\r\nSubject: ")), probe.ReasonTooLarge},
		{"a body of gigabytes", tcp(probetest.Flood("SIP/2.0 200 OK\r\nContent-Length: 4000000000\r\n\r\n")), probe.ReasonProtocol},
		{"does not speak TLS", "sips:echo@" + probetest.Serve(t, probetest.Garbage), probe.ReasonTLS},
	} {
		timeout := probetest.Patience(c.reason)
		r := attempt(t, options(c.to), probe.Env{}, timeout)
		if c.reason == probe.ReasonProtocol && r.Reason == probe.ReasonTooLarge {
			c.reason = r.Reason // which of the two depends on how much came at once
		}
		probetest.Want(t, c.says, r, c.reason)
	}
}

func TestTheGuardIsAsked(t *testing.T) {
	r := attempt(t, options("sip:echo@192-168-0-1.example"), probe.Env{Resolver: broken()}, 2*time.Second)
	if r.Outcome == outcry.Good {
		t.Error(r.Summary())
	}
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r = attempt(t, options("sip:echo@169.254.169.254"), probe.Env{Guard: guard}, 2*time.Second)
	probetest.Want(t, "the metadata service is never called", r, probe.ReasonBlocked)
}

func broken() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
}

func TestNewRefuses(t *testing.T) {
	secret := config.Plain("x")
	for _, o := range []sipcheck.Options{
		{}, options(""), options("echo@example.com"), options("http://example.com"), options("sip:"), options("sip:a:b@example.com"),
		options("sip:a@b\r\nX: y"),
		options("sip:a@b", func(o *sipcheck.Options) { o.Transport = "sctp" }),
		options("sip:a@b", func(o *sipcheck.Options) { o.Expect = "miracles" }),
		options("sip:a@b", func(o *sipcheck.Options) { o.Talk = time.Hour }),
		options("sip:a@b", func(o *sipcheck.Options) { o.MinMOS = 5 }),
		options("sip:a@b", func(o *sipcheck.Options) { o.MaxLoss = 101 }),
		options("sip:a@b", func(o *sipcheck.Options) { o.MaxTrip = -1 }),
		options("sip:a@b", func(o *sipcheck.Options) { o.Server = "x:99999" }),
		options("sip:a@b", func(o *sipcheck.Options) { o.From = "a b" }),
		options("sip:a@b", func(o *sipcheck.Options) { o.Register = true }),
		options("", func(o *sipcheck.Options) { o.Register, o.User, o.Password = true, "u", secret }),
		options("sips:a@b", func(o *sipcheck.Options) { o.TLS.Min = "9" }),
	} {
		if _, err := sipcheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestReasonsAreWords(t *testing.T) {
	seen := map[probe.Reason]bool{}
	for _, r := range append(probe.Reasons(), sipcheck.Reasons()...) {
		if seen[r] || strings.ToLower(string(r)) != string(r) || strings.ContainsAny(string(r), " _") {
			t.Errorf("%q", r)
		}
		seen[r] = true
	}
}
