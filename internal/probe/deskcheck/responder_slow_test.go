//go:build slow

package deskcheck

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// The sample responder, as a process of its own, answers at once and later;
// runs leave nothing behind, also those whose process is killed.
func TestResponder(t *testing.T) {
	program := filepath.Join(t.TempDir(), "responder")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/outcry/outcry/examples/responder").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	start := func(args ...string) (addr string) {
		addr, _ = daemon.FreePort(t)
		daemon.Start(t, daemon.Spec{
			Program: program, Args: append(args, "--listen", addr), Ready: daemon.Answers(addr),
			Env: []string{"OUTCRY_DESK_SECRET=0123456789abcdef"},
		})
		return addr
	}
	addr := start()
	o := options(t, "http://"+addr+"/hook")
	o.Within = time.Minute
	p, err := New(o, probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	probetest.Soak(t, p, probetest.Runs(t, 10_000), addr)
	addr = start("--delay", "50ms")
	o.URL, o.Expect = "http://"+addr+"/hook", "^Hello"
	if p, err = New(o, probe.Env{}); err != nil {
		t.Fatal(err)
	}
	probetest.Want(t, "it answers later", probetest.Attempt(t, p, err), "")
	probetest.Kill(t, "conversation", fmt.Sprintf("{url: 'http://%s/hook', secret: {file: %s}, within: 1m}", addr, o.Secret.File), 5)
	probetest.Unconnected(t, addr)
	probetest.Want(t, "after the kills", probetest.Attempt(t, p, err), "")
	o.Secret = config.Plain("another secret, of another desk")
	p, err = New(o, probe.Env{})
	probetest.Want(t, "the secrets differ", probetest.Attempt(t, p, err), probe.ReasonRejected)
}
