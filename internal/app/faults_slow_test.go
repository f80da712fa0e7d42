//go:build slow

package app

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// built makes the binary and a configuration for it.
func built(t *testing.T) (binary, cfg, dir string) {
	t.Helper()
	dir = t.TempDir()
	binary, cfg = filepath.Join(dir, "outcry"), filepath.Join(dir, "c.yaml")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/outcry").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.WriteFile(cfg, []byte("admin_listen: \"off\"\nlisten: 127.0.0.1:0\n"+oneService), 0o600); err != nil {
		t.Fatal(err)
	}
	return binary, cfg, dir
}

// TestSIGTERMUnderLoadDrains ends the process politely, again and again, while
// clients post: what was acknowledged is counted, and the process says that it
// ended well.
func TestSIGTERMUnderLoadDrains(t *testing.T) {
	binary, cfg, dir := built(t)
	a := &account{acknowledged: map[string]bool{}}
	for life := range 10 {
		p := launch(t, binary, cfg, filepath.Join(dir, "data"))
		a.harass(p.base, life, 300*time.Millisecond, func() {
			if err := p.end(); err != nil {
				t.Errorf("life %d: %v", life, err)
			}
		})
	}
	p := launch(t, binary, cfg, filepath.Join(dir, "data"))
	defer p.kill()
	a.repeat(t, p.base)
	t.Logf("%d reports acknowledged over 10 polite ends", len(a.acknowledged))
	(&live{base: p.base}).counted(t, len(a.acknowledged))
}

// TestAFullDiskIsSaidAndHeals runs the product on a small disk of its own.
func TestAFullDiskIsSaidAndHeals(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	binary, cfg, dir := built(t)
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("this machine's root may not mount a small disk: %v", err)
		}
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	p := launch(t, binary, cfg, filepath.Join(disk, "data"))
	defer p.kill()
	l := &live{base: p.base}
	taken := 0
	status := func() (int, string) {
		code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`)
		if code == http.StatusAccepted {
			taken++
		}
		return code, body
	}
	if code, body := status(); code != http.StatusAccepted {
		t.Fatalf("on an empty disk: %d %s", code, body)
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, ballast)
	eventually(t, "refused for want of space", func() bool { code, _ := status(); return code == http.StatusServiceUnavailable })
	res, err := http.Post(p.base+"/api/v1/reports", "application/json", strings.NewReader(`{"service":"shop"}`)) //nolint:noctx // bounded by the test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only its head is read
	if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
		t.Error("503 does not say when to try again")
	}
	if code, _ := l.get(t, "/"); code != http.StatusOK {
		t.Errorf("the page on a full disk: %d", code)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	eventually(t, "taken again when there is space", func() bool { code, _ := status(); return code == http.StatusAccepted })
	l.counted(t, taken)
}

// fill writes until there is no space left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // its purpose is to fail
	block := make([]byte, 64<<10)
	for range 4096 {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
	t.Fatal("the disk does not get full")
}

// eventually waits up to half a minute of real time for the running process.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not %s", what)
}
