//go:build slow

package mirror

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// missing ends a test whose server is not there: in CI that is a failure.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not there, and CI must have it", what)
	}
	t.Skipf("%s is not there: run ./test, which installs it", what)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // only the number was wanted
	return l.Addr().(*net.TCPAddr).Port
}

// running starts a program, waits until the port answers, and ends it with the
// test.
func running(t *testing.T, port int, name string, args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 2 * time.Second // a child of its own may hold on to what it writes to
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // ended by us
	})
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer: %v: %s", name, err, said.String())
		}
		<-time.After(20 * time.Millisecond) // until it listens
	}
}

func nginxAt(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/sbin/nginx", "/usr/bin/nginx"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	missing(t, "nginx")
	return ""
}

// webDAV starts nginx with its DAV module on a folder.
func webDAV(t *testing.T, root string) string {
	t.Helper()
	program := nginxAt(t)
	dir, port := t.TempDir(), freePort(t)
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1; user root;
events { worker_connections 64; }
http { access_log off; types { text/html html; application/json json; } default_type application/octet-stream;
client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen 127.0.0.1:%[2]d; root %[3]s; location /status/ { dav_methods PUT DELETE MKCOL; create_full_put_path off; } } }`, dir, port, root)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	running(t, port, program, "-c", file)
	return fmt.Sprintf("http://127.0.0.1:%d/status/", port)
}

// TestWebDAV writes to a real server, changes, deletes, and has the copy
// verified and served.
func TestWebDAV(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "status"), 0o755); err != nil {
		t.Fatal(err)
	}
	base := webDAV(t, root)
	target, err := NewWebDAV(http.DefaultClient, base, "", "")
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, target, func(name string) (int, string) { return get(t, base+name) })
	key, public := testKey(t)
	if err := New(target, key, "", quiet()).Write(t.Context(), files("3"), noon); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(os.DirFS(filepath.Join(root, "status")), public); err != nil || len(r.Problems) > 0 {
		t.Errorf("%v, %v", err, r.Problems)
	}
	if code, body := get(t, base+"s/imessage.html"); code != http.StatusOK || !strings.Contains(body, "copied at 17:00") {
		t.Errorf("the copy answers %d %s", code, body)
	}
}

// TestS3 writes to s3rver. It takes signatures on trust: TestSignatureV4 does
// not.
func TestS3(t *testing.T) {
	program := filepath.Join(filepath.Dir(filepath.Dir(os.Getenv("OUTCRY_AXE"))), "s3rver", "bin", "s3rver.js")
	if _, err := os.Stat(program); err != nil {
		missing(t, "s3rver")
	}
	port := freePort(t)
	running(t, port, "node", program, "-d", t.TempDir(), "-a", "127.0.0.1", "-p", fmt.Sprint(port), "--configure-bucket", "status")
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	target, err := NewS3(http.DefaultClient, S3Config{Endpoint: base, Bucket: "status", Prefix: "copy", Key: "S3RVER", Secret: "S3RVER"})
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, target, func(name string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/status/copy/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		target.sign(req, nil)
		return send(t, req)
	})
}

func roundTrip(t *testing.T, target Target, read func(name string) (int, string)) {
	t.Helper()
	for _, body := range []string{"first", "second"} {
		if err := target.Put(t.Context(), "s/a b/deep.html", "text/html; charset=utf-8", []byte(body)); err != nil {
			t.Fatal(err)
		}
		if code, got := read("s/a%20b/deep.html"); code != http.StatusOK || got != body {
			t.Errorf("%d %q, want %q", code, got, body)
		}
	}
	for range 2 { // what is gone already is gone
		if err := target.Delete(t.Context(), "s/a b/deep.html"); err != nil {
			t.Fatal(err)
		}
	}
	if code, _ := read("s/a%20b/deep.html"); code != http.StatusNotFound {
		t.Errorf("a deleted file answers %d", code)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, req)
}

func send(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read whole below
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
