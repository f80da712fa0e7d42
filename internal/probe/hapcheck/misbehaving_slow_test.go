//go:build slow

package hapcheck

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// The accessory is paired already; what befalls a pairing is told by
// TestKilledWhilePairing and TestServersThatAreNone.
func TestAnAccessoryThatStumbles(t *testing.T) {
	const abreast = 4 // more of them make the accessory slow: it reckons for each of their sessions
	l, data := startBulbs(t, fmt.Sprint(10*abreast)), t.TempDir()
	probetest.Want(t, "paired", attemptOn(t, l.options(), data, time.Minute), "")
	file := filepath.Join(data, "homekit", fileName(l.addr)+".json")
	ids, next := l.ids(t), 0
	probetest.Misbehaving{
		Server: l.addr, Abreast: abreast,
		Check: func(addr string) (probe.Prober, error) {
			next++
			return New(l.options(at(addr), func(o *Options) { o.Pairing, o.Characteristic = file, ids[next%len(ids)] }), probe.Env{})
		},
		Reasons: []probetest.Expected{
			{Step: "event", Fault: probetest.Silent, Reasons: []probe.Reason{ReasonNoEvent}},
			{Step: "restore", Reasons: []probe.Reason{ReasonNotRestored}},
		},
	}.Test(t)
}
