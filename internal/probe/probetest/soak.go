package probetest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// RunsEnv says how often checks are run in a row, in place of what tests say.
const RunsEnv = "OUTCRY_SOAK_RUNS"

// Wide is how many runs of a check [Soak] and [Kill] have at a time.
const Wide = 8

// runTime is for one run, on a machine that is busy with other things.
const runTime = 60 * time.Second

// Runs is how often a test should run a check in a row.
func Runs(t testing.TB, usual int) int {
	t.Helper()
	text := os.Getenv(RunsEnv)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", RunsEnv, err)
	}
	return n
}

// Soak runs a check often, several at a time, each of which must find its
// target up. Afterwards no goroutine and no descriptor may be left of them, and
// no connection at the addresses where the target listens.
func Soak(t testing.TB, p probe.Prober, runs int, addrs ...string) {
	t.Helper()
	before, began := inUse(t), time.Now()
	var next atomic.Int64
	var bad atomic.Pointer[probe.Result]
	var all sync.WaitGroup
	for range Wide {
		all.Go(func() {
			for bad.Load() == nil && next.Add(1) <= int64(runs) {
				if r := probe.Attempt(context.Background(), p, runTime); r.Outcome != outcry.Good {
					bad.Store(&r)
				}
			}
		})
	}
	all.Wait()
	if r := bad.Load(); r != nil {
		t.Fatalf("after %d runs: %s", next.Load(), r.Summary())
	}
	took := time.Since(began)
	var after usage
	Eventually(t, "nothing is left of the runs", func() bool {
		after = inUse(t)
		return after.goroutines <= before.goroutines+few && after.files <= before.files+few
	})
	Unconnected(t, addrs...)
	t.Logf("%d runs in %.0f s: goroutines %d, then %d; descriptors %d, then %d", runs, took.Seconds(), before.goroutines, after.goroutines, before.files, after.files)
}

// few goroutines and descriptors are of the process, and not of runs: to wait
// for the network, say, or of a server of the test's own.
const few = 4

type usage struct{ goroutines, files int }

func inUse(t testing.TB) usage {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return usage{runtime.NumGoroutine(), len(entries)}
}

// Eventually waits until something is so, which must not take long.
func Eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(runTime); !so(); <-again.C {
		if time.Now().After(deadline) {
			t.Errorf("not so: %s", what)
			return
		}
	}
}

// Unconnected sees that nobody is connected any more to servers of this
// machine, as these have it: a connection that only the client has closed
// counts. Addresses are HOST:PORT, of IPv4.
func Unconnected(t testing.TB, addrs ...string) {
	t.Helper()
	for _, addr := range addrs {
		Eventually(t, "nobody is connected to "+addr, func() bool { return connections(t, addr) == 0 })
	}
}

// connections counts, of the kernel's table, the server's ends that are
// established (01) or were closed by the client alone (08).
func connections(t testing.TB, addr string) (n int) {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("/proc/self/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	end := fmt.Sprintf(":%04X", number)
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 3 && strings.HasSuffix(f[1], end) && (f[3] == "01" || f[3] == "08") {
			n++
		}
	}
	return n
}

// What [Kill] tells the process that it starts.
const (
	killedKind    = "OUTCRY_TEST_CHECK"
	killedOptions = "OUTCRY_TEST_OPTIONS"
)

// Main runs a package's tests, and looks for goroutines afterwards. In a
// process that [Kill] has started it runs a check of one of the types, over
// and over; in one of [StartChild], its only type, once.
func Main(m *testing.M, types map[string]probe.Type) {
	if options, is := os.LookupEnv(childOptions); is {
		for _, typ := range types {
			os.Exit(child(options, typ))
		}
	}
	kind := os.Getenv(killedKind)
	if kind == "" {
		goleak.VerifyTestMain(m)
		return
	}
	node, err := config.ParseNode(kind, []byte(os.Getenv(killedOptions)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	p, err := types[kind](node.Decode, probe.Env{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range Wide {
		go func() {
			for {
				r := probe.Attempt(context.Background(), p, runTime)
				fmt.Println(r.Summary())
			}
		}()
	}
	select {}
}

// Kill has another process run a check, several times at once and over and
// over, and kills it in the midst of that with a signal that it cannot catch;
// again and again, after ever more runs. Options are those of the check, in
// YAML. The package's TestMain must be [Main].
func Kill(t testing.TB, kind, options string, times int) {
	t.Helper()
	for n := range times {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killedKind+"="+kind, killedOptions+"="+options)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for runs := 0; runs <= n && lines.Scan(); runs++ {
			if !strings.HasPrefix(lines.Text(), "up") {
				t.Errorf("in the process that is to be killed: %s", lines.Text())
			}
		}
		cmd.Process.Kill() //nolint:errcheck // Wait tells
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("the process ended by itself: %v", err)
		}
	}
}
