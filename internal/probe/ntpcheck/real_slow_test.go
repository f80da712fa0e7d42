//go:build slow

package ntpcheck_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/ntpcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// The server is chronyd, which answers by the machine's own clock and leaves it
// alone (-x).
func TestAgainstChrony(t *testing.T) {
	for _, c := range []struct {
		says, local string
		reason      probe.Reason
	}{{"one that trusts its own clock", "local stratum 7", ""}, {"one that has no source", "", probe.ReasonUnsynchronised}} {
		addr, port := daemon.FreeUDP(t)
		dir := daemon.Folder(t, true)
		file := filepath.Join(dir, "chrony.conf")
		text := fmt.Sprintf("port %s\nbindaddress 127.0.0.1\ncmdport 0\nallow 127.0.0.1\npidfile %s/pid\n%s\n", port, dir, c.local)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := ntpcheck.New(ntpcheck.Options{URL: "ntp://" + addr, MaxStratum: 15, MaxOffset: time.Second}, probe.Env{})
		daemon.Start(t, daemon.Spec{
			Program: "chronyd", Needs: "apt-get install chrony", Dir: dir, User: true, Args: []string{"-d", "-x", "-U", "-f", file},
			Ready: func() error {
				if r := probetest.Within(t, p, err, time.Second); r.Outcome != outcry.Good && r.Reason != probe.ReasonUnsynchronised {
					return errors.New(r.Summary())
				}
				return nil
			},
		})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
	}
}
