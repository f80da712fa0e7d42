//go:build slow

package app

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/testutil/buffer"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// The hosts, by the last number of their addresses: 10.77.0.N, private, for the
// talk with the core, and 11.77.0.N, which checks take for a public one. No
// packet leaves the namespaces: there is no route out of them.
const (
	hostCore = iota + 1
	hostTMobile
	hostVerizon
	hostShop
	hostMail
	hostReference
	hostSprint
)

// link is what happens to packets from one host to another.
type link struct {
	cut   bool
	loss  float64
	delay time.Duration
}

// wire joins network namespaces: each has one device, and this switch between
// them loses, delays and drops packets as it is told. It stands in for tc netem,
// which many kernels are built without, and drops without a word to the sender.
type wire struct {
	t     *testing.T
	mu    sync.Mutex
	links map[[2]byte]link
	tuns  map[byte]*os.File
	ns    map[byte]string
}

func newWire(t *testing.T, hosts ...byte) *wire {
	t.Helper()
	if os.Getuid() != 0 {
		daemon.Missing(t, "only root can make network namespaces")
	}
	daemon.Find(t, "ip", "apt-get install iproute2")
	w := &wire{t: t, links: map[[2]byte]link{}, tuns: map[byte]*os.File{}, ns: map[byte]string{}}
	for _, h := range hosts {
		w.join(h)
	}
	for h := range w.tuns {
		go w.carry(h)
	}
	return w
}

func (w *wire) ip(args ...string) {
	w.t.Helper()
	if out, err := exec.CommandContext(w.t.Context(), "ip", args...).CombinedOutput(); err != nil {
		w.t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// join makes a host.
func (w *wire) join(h byte) {
	w.t.Helper()
	ns := fmt.Sprintf("outcry-%d-%x-%d", os.Getpid(), crc32.ChecksumIEEE([]byte(w.t.Name())), h)
	w.ip("netns", "add", ns)
	w.ns[h] = ns
	w.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() }) //nolint:noctx // the test's context is over
	w.inside(h, func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		req, err := unix.NewIfreq("wire")
		if err != nil {
			return err
		}
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
			return err
		}
		w.tuns[h] = os.NewFile(uintptr(fd), "wire")
		return nil
	})
	w.t.Cleanup(func() { _ = w.tuns[h].Close() })
	for _, net := range []string{"10.77.0", "11.77.0"} {
		w.ip("-n", ns, "addr", "add", fmt.Sprintf("%s.%d/24", net, h), "dev", "wire")
	}
	w.ip("-n", ns, "link", "set", "wire", "up")
	w.ip("-n", ns, "link", "set", "lo", "up")
}

// inside does something in a host's namespace, on a thread that is thrown away.
func (w *wire) inside(h byte, do func() error) {
	w.t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		f, err := os.Open("/run/netns/" + w.ns[h])
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		w.t.Fatalf("in the namespace of host %d: %v", h, err)
	}
}

// carry takes a host's packets where they go.
func (w *wire) carry(from byte) {
	buf := make([]byte, 65536)
	for {
		n, err := w.tuns[from].Read(buf)
		if err != nil {
			return
		}
		if n < 20 || buf[0]>>4 != 4 {
			continue // not IPv4
		}
		to := buf[19]
		w.mu.Lock()
		l, out := w.links[[2]byte{from, to}], w.tuns[to]
		w.mu.Unlock()
		if out == nil || l.cut || rand.Float64() < l.loss {
			continue
		}
		packet := bytes.Clone(buf[:n])
		time.AfterFunc(l.delay, func() { _, _ = out.Write(packet) }) // a closed device is a lost packet
	}
}

// set says what happens to packets between hosts, both ways.
func (w *wire) set(l link, a byte, others ...byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range others {
		w.links[[2]byte{a, b}], w.links[[2]byte{b, a}] = l, l
	}
}

// server answers HTTP on a host.
func (w *wire) server(h byte) {
	var l net.Listener
	w.inside(h, func() (err error) {
		l, err = net.Listen("tcp4", fmt.Sprintf("11.77.0.%d:80", h)) //nolint:noctx // it must be this thread
		return err
	})
	srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: 5 * time.Second}
	go srv.Serve(l) //nolint:errcheck // until it is closed
	w.t.Cleanup(func() { _ = srv.Close() })
}

