//go:build slow

package sipcheck_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sipcheck"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// counters are what a SIPp writes of its calls.
type counters string

// counting is a SIPp that writes its counters every second.
func counting(t *testing.T, transport string, args ...string) (string, counters) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "calls.csv")
	address, _ := sipp(t, transport, append(args, "-trace_stat", "-stf", file, "-fd", "1")...)
	return address, counters(file)
}

// read gives a counter's last value.
func (c counters) read(t *testing.T, name string) int {
	t.Helper()
	f, err := os.Open(string(c))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = ';', -1, true
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		return -1 // it is writing
	}
	for i, title := range rows[0] {
		if last := rows[len(rows)-1]; title == name && i < len(last) {
			n, err := strconv.Atoi(last[i])
			if err != nil {
				return -1
			}
			return n
		}
	}
	t.Fatalf("SIPp has no counter %s: %v", name, rows[0])
	return -1
}

// settled waits until every call of a SIPp is over, and all but so many have
// ended well.
func (c counters) settled(t *testing.T, calls int) {
	t.Helper()
	var open, made, well int
	if !probetest.Comes(func() bool {
		open, made, well = c.read(t, "CurrentCall"), c.read(t, "TotalCallCreated"), c.read(t, "SuccessfulCall(C)")
		return open == 0 && made == calls && well == calls
	}) {
		t.Errorf("SIPp has taken %d calls of %d, %d are open, %d ended well", made, calls, open, well)
	}
}

// rpc asks a Kamailio.
func (k proxy) rpc(t *testing.T, args ...string) string {
	t.Helper()
	program := daemon.Find(t, "kamcmd", "apt-get install kamailio")
	out, err := exec.CommandContext(t.Context(), program, append([]string{"-s", "unixs:" + k.dir + "/ctl"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kamcmd %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// number is that of a line "NAME: NUMBER" of an answer; -1: there is none.
func number(answer, name string) int {
	for line := range strings.Lines(answer) {
		title, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if n, err := strconv.Atoi(value); title == name && err == nil {
			return n
		}
	}
	return -1
}

// calls and bindings are what the proxy has open.
func (k proxy) calls(t *testing.T) int    { return number(k.rpc(t, "dlg.stats_active"), "all") }
func (k proxy) bindings(t *testing.T) int { return strings.Count(k.rpc(t, "ul.dump"), "Address: sip:") }

func (k proxy) settled(t *testing.T, limit time.Duration) {
	t.Helper()
	var calls, bindings int
	if !probetest.WithinTime(limit, func() bool {
		calls, bindings = k.calls(t), k.bindings(t)
		return calls == 0 && bindings == 0
	}) {
		t.Errorf("Kamailio has %d calls and %d bindings: %s", calls, bindings, k.rpc(t, "ul.dump"))
	}
}

// brief makes the sound short, and asks for some of it: a machine that is busy
// with as many calls as this may lose a frame.
func brief(o *sipcheck.Options) {
	o.Talk, o.MaxLoss, o.MinMOS = 80*time.Millisecond, 90, 0
}

// However many calls there are, none leaves a goroutine (TestMain), a socket,
// or a call at the other side.
func TestManyCalls(t *testing.T) {
	const wide = 32
	runs := probetest.Runs(t, 2000)
	address, calls := counting(t, "u1", "-sn", "uas", "-rtp_echo")
	p, err := sipcheck.New(options("sip:echo@"+address, brief), probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	many := probetest.Many{Says: "calls to SIPp", Runs: runs, Wide: wide, Pardon: 0.01, Attempt: func(int) probe.Result {
		return probe.Attempt(t.Context(), p, 40*time.Second)
	}}
	many.Test(t)
	calls.settled(t, runs+4*wide)
}

// Nor does one that signs in at a proxy and calls through it.
func TestManyCallsThroughAProxy(t *testing.T) {
	const wide = 30
	runs := probetest.Runs(t, 1000)
	answers, err := filepath.Abs("testdata/answer.xml")
	if err != nil {
		t.Fatal(err)
	}
	behind, calls := counting(t, "u1", "-sf", answers, "-rtp_echo")
	k := kamailio(t, behind)
	var probers []probe.Prober
	for _, to := range []string{"sip:echo@" + k.udp, "sip:echo@" + k.udp + ";transport=tcp", "sips:echo@" + k.tls} {
		p, err := sipcheck.New(options(to, brief, func(o *sipcheck.Options) {
			o.User, o.Password, o.Register = "alice", config.Plain(password), true
		}), probe.Env{Roots: k.roots})
		if err != nil {
			t.Fatal(err)
		}
		probers = append(probers, p)
	}
	many := probetest.Many{Says: "calls through Kamailio", Runs: runs, Wide: wide, Pardon: 0.01, Attempt: func(worker int) probe.Result {
		return probe.Attempt(t.Context(), probers[worker%len(probers)], 40*time.Second)
	}}
	many.Test(t)
	calls.settled(t, runs+4*wide)
	k.settled(t, 30*time.Second)
}

// A process that is killed in the middle leaves nothing for longer than the
// times that it has asked for: its registration's and, where the proxy knows of
// such, its session's. The next run is well.
func TestKilledInTheMiddle(t *testing.T) {
	answers, err := filepath.Abs("testdata/answer.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says      string
		scenario  string
		calls     string // of the proxy, that has begun: the name of its number
		transport string
		next      probe.Reason // of the run after it
	}{
		{"it talks", answers, "ongoing", "", ""},
		{"it talks over TCP", answers, "ongoing", ";transport=tcp", ""},
		{"it rings", scenario(t, "180 Ringing"), "connecting", "", sipcheck.ReasonNoAnswer},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel() // they wait
			behind, calls := counting(t, "u1", "-sf", c.scenario, "-rtp_echo")
			k := kamailio(t, behind)
			child := probetest.StartChild(t, fmt.Sprintf(`{to: "sip:echo@%s%s", user: alice, password: {env: SIP_PASSWORD}, register: true, talk: 1m}`, k.udp, c.transport),
				t.TempDir(), "SIP_PASSWORD="+password)
			if !probetest.Comes(func() bool {
				said, ended := child.Ended()
				if ended {
					t.Fatal("it has ended by itself: ", said)
				}
				return number(k.rpc(t, "dlg.stats_active"), c.calls) == 1
			}) {
				t.Fatalf("no call came: %s", k.rpc(t, "dlg.stats_active"))
			}
			if k.bindings(t) != 1 {
				t.Errorf("it has not signed in: %s", k.rpc(t, "ul.dump"))
			}
			child.Kill()
			k.settled(t, 40*time.Second)
			if !probetest.Comes(func() bool { return calls.read(t, "CurrentCall") == 0 }) {
				t.Errorf("the call is open at the other side")
			}
			again := options("sip:echo@"+k.udp, brief, func(o *sipcheck.Options) {
				o.User, o.Password, o.Register = "alice", config.Plain(password), true
			})
			timeout := 20 * time.Second
			if c.next != "" {
				timeout = 4 * time.Second // it rings again, and nobody answers
			}
			probetest.Want(t, "the next run", attempt(t, again, probe.Env{}, timeout), c.next)
			k.settled(t, 20*time.Second)
			if !probetest.Comes(func() bool { return calls.read(t, "CurrentCall") == 0 }) {
				t.Errorf("the next run's call is open at the other side")
			}
		})
	}
}
