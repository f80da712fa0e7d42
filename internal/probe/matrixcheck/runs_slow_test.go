//go:build slow

package matrixcheck

import (
	"fmt"
	"strings"
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