// run starts the binary on a host.
func (w *wire) run(h byte, log *buffer.Buffer, binary string, args ...string) (kill func()) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "ip", append([]string{"netns", "exec", w.ns[h], binary}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // it was killed
		})
	}
	w.t.Cleanup(kill)
	return kill
}

// TestVantagesOnABadNetwork runs a core and two vantages as processes on hosts of
// their own, with everything between them that networks do. One joins by NATS
// with TLS, the other by a WebSocket of the pages.
func TestVantagesOnABadNetwork(t *testing.T) {
	t.Parallel()
	w := newWire(t, hostCore, hostTMobile, hostVerizon, hostShop, hostMail, hostReference)
	for _, h := range []byte{hostShop, hostMail, hostReference} {
		w.server(h)
	}
	binary, _, dir := built(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := map[string]string{"tmo": secretFile(t, "token-of-tmo"), "vzn": secretFile(t, "token-of-vzn")}
	ca, cert, key := probetest.NewAuthority(t).Files(t, t.TempDir(), "10.77.0.1")
	data := filepath.Join(dir, "core")
	var log buffer.Buffer
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log.String())
		}
	})
	coreFile := write("core.yaml", `
listen: 10.77.0.1:8080
admin_listen: "off"
services: [{id: shop}, {id: mail}]
intake:
  nats: {listen: "10.77.0.1:4222", cert: "`+cert+`", key: "`+key+`"}
  tokens:
    - {name: tmo, token: {file: "`+secret["tmo"]+`"}, roles: [probe]}
    - {name: vzn, token: {file: "`+secret["vzn"]+`"}, roles: [probe]}
checks:
  - {name: shop, service: shop, url: "http://11.77.0.4/", interval: 1s, timeout: 1s, vantages: [tmo, vzn]}
  - {name: mail, service: mail, url: "http://11.77.0.5/", interval: 1s, timeout: 1s, vantages: [tmo, vzn]}
`)
	core := func() func() { return w.run(hostCore, &log, binary, "serve", "--data", data, "--config", coreFile) }
	endCore := core()
	vantage := func(h byte, name, core, region, carrier string) func() {
		return w.run(h, &log, binary, "serve", "--roles", "probe", "--data", filepath.Join(dir, name), "--config", write(name+".yaml", fmt.Sprintf(`
admin_listen: "off"
vantage:
  {name: %s, region: %s, carrier: %s, references: ["11.77.0.6:80"], core: %q, ca: %q, token: {file: %q}}
`, name, region, carrier, core, ca, secret[name])))
	}
	w.set(link{loss: 0.1, delay: 40 * time.Millisecond}, hostTMobile, hostCore) // all along
	w.set(link{delay: 60 * time.Millisecond}, hostVerizon, hostCore, hostShop, hostMail)
	endTMobile := vantage(hostTMobile, "tmo", "tls://10.77.0.1:4222", "US-IL", "T-Mobile")
	endVerizon := vantage(hostVerizon, "vzn", "http://10.77.0.1:8080", "US-NY", "Verizon")
	seen := func(service, vantage string) outcry.Counts { return seenBy(t, data, service, vantage, 0) }
	awaits(t, time.Minute, "both vantages see that all is well", func() bool {
		return seen("shop", "tmo").Total > 3 && seen("mail", "tmo").Total > 3 && seen("shop", "vzn").Total > 3 && seen("mail", "vzn").Total > 3
	})

	if n := strings.Count(log.String(), "joined over NATS"); n < 2 {
		t.Errorf("%d joined over NATS", n)
	}
	if strings.Contains(log.String(), "does not get through") {
		t.Error("NATS does not get through to the core")
	}

	// one is cut off from the core, the other from all but the core
	w.set(link{cut: true}, hostTMobile, hostCore)
	w.set(link{cut: true}, hostVerizon, hostShop, hostMail, hostReference)
	cut := outcry.TickOf(time.Now()) + 1
	awaits(t, time.Minute, "the one that is cut off says that it cannot tell", func() bool { return seen("mail", "vzn").Unknown > 8 })
	awaits(t, time.Minute, "a whole tick is over since", func() bool { return outcry.TickOf(time.Now()) > cut })
	if n := seenBy(t, data, "shop", "tmo", cut).Total; n > 0 {
		t.Errorf("%d results came through a cut wire", n)
	}
	if seen("mail", "vzn").Bad+seen("shop", "vzn").Bad > 1 { // one run may have been under way, and a witness answered just before
		t.Error("a vantage that is itself cut off says that services fail")
	}
	w.set(link{loss: 0.1, delay: 40 * time.Millisecond}, hostTMobile, hostCore)
	w.set(link{delay: 60 * time.Millisecond}, hostVerizon, hostShop, hostMail)
	w.set(link{}, hostVerizon, hostReference)
	awaits(t, 90*time.Second, "what was seen meanwhile is delivered, with its own times", func() bool { return seenIn(t, data, "shop", "tmo", cut) > 5 })
	awaits(t, time.Minute, "the other one sees again", func() bool {
		return seenBy(t, data, "shop", "vzn", cut+1).Total > seenBy(t, data, "shop", "vzn", cut+1).Unknown
	})

	// one cannot reach one target: it fails from T-Mobile only
	w.set(link{cut: true}, hostTMobile, hostShop)
	awaits(t, 90*time.Second, "it fails from T-Mobile only", func() bool { return failsOn(t, w, binary, data, "shop") == "T-Mobile" })
	w.set(link{}, hostTMobile, hostShop)

	// the core is killed in the midst of deliveries
	joined := strings.Count(log.String(), "joined over NATS")
	endCore()
	core()
	awaits(t, time.Minute, "both join the core that is back", func() bool { return strings.Count(log.String(), "joined over NATS") >= joined+2 })

	// one dies, and comes back
	endVerizon()
	endVerizon = vantage(hostVerizon, "vzn", "http://10.77.0.1:8080", "US-NY", "Verizon")
	before := seen("mail", "vzn").Total
	awaits(t, time.Minute, "the one that died is back", func() bool { return seen("mail", "vzn").Total > before+2 })
	endTMobile()
	endVerizon()
	for _, name := range []string{"tmo", "vzn"} {
		made, left := spooled(t, filepath.Join(dir, name))
		got := func() int { return int(seen("shop", name).Total + seen("mail", name).Total) }
		awaits(t, time.Minute, name+": every result that does not wait any more is counted", func() bool { return got() >= made-left })
		if got() > made { // one that waits may be counted: it was killed before it heard so
			t.Errorf("%s has made %d results, and %d are counted: some twice", name, made, got())
		}
		t.Logf("%s: %d results made, %d waiting when it was killed, %d counted", name, made, left, got())
	}
	if on := failsOn(t, w, binary, data, "mail"); on != "" {
		t.Errorf("a service that never failed is said to fail: %s", on)
	}
}

