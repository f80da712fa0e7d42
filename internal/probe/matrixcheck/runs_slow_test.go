//go:build slow

package matrixcheck

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// Runs leave nobody signed in at the homeserver (the contract fake), and after
// runs whose process is killed the next one is as good as any.
func TestRunsLeaveNothing(t *testing.T) {
	fake := newFake(t)
	server := fake.server()
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	o := options(t, server.URL)
	o.Within = time.Minute
	p, err := New(o, probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	signedIn := func() int {
		fake.mu.Lock()
		defer fake.mu.Unlock()
		return len(fake.tokens) - 1 // one is of the test's own
	}
	probetest.Soak(t, p, probetest.Runs(t, 2000), addr)
	if n := signedIn(); n != 0 {
		t.Errorf("%d are signed in", n)
	}
	yaml := func(user string, secret string) string {
		return fmt.Sprintf("{server: '%s', user: '%s', password: {file: %s}}", server.URL, user, secret)
	}
	probetest.Kill(t, "message", fmt.Sprintf("{sender: %s, receiver: %s, room: '%s', within: 1m}",
		yaml(o.Sender.User, o.Sender.Password.File), yaml(o.Receiver.User, o.Receiver.Password.File), room), 5)
	probetest.Unconnected(t, addr)
	probetest.Want(t, "after the kills", probetest.Attempt(t, p, err), "")
}

// A process may be killed at whatever turn: of its check there is at most one
// device for each account, and the next run, which takes it over, leaves none.
func TestKilledBetweenSignInAndSignOut(t *testing.T) {
	fake := newFake(t)
	server := fake.server()
	defer server.Close()
	if kills := killedAtEachTurn(t, server.URL, options(t, server.URL), fake.devices); kills < 16 {
		t.Errorf("there were %d kills", kills)
	}
}

// killedAtEachTurn tells how many turns there were.
func killedAtEachTurn(t *testing.T, server string, o Options, devices func() []string) (kills int) {
	t.Helper()
	account := func(addr string, a Account) string {
		return fmt.Sprintf("{server: 'http://%s', user: '%s', password: {file: %s}}", addr, a.User, a.Password.File)
	}
	seen := map[string]bool{}
	for turn := 1; ; turn++ {
		var child *probetest.Child
		var mu sync.Mutex
		killed := false
		addr := probetest.Between(t, strings.TrimPrefix(server, "http://"), func(now int) bool {
			mu.Lock()
			defer mu.Unlock()
			if now == turn {
				killed = true
				child.Kill()
			}
			return !killed || now%2 == 1 // what the child has sent gets there
		})
		mu.Lock()
		child = probetest.StartChild(t, fmt.Sprintf("{sender: %s, receiver: %s, room: '%s', within: 1m}", account(addr, o.Sender), account(addr, o.Receiver), o.Room), t.TempDir())
		mu.Unlock()
		if !probetest.Comes(func() bool {
			_, over := child.Ended()
			return over
		}) {
			t.Fatalf("at turn %d it neither is killed nor ends", turn)
		}
		mu.Lock()
		whole := !killed
		mu.Unlock()
		if whole { // there are no more turns
			break
		}
		kills++
		for _, device := range devices() {
			seen[device] = true
		}
		if len(seen) > 2 {
			t.Fatalf("killed at turn %d, the check has had the devices %v", turn, seen)
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d kills have left %d devices", kills, len(seen))
	}
	if left := devices(); len(left) > 0 {
		t.Errorf("the last run, which was whole, leaves %q", left)
	}
	return kills
}
