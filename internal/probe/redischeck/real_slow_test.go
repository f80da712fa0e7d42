//go:build slow

package redischeck

import (
	"net"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

func TestAgainstRedis(t *testing.T) {
	addr, port := daemon.FreePort(t)
	server := daemon.Start(t, daemon.Spec{
		Program: "redis-server", Needs: "apt-get install redis-server", Ready: daemon.Answers(addr),
		Args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", "s3cret", "--databases", "4"},
	})
	o := options(addr + "/3")
	o.Password = config.Plain("s3cret")
	p, err := New(o, probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "a round trip", r, "")
	var b strings.Builder
	if err := r.Format(&b); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"connect", "auth", "select", "set", "get", "delete"} {
		if !strings.Contains(b.String(), step) {
			t.Errorf("no step %s in\n%s", step, &b)
		}
	}
	ping := o
	ping.Write = false
	p, err = New(ping, probe.Env{})
	probetest.Want(t, "a ping", probetest.Attempt(t, p, err), "")
	wrong := o
	wrong.Password = config.Plain("other")
	p, err = New(wrong, probe.Env{})
	probetest.Want(t, "a wrong password", probetest.Attempt(t, p, err), probe.ReasonSignIn)
	p, err = New(options(addr), probe.Env{})
	probetest.Want(t, "no password", probetest.Attempt(t, p, err), probe.ReasonSignIn)
	far := o
	far.URL = "redis://" + addr + "/9"
	p, err = New(far, probe.Env{})
	probetest.Want(t, "a database that is not there", probetest.Attempt(t, p, err), probe.ReasonQuery)

	tell(t, addr, "AUTH", "s3cret")
	p, err = New(o, probe.Env{})
	tell(t, addr, "CONFIG", "SET", "maxmemory", "1")
	probetest.Want(t, "no memory left", probetest.Attempt(t, p, err), probe.ReasonNotServing)
	tell(t, addr, "CONFIG", "SET", "maxmemory", "0")
	probetest.Want(t, "and again", probetest.Attempt(t, p, nil), "")
	stumbles(t, addr, o)
	server.Stop()
	probetest.Want(t, "stopped", probetest.Attempt(t, p, nil), probe.ReasonRefused)
}

// tell has the server do something.
func tell(t *testing.T, addr string, args ...string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, line := range [][]string{{"AUTH", "s3cret"}, args} {
		if _, err := c.Write(command(line...)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
}
