//go:build slow

package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kills is how often the process is killed. Each life is some tenths of a second.
const kills = 200

// TestNothingAcknowledgedIsLostToKill kills the real binary with SIGKILL again
// and again while clients post keyed reports, and repeat those that were not
// answered, and while an operator opens incidents. At the end every report that
// was ever acknowledged is counted, and none twice; every incident is there, and
// somebody was told of it.
func TestNothingAcknowledgedIsLostToKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "outcry")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/outcry").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cfg := filepath.Join(dir, "c.yaml")
	mail := newMailbox(t)
	text := "admin_listen: \"off\"\nlisten: 127.0.0.1:0\n" + oneService
	for i := range kills / 10 { // a service is in one open incident at a time
		text += fmt.Sprintf("  - {id: other-%d}\n", i)
	}
	text += strings.TrimPrefix(crowded, oneService) + mail.config(t)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var opened []string
	a := &account{acknowledged: map[string]bool{}}
	r := rand.New(rand.NewPCG(1, 2))
	for life := range kills {
		p := launch(t, binary, cfg, filepath.Join(dir, "data"))
		if life%10 == 5 {
			opened = append(opened, openOne(t, p.base, filepath.Join(dir, "data"), fmt.Sprintf("other-%d", len(opened))))
		}
		a.harass(p.base, life, time.Duration(20+r.IntN(180))*time.Millisecond, p.kill)
	}
	p := launch(t, binary, cfg, filepath.Join(dir, "data"))
	defer p.kill()
	a.repeat(t, p.base)
	l := &live{base: p.base}
	t.Logf("%d kills, %d reports acknowledged", kills, len(a.acknowledged))
	if len(a.acknowledged) < kills {
		t.Fatalf("only %d reports were acknowledged: this proves little", len(a.acknowledged))
	}
	l.counted(t, len(a.acknowledged))
	for _, id := range opened {
		if code, body := l.get(t, "/api/v1/incidents/"+id); code != http.StatusOK || !strings.Contains(body, `"investigating"`) {
			t.Errorf("incident %s: %d %s", id, code, body)
		}
	}
	awaits(t, time.Minute, "every incident's notice has come", func() bool { return mail.knows(opened) })
}

// openOne opens an incident as the folder's owner may, and gives its id.
func openOne(t *testing.T, base, data, service string) string {
	t.Helper()
	token, err := os.ReadFile(AdminTokenFile(data))
	if err != nil {
		t.Fatal(err)
	}
	code, body := (&live{base: base}).post(t, "/api/v1/incidents", "application/json", `{"title":"Down","services":["`+service+`"],"body":"We look."}`,
		"Authorization", "Bearer "+strings.TrimSpace(string(token)))
	var in struct{ ID string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || code != http.StatusCreated {
		t.Fatalf("open: %d %s, %v", code, body, err)
	}
	return in.ID
}

// account is kept outside of the process: which keys were answered 202, and
// which were sent without an answer.
type account struct {
	mu           sync.Mutex
	acknowledged map[string]bool
	open         []string
}

func (a *account) send(base, key string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/reports", strings.NewReader(`{"service":"shop"}`))
	if err != nil {
		panic(err) // a literal URL
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || res.StatusCode != http.StatusAccepted {
		a.open = append(a.open, key)
	} else {
		a.acknowledged[key] = true
	}
	if res != nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}

// harass posts from several clients for a while, kills the process under them,
// and repeats in this life what was left open by the last.
func (a *account) harass(base string, life int, after time.Duration, kill func()) {
	a.mu.Lock()
	again := a.open
	a.open = nil
	a.mu.Unlock()
	end := time.Now().Add(after)
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			for i := c; i < len(again); i += 4 {
				a.send(base, again[i])
			}
			for n := 0; time.Now().Before(end); n++ {
				a.send(base, fmt.Sprintf("life-%d-%d-%d", life, c, n))
			}
		})
	}
	<-time.After(time.Until(end))
	kill()
	clients.Wait()
}

// repeat sends what is still open until all of it is answered.
func (a *account) repeat(t *testing.T, base string) {
	t.Helper()
	for range 10 {
		again := a.open
		if a.open = nil; len(again) == 0 {
			return
		}
		for _, key := range again {
			a.send(base, key)
		}
	}
	t.Fatalf("%d reports are still not answered", len(a.open))
}

type child struct {
	base string
	tail tail
	kill func()
	end  func() error // politely, and waits
}

// launch starts the binary and waits until it says that it is ready.
func launch(t *testing.T, binary, cfg, data string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "serve", "--config", cfg, "--data", data)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &child{kill: sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })}
	p.end = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return cmd.Wait()
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "page="); ok {
			p.base, _, _ = strings.Cut(rest, " ")
			go p.tail.read(lines, log)
			return p
		}
	}
	p.kill()
	t.Fatal("the process ended before it was ready")
	return nil
}