// seenBy sums what the core has counted of a vantage's checks of a service, from
// a tick on.
func seenBy(t *testing.T, data, service, vantage string, from outcry.Tick) (sum outcry.Counts) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "outcry.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		return sum // the core is only starting
	}
	defer s.Close() //nolint:errcheck // only read
	now := outcry.TickOf(time.Now())
	tallies, err := s.Tallies(t.Context(), store.TallyQuery{Service: service, Kind: outcry.KindProbe, From: max(from, now-180), To: now + 60, Cells: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tallies {
		for _, c := range tallies[i].Cells {
			if c.Vantage == vantage {
				sum.Total, sum.Bad, sum.Unknown = sum.Total+c.Total, sum.Bad+c.Bad, sum.Unknown+c.Unknown
			}
		}
	}
	return sum
}

func seenIn(t *testing.T, data, service, vantage string, tick outcry.Tick) uint32 {
	t.Helper()
	return seenBy(t, data, service, vantage, tick).Total - seenBy(t, data, service, vantage, tick+1).Total
}

// failsOn asks the core, as its operator does, on which carriers a service fails.
func failsOn(t *testing.T, w *wire, binary, data, service string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", "netns", "exec", w.ns[hostCore], binary,
		"incident", "list", "--json", "--server", "http://10.77.0.1:8080", "--data", data).Output()
	if err != nil {
		t.Fatalf("incident list: %v", err)
	}
	var all struct {
		Incidents []struct {
			Services []string        `json:"services"`
			Affected outcry.Affected `json:"affected"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for _, in := range all.Incidents {
		if strings.Join(in.Services, " ") == service {
			if c := strings.Join(in.Affected.Carriers, " "); c != "" {
				return c
			}
			return "everywhere"
		}
	}
	return ""
}

// spooled says how many results a vantage has ever made, and how many wait.
func spooled(t *testing.T, data string) (made, left int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "vantage.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	if err := db.QueryRowContext(t.Context(), "SELECT seq FROM sqlite_sequence WHERE name = 'results'").Scan(&made); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM results").Scan(&left); err != nil {
		t.Fatal(err)
	}
	return made, left
}
