package redischeck

import (
	"bufio"
	"io"
	"net"
	"strings"
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
	o.URL = "redis://" + addr
	return o
}

// says gives a server that answers with these lines, one a command.
func says(lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 4096)
		for _, l := range lines {
			if _, err := c.Read(buf); err != nil {
				return
			}
			io.WriteString(c, l) //nolint:errcheck // the client tells
		}
		probetest.Stall(c)
	}
}

func TestServersThatMisbehave(t *testing.T) {
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, probe.ReasonTimeout},
		{"it hangs up at once", probetest.Close, probe.ReasonReset},
		{"it hangs up when asked", probetest.CloseAfterRequest, probe.ReasonReset},
		{"garbage", probetest.Garbage, probe.ReasonProtocol},
		{"HTTP", probetest.Say("HTTP/1.1 400 Bad Request\r\n\r\n"), probe.ReasonProtocol},
		{"a line without end", probetest.Flood("+"), probe.ReasonTooLarge},
		{"a value of a gigabyte", says("+OK\r\n", "$1073741824\r\n"), probe.ReasonTooLarge},
		{"a value that is longer than it says", says("+OK\r\n", "$1\r\nabc"), probe.ReasonProtocol},
		{"a negative length", says("+OK\r\n", "$-7\r\n"), probe.ReasonProtocol},
		{"it stalls at the second command", says("+OK\r\n"), probe.ReasonTimeout},
		{"it forgets what was written", says("+OK\r\n", "$-1\r\n", ":0\r\n"), probe.ReasonAnswer},
		{"it gives back something else", says("+OK\r\n", "$1\r\nx\r\n", ":1\r\n"), probe.ReasonAnswer},
		{"it is loading", says("-LOADING Redis is loading the dataset in memory\r\n"), probe.ReasonNotServing},
		{"it is a replica", says("-READONLY You can't write against a read only replica.\r\n"), probe.ReasonNotServing},
		{"it has no room for us", says("-ERR max number of clients reached\r\n"), probe.ReasonNotServing},
		{"it wants a password", says("-NOAUTH Authentication required.\r\n"), probe.ReasonSignIn},
		{"it does not know the command", says("-ERR unknown command\r\n"), probe.ReasonQuery},
	} {
		p, err := New(options(probetest.Serve(t, c.serve)), probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
	p, err := New(options(probetest.ClosedPort(t)), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

func TestSecretsAreNotShown(t *testing.T) {
	o := options(probetest.Serve(t, says("-WRONGPASS invalid username-password pair\r\n")))
	o.User, o.Password = "ann", config.Plain("hunter2hunter2")
	p, err := New(o, probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "a wrong password", r, probe.ReasonSignIn)
	var b strings.Builder
	if err := r.Format(&b); err != nil || strings.Contains(b.String(), "hunter2") {
		t.Errorf("%v %s", err, &b)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, url := range []string{"http://a", "redis://a/x", "redis://:secret@a", "redis://a:99999"} {
		if _, err := New(Options{URL: url}, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"+OK\r\n", "-ERR x\r\n", ":1\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*1\r\n", "$99999999999\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := answer(bufio.NewReaderSize(strings.NewReader(s), maxLine))
		if err == nil && len(got) > len(s) {
			t.Errorf("%d bytes of %d", len(got), len(s))
		}
	})
}
