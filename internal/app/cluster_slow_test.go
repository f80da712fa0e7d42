//go:build slow

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/outcry/outcry/internal/testutil/daemon"
)

// natsCluster is three NATS servers in this process.
type natsCluster struct {
	servers [3]*server.Server
	options [3]server.Options
}

func startNATS(t *testing.T) *natsCluster {
	t.Helper()
	var c natsCluster
	var routes []*url.URL
	var ports []int
	for len(ports) < 2*len(c.servers) {
		_, port := daemon.FreePort(t)
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(ports, n) {
			ports = append(ports, n)
		}
	}
	for i := range c.servers {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", ports[i])})
	}
	for i := range c.options {
		c.options[i] = server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: ports[3+i], NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]},
		}
	}
	c.make(t)
	t.Cleanup(c.halt)
	return &c
}

// make makes the servers, again after a halt: at their addresses, with their
// data.
func (c *natsCluster) make(t *testing.T) {
	t.Helper()
	for i := range c.options {
		options := c.options[i] // a server changes its own
		s, err := server.NewServer(&options)
		if err != nil {
			t.Fatal(err)
		}
		c.servers[i] = s
	}
}

// halt ends those that still run.
func (c *natsCluster) halt() {
	for _, s := range c.servers {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

func (c *natsCluster) start(t *testing.T) {
	t.Helper()
	for _, s := range c.servers {
		go s.Start()
	}
	awaits(t, time.Minute, "NATS has a leader", func() bool {
		for _, s := range c.servers {
			if s.JetStreamIsLeader() {
				return len(s.JetStreamClusterPeers()) == len(c.servers)
			}
		}
		return false
	})
}

func (c *natsCluster) urls() (list []string) {
	for _, s := range c.servers {
		list = append(list, fmt.Sprintf("%q", s.ClientURL()))
	}
	return list
}

// throng reports without end, each person once and under a key, and remembers
// what was answered.
type throng struct {
	*account
	base string
	last atomic.Int64 // person who came
	mail atomic.Int64 // from this person on they report mail, those before the shop
	stop chan struct{}
	done sync.WaitGroup
}

func (c *throng) report(person int64) {
	key, service := fmt.Sprint("person-", person), "shop"
	if person >= c.mail.Load() {
		service = "mail"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1/reports", strings.NewReader(`{"service":"`+service+`"}`))
	if err != nil {
		panic(err) // a literal URL
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("X-Forwarded-For", from(int(person)))
	res, err := http.DefaultClient.Do(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		_ = res.Body.Close()
	}
	if err == nil && res.StatusCode == http.StatusAccepted {
		c.acknowledged[key] = true
		return
	}
	c.open = append(c.open, fmt.Sprint(person))
}

// run lets so many report at a time: an answer may take a second on a busy
// machine, and the crowd must not get smaller by that.
func (c *throng) run(lines int) {
	for range lines {
		c.done.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				case <-time.After(200 * time.Millisecond):
				}
				c.report(c.last.Add(1))
			}
		})
	}
}

func (c *throng) answered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.acknowledged)
}

// settle repeats what was not answered, under its key, until all is.
func (c *throng) settle(t *testing.T) {
	t.Helper()
	awaits(t, 2*time.Minute, "everything is answered", func() bool {
		again := c.open
		c.open = nil
		for _, person := range again {
			var n int64
			fmt.Sscan(person, &n) //nolint:errcheck // it was written by report
			c.report(n)
		}
		return len(c.open) == 0
	})
}

// TestACluster runs the roles in processes of their own, over three NATS servers
// and PostgreSQL. The counter at work is killed, then the judge, then a NATS
// server, while people report. All that was answered is counted, nothing twice,
// and the incident is opened by who took over.
func TestACluster(t *testing.T) {
	t.Parallel()
	binary, cfg, dir := built(t)
	nats := startNATS(t)
	nats.start(t)
	text := "admin_listen: \"off\"\nlisten: 127.0.0.1:0\nstore: {dsn: {file: " + secretFile(t, database.Database(t)) + "}}\nbus: {urls: [" + strings.Join(nats.urls(), ", ") + "]}\n" + strings.Replace(crowded, oneService, oneService+"  - {id: mail}\n", 1)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	role := func(name, roles string) *child {
		p := launch(t, wrapper(t, binary, dir, name, roles), cfg, filepath.Join(dir, name))
		t.Cleanup(func() { p.kill(); p.tail.tell(t, name) })
		return p
	}
	door := role("door", "intake,web")
	count1, detect1 := role("count-1", "count"), role("detect-1", "detect,notify")
	l := &live{base: door.base}
	people := &throng{account: &account{acknowledged: map[string]bool{}}, base: door.base, stop: make(chan struct{})}
	people.mail.Store(math.MaxInt64)
	people.run(8)
	total := func() (sum int) {
		for _, service := range []string{"shop", "mail"} {
			var got struct{ Total int }
			_, body := l.get(t, "/api/v1/services/"+service+"/tallies")
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			sum += got.Total
		}
		return sum
	}
	catchesUp := func(what string) {
		t.Helper()
		n := people.answered()
		start := time.Now()
		awaits(t, 2*time.Minute, what, func() bool { return total() > n })
		t.Logf("%s: after %v", what, time.Since(start).Round(time.Second))
	}
	catchesUp("the first counter counts")
	role("count-2", "count")
	role("detect-2", "detect,notify")
	count1.kill()
	catchesUp("the second counter has taken over")
	detect1.kill()
	people.mail.Store(people.last.Load() + 1) // what the first judge never saw
	start := time.Now()
	awaits(t, 4*time.Minute, "an incident is opened by the second judge", func() bool {
		_, body := l.get(t, "/api/v1/incidents")
		return strings.Contains(body, `"mail"`)
	})
	t.Logf("an incident is opened by the second judge: after %v", time.Since(start).Round(time.Second))
	nats.servers[0].Shutdown()
	nats.servers[0].WaitForShutdown()
	catchesUp("with two NATS servers of three")
	close(people.stop)
	people.done.Wait()
	people.settle(t)
	t.Logf("%d reports acknowledged", people.answered())
	awaits(t, time.Minute, "all is counted", func() bool { return total() >= people.answered() })
	if got, want := total(), people.answered(); got != want {
		t.Errorf("%d are counted, %d were acknowledged", got, want)
	}
}

// secretFile puts a secret into a file, and gives its path: a test that sets variables
// of the environment could not run beside others.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wrapper is a command that runs the binary with roles: launch knows none.
func wrapper(t *testing.T, binary, dir, name, roles string) string {
	t.Helper()
	path := filepath.Join(dir, name+".sh")
	text := fmt.Sprintf("#!/bin/sh\nverb=$1; shift\nexec %s \"$verb\" --roles %s \"$@\"\n", binary, roles)
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatal(err)
	}
	return path
}
