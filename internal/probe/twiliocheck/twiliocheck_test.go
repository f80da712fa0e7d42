package twiliocheck

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is a fake, made from Twilio's documentation of the resource Message:
// nothing here has spoken with the real one. What becomes of a message follows
// from the last two digits of its number.
type gateway struct {
	mu    sync.Mutex
	asked map[string]int
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(status, code int, text string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%d,"message":%q,"status":%d}`, code, text, status)
	}
	user, token, _ := r.BasicAuth()
	const path = "/2010-04-01/Accounts/AC1/Messages"
	switch {
	case user != "AC1" || token != "s3cret":
		fail(http.StatusUnauthorized, 20003, "Authenticate")
	case r.Method == http.MethodPost && r.URL.Path == path+".json":
		to := r.PostFormValue("To")
		if r.PostFormValue("From") != "+15550000" || r.PostFormValue("Body") == "" {
			fail(http.StatusBadRequest, 21603, "From is missing")
			return
		}
		switch to[len(to)-2:] {
		case "10":
			fail(http.StatusTooManyRequests, 20429, "Too Many Requests")
		case "11":
			fail(http.StatusBadRequest, 21211, "Invalid 'To' Phone Number")
		case "12":
			fail(http.StatusServiceUnavailable, 20500, "down")
		case "13":
			fmt.Fprint(w, `{"sid":"../../secrets","status":"queued"}`)
		default:
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"sid":"SM%s","status":"queued","error_code":null}`, strings.TrimPrefix(to, "+"))
		}
	case strings.HasPrefix(r.URL.Path, path+"/SM"):
		g.status(w, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, path+"/"), ".json"))
	default:
		fail(http.StatusNotFound, 20404, "not found")
	}
}

func (g *gateway) status(w http.ResponseWriter, sid string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[sid]++
	status, code := "sent", "null"
	if g.asked[sid] > 1 {
		switch sid[len(sid)-2:] {
		case "01", "08":
			status = "delivered"
		case "03":
			status, code = "undelivered", "30003"
		case "04":
			status, code = "undelivered", "30036"
		case "05":
			status, code = "failed", "30001"
		case "06":
			status, code = "failed", "30006"
		case "09":
			status = "canceled"
		}
	}
	fmt.Fprintf(w, `{"sid":%q,"status":%q,"error_code":%s,"error_message":"words"}`, sid, status, code)
}

func options(url, to string) Options {
	var o Options
	o.SetDefaults()
	o.URL, o.Account, o.Token, o.From, o.To, o.Poll = url+"/2010-04-01", "AC1", config.Plain("s3cret"), "+15550000", to, 100*time.Millisecond
	return o
}

func TestFates(t *testing.T) {
	s := httptest.NewServer(&gateway{asked: map[string]int{}})
	defer s.Close()
	for _, c := range []struct {
		says, to string
		reason   probe.Reason
	}{
		{"delivered", "+155501", ""},
		{"undelivered", "+155503", probe.ReasonUndelivered},
		{"expired", "+155504", probe.ReasonExpired},
		{"its queue is full", "+155505", probe.ReasonThrottled},
		{"failed", "+155506", probe.ReasonRejected},
		{"no receipt", "+155507", probe.ReasonNoReceipt},
		{"late", "+155508", probe.ReasonLate},
		{"canceled", "+155509", probe.ReasonRejected},
		{"too many requests", "+155510", probe.ReasonThrottled},
		{"a number that is none", "+155511", probe.ReasonRejected},
		{"the gateway is down", "+155512", probe.ReasonNotServing},
		{"an identifier that leads elsewhere", "+155513", probe.ReasonProtocol},
	} {
		o := options(s.URL, c.to)
		timeout := 10 * time.Second
		switch c.reason {
		case probe.ReasonNoReceipt:
			timeout = time.Second
		case probe.ReasonLate:
			o.MaxDelivery = time.Millisecond
		}
		p, err := New(o, probe.Env{})
		r := probetest.Within(t, p, err, timeout)
		probetest.Want(t, c.says, r, c.reason)
		if strings.Contains(r.Detail, "s3cret") {
			t.Error("the token is shown:", r.Detail)
		}
	}
	o := options(s.URL, "+155501")
	o.Token = config.Plain("other")
	p, err := New(o, probe.Env{})
	probetest.Want(t, "a wrong token", probetest.Attempt(t, p, err), probe.ReasonSignIn)
	o = options(s.URL, "+155507")
	o.Receipt = false
	p, err = New(o, probe.Env{})
	probetest.Want(t, "content with being taken", probetest.Attempt(t, p, err), "")
}

func TestServersThatMisbehave(t *testing.T) {
	for says, c := range map[string]struct {
		addr   string
		reason probe.Reason
	}{
		"nobody":    {probetest.ClosedPort(t), probe.ReasonRefused},
		"no JSON":   {probetest.Serve(t, probetest.Say("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")), probe.ReasonProtocol},
		"redirects": {probetest.Serve(t, probetest.Say("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")), probe.ReasonProtocol},
	} {
		p, err := New(options("http://"+c.addr, "+155501"), probe.Env{})
		probetest.Want(t, says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options){
		"another scheme": func(o *Options) { o.URL = "ftp://a" },
		"no text":        func(o *Options) { o.Text = "" },
		"a hasty poll":   func(o *Options) { o.Poll = time.Millisecond },
		"parameters":     func(o *Options) { o.URL = "https://a?b" },
	} {
		o := options("https://a", "+1")
		change(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}
