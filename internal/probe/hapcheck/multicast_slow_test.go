//go:build slow

package hapcheck

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// namespace is a network of its own: a machine, as far as addresses go.
type namespace string

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func newNamespace(t *testing.T, name string) namespace {
	t.Helper()
	n := namespace(fmt.Sprintf("outcry-%s-%d", name, os.Getpid()))
	run(t, "netns", "add", string(n))
	t.Cleanup(func() { exec.Command("ip", "netns", "del", string(n)).Run() })
	return n
}

// plug gives a namespace an address on one end of a cable, and a way out.
func (n namespace) plug(t *testing.T, device, address string) {
	t.Helper()
	run(t, "link", "set", device, "netns", string(n), "name", "lan")
	run(t, "-n", string(n), "addr", "add", address, "dev", "lan")
	run(t, "-n", string(n), "link", "set", "lo", "up")
	run(t, "-n", string(n), "link", "set", "lan", "up")
	run(t, "-n", string(n), "route", "add", "default", "dev", "lan")
}

// inside does something on a thread that is in the namespace, and is thrown away.
func (n namespace) inside(t *testing.T, do func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		f, err := os.Open("/run/netns/" + string(n))
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("in the namespace %s: %v", n, err)
	}
}

// said is what a process has.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.Contains(s.text.String(), "READY") {
		return errors.New("it has not said that it is ready")
	}
	return nil
}

// The accessory and the check are on two machines, joined by a cable: it is
// asked for by its identifier, over multicast as it is, and switched.
func TestFoundByMulticast(t *testing.T) {
	if os.Getuid() != 0 {
		daemon.Missing(t, "only root can make network namespaces")
	}
	daemon.Find(t, "ip", "apt-get install iproute2")
	modules := daemon.NodeModules(t, "hap-nodejs")
	there, here := newNamespace(t, "lamp"), newNamespace(t, "check")
	one, two := fmt.Sprintf("oa%d", os.Getpid()), fmt.Sprintf("ob%d", os.Getpid())
	run(t, "link", "add", one, "type", "veth", "peer", "name", two)
	there.plug(t, one, "10.78.0.1/24")
	here.plug(t, two, "10.78.0.2/24")

	guard, err := netguard.New([]string{"10.78.0.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	try := func(says string, id string, timeout time.Duration, want probe.Reason) probe.Result {
		var r probe.Result
		here.inside(t, func() {
			p, err := New(options(func(o *Options) { o.ID, o.SetupCode = id, config.Plain(setupCode) }), probe.Env{Data: data, Guard: guard})
			r = probetest.Within(t, p, err, timeout)
		})
		probetest.Want(t, says, r, want)
		return r
	}
	const id = "AA:BB:CC:DD:EE:01"
	try("nobody is there yet", id, time.Second, ReasonNotDiscovered)

	script, err := filepath.Abs("testdata/accessory.js")
	if err != nil {
		t.Fatal(err)
	}
	var log said
	folder := t.TempDir()
	lamp := daemon.Start(t, daemon.Spec{
		Program: "ip", Needs: "apt-get install iproute2", Stdout: &log, Ready: log.ready, Env: []string{"NODE_PATH=" + modules},
		Args: []string{"netns", "exec", string(there), "node", script, "51826", folder, filepath.Join(folder, "mode"), "1", "10.78.0.1"},
	})
	r := try("found, paired and switched", id, time.Minute, "")
	if got := probetest.Steps(r); !strings.HasPrefix(got, "discover connect pair") || !strings.HasSuffix(got, "event restore") {
		t.Error(got)
	}
	if d := r.Steps[0].Detail; !strings.Contains(d, "10.78.0.1:51826") {
		t.Errorf("it was found at %q", d)
	}
	try("found again", id, time.Minute, "")
	try("another one is not there", "AA:BB:CC:DD:EE:02", time.Second, ReasonNotDiscovered)
	run(t, "-n", string(there), "link", "set", "lan", "down")
	try("its cable is pulled", id, time.Second, ReasonNotDiscovered)
	run(t, "-n", string(there), "link", "set", "lan", "up")
	lamp.Stop()
	try("it is switched off", id, time.Second, ReasonNotDiscovered)
}
