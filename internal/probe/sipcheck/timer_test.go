package sipcheck_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sipcheck"
)

// header is the value of a request's header; "" when it has none.
func header(request, name string) string {
	for line := range strings.SplitSeq(request, "\r\n") {
		if title, value, _ := strings.Cut(line, ": "); strings.EqualFold(title, name) {
			return value
		}
	}
	return ""
}

// A call asks for a session timer, and for a longer one where the server wants
// that.
func TestSessionTimer(t *testing.T) {
	for _, c := range []struct {
		says, wanted string // of the server: the least
		second       string // Session-Expires of another INVITE; "" for none
		reason       probe.Reason
	}{
		{"the server takes it", "", "", sipcheck.ReasonBusy},
		{"the server wants a longer one", "1800", "1800;refresher=uac", sipcheck.ReasonBusy},
		{"the server wants one for days", "864000", "", probe.ReasonStatus},
		{"the server wants a shorter one, which makes no sense", "60", "", probe.ReasonStatus},
		{"the server wants what is no number", "99999999999999999999", "", probe.ReasonStatus},
		{"the server does not say what it wants", "none", "", probe.ReasonStatus},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 10)
			to := uas(t, func(r string, send func(string)) {
				if method(r) != "INVITE" {
					return
				}
				asked <- header(r, "Session-Expires")
				switch {
				case c.wanted == "" || header(r, "CSeq") != "1 INVITE":
					send(reply(r, "486 Busy Here"))
				case c.wanted == "none":
					send(reply(r, "422 Session Interval Too Small"))
				default:
					send(reply(r, "422 Session Interval Too Small", "Min-SE: "+c.wanted))
				}
			})
			probetest.Want(t, c.says, attempt(t, options(to), probe.Env{}, 10*time.Second), c.reason)
			if got := <-asked; got != "180;refresher=uac" {
				t.Errorf("the first asks for %q", got)
			}
			second := ""
			if len(asked) > 0 {
				second = <-asked
			}
			if second != c.second {
				t.Errorf("the second asks for %q", second)
			}
		})
	}
}

// A sign-in lasts as long as the registrar wants at least, within reason, and is
// taken back all the same.
func TestBindingThatIsTooBrief(t *testing.T) {
	for _, c := range []struct {
		says, wanted string
		asked        string // Expires of each REGISTER
		reason       probe.Reason
	}{
		{"the registrar takes a minute", "", "60 0", ""},
		{"it wants an hour", "3600", "60 3600 0", ""},
		{"it wants days", "864000", "60", probe.ReasonStatus},
		{"it wants less, which makes no sense", "30", "60", probe.ReasonStatus},
		{"it wants what is no number", "soon", "60", probe.ReasonStatus},
		{"it does not say what it wants", "none", "60", probe.ReasonStatus},
		{"it is never content", "again", "60 120", probe.ReasonStatus},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 10)
			to := uas(t, func(r string, send func(string)) {
				lasts := header(r, "Expires")
				asked <- lasts
				switch {
				case c.wanted == "none":
					send(reply(r, "423 Interval Too Brief"))
				case c.wanted == "again":
					n, _ := strconv.Atoi(lasts)
					send(reply(r, "423 Interval Too Brief", "Min-Expires: "+strconv.Itoa(2*n)))
				case c.wanted == "" || lasts == "0" || lasts == c.wanted:
					send(reply(r, "200 OK"))
				default:
					send(reply(r, "423 Interval Too Brief", "Min-Expires: "+c.wanted))
				}
			})
			server := strings.TrimPrefix(to, "sip:echo@")
			o := options("", func(o *sipcheck.Options) {
				o.Server, o.Register, o.User, o.Password = server, true, "alice", config.Plain("x")
			})
			probetest.Want(t, c.says, attempt(t, o, probe.Env{}, 10*time.Second), c.reason)
			var all []string
			for len(asked) > 0 {
				all = append(all, <-asked)
			}
			if got := strings.Join(all, " "); got != c.asked {
				t.Errorf("it asked for %q, wanted %q", got, c.asked)
			}
		})
	}
}
