package matrixcheck

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// Of a check that cannot sign out, at most one device is there for each of its
// accounts, however often that comes to pass; a run that can leaves none.
func TestARunTakesOverTheDeviceOfOneThatWasCutOff(t *testing.T) {
	fake := newFake(t)
	arrived := make(chan struct{}, 1)
	fake.broken["send"] = func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		stall(w, r)
	}
	fake.broken["logout"] = stall
	server := fake.server()
	defer server.Close()
	p, err := New(options(t, server.URL), probe.Env{Self: "chicago-1/chat"})
	if err != nil {
		t.Fatal(err)
	}
	var first []string
	for run := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }() // in the midst, between sign-in and sign-out
		if r := probe.Attempt(ctx, p, 20*time.Second); r.Reason == "" {
			t.Fatalf("a run that was cut off is up: %s", r.Summary())
		}
		cancel()
		left := fake.devices()
		if first == nil {
			first = left
		}
		if len(left) != 2 || !slices.Equal(left, first) {
			t.Errorf("after run %d there are the devices %q, at first there were %q", run, left, first)
		}
	}
	fake.mend()
	probetest.Want(t, "the next run", probetest.Attempt(t, p, nil), "")
	if left := fake.devices(); len(left) > 0 {
		t.Errorf("the next run leaves the devices %q", left)
	}
}

// Nobody signs another's run out: a device is of one side of one check at one
// vantage, and one that is made by hand has a new one each time.
func TestDevicesAreNotShared(t *testing.T) {
	seen := map[string]string{}
	for _, self := range []string{"chicago-1/chat", "chicago-2/chat", "chicago-1/chat 2"} {
		for _, field := range []string{"sender", "receiver"} {
			device := deviceOf(self, field)
			if who := fmt.Sprintf("the %s of %s", field, self); seen[device] != "" {
				t.Errorf("%s has the device of %s", who, seen[device])
			} else {
				seen[device] = who
			}
			if device != deviceOf(self, field) {
				t.Errorf("the %s of %s has another device each time", field, self)
			}
		}
	}
	if device := deviceOf("", "sender"); device != "" {
		t.Errorf("a check without a name has the device %q", device)
	}
}
