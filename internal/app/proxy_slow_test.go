//go:build slow

package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// behind prepares an nginx that has the certificate and hands all on, as
// docs/getting-started.md shows: with the upgrades of vantages, or without.
func behind(t *testing.T, authority *probetest.Authority, core string, upgrades bool) (addr, ca string, start func() *daemon.Process) {
	t.Helper()
	dir := daemon.Folder(t, false)
	ca, cert, key := authority.Files(t, dir, "127.0.0.1")
	addr, _ = daemon.FreePort(t)
	socket := ""
	if upgrades {
		socket = fmt.Sprintf(`location = /api/v1/vantage/nats {
      proxy_pass %s;
      proxy_set_header Host $host;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }`, core)
	}
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1; user root;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen %[2]s ssl;
    ssl_certificate %[3]s; ssl_certificate_key %[4]s;
    location / {
      proxy_pass %[5]s;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffering off;
    }
    %[6]s
  }
}`, dir, addr, cert, key, core, socket)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return addr, ca, func() *daemon.Process {
		return daemon.Start(t, daemon.Spec{Program: "nginx", Needs: "apt-get install nginx-light", Dir: dir, Args: []string{"-c", file}, Ready: daemon.Answers(addr)})
	}
}

// somebody reports through the proxy from an address of this machine's, and may
// claim to stand for others.
func somebody(t *testing.T, authority *probetest.Authority, base, from, claims string) int {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/reports", strings.NewReader(`{"service":"shop"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if claims != "" {
		req.Header.Set("X-Forwarded-For", claims)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestBehindAProxyThatEndsTLS has a real nginx before the core, which speaks no
// TLS itself: a remote vantage joins through it, reports count for whom nginx has
// seen, whatever they claim, and what a vantage saw while the proxy was away is
// delivered afterwards.
func TestBehindAProxyThatEndsTLS(t *testing.T) {
	t.Parallel()
	token := secretFile(t, "token-of-ord")
	var runs atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runs.Add(1) }))
	defer target.Close()
	data := t.TempDir()
	l := serve(t, `
services: [{id: shop}]
vantage: {references: []}
intake:
  trusted_proxies: [127.0.0.1/32]
  limit: {rate: 1/h, burst: 2}
  tokens: [{name: ord, token: {file: "`+token+`"}, roles: [probe]}]
checks: [{name: web, service: shop, url: "`+target.URL+`", interval: 1s, timeout: 1s, vantages: [ord]}]
`, data)
	authority := probetest.NewAuthority(t)
	addr, ca, start := behind(t, authority, l.base, true)
	nginx := start()
	base := "https://" + addr

	for _, c := range []struct {
		says, from, claims string
		want               int
	}{
		{"somebody", "127.0.1.1", "", http.StatusAccepted},
		{"the same, for another", "127.0.1.1", "198.51.100.1", http.StatusAccepted},
		{"the same is over the limit, whoever it claims to be", "127.0.1.1", "198.51.100.2", http.StatusTooManyRequests},
		{"the same, as this machine itself", "127.0.1.1", "127.0.0.1", http.StatusTooManyRequests},
		{"somebody of another network is not", "127.0.2.1", "", http.StatusAccepted},
	} {
		if got := somebody(t, authority, base, c.from, c.claims); got != c.want {
			t.Errorf("%s: status %d, wanted %d", c.says, got, c.want)
		}
	}

	yaml := func(ca string) string {
		return `
vantage: {name: ord, region: US-IL, carrier: T-Mobile, references: [], core: "` + base + `", ca: "` + ca + `", token: {file: "` + token + `"}}
outbound: {allow: [127.0.0.1]}
`
	}
	other, _, _ := probetest.NewAuthority(t).Files(t, t.TempDir(), "127.0.0.1")
	log, stop := outlook(t, yaml(other), t.TempDir())
	until(t, "its refusal of a certificate that it does not know", func() bool { return strings.Contains(log.String(), "unknown authority") })
	stop()
	if n := probes(t, data, "shop").Total; n != 0 {
		t.Errorf("%d results came by a proxy whose certificate was not trusted", n)
	}
	log, stop = outlook(t, yaml(ca), t.TempDir())
	seen := func() int32 { s := probes(t, data, "shop"); return int32(s.Total - s.Bad - s.Unknown) }
	until(t, "the first delivery", func() bool { return seen() > 0 })
	if !strings.Contains(log.String(), "joined over NATS") || strings.Contains(log.String(), "does not get through") {
		t.Errorf("it did not join over NATS, through nginx:\n%s", log)
	}
	nginx.Stop()
	before := runs.Load()
	until(t, "some runs while the proxy is away", func() bool { return runs.Load() > before+3 })
	if n := seen(); n > before {
		t.Errorf("%d results came without the proxy, of %d runs before", n, before)
	}
	now := runs.Load()
	start()
	until(t, "what was seen meanwhile", func() bool { return seen() >= now })
	until(t, "its joining again", func() bool { return strings.Count(log.String(), "joined over NATS") > 1 })
	stop()
	if strings.Contains(log.String(), "token-of-ord") {
		t.Error("the token is in the log:", log)
	}
}

// TestBehindAProxyThatPassesNoUpgrade has nginx as it is before it is told of
// WebSockets: a vantage says so once and goes on by requests.
func TestBehindAProxyThatPassesNoUpgrade(t *testing.T) {
	t.Parallel()
	token := secretFile(t, "token-of-ord")
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	data := t.TempDir()
	l := serve(t, `
services: [{id: shop}]
vantage: {references: []}
intake:
  trusted_proxies: [127.0.0.1/32]
  tokens: [{name: ord, token: {file: "`+token+`"}, roles: [probe]}]
checks: [{name: web, service: shop, url: "`+target.URL+`", interval: 1s, timeout: 1s, vantages: [ord]}]
`, data)
	authority := probetest.NewAuthority(t)
	addr, ca, start := behind(t, authority, l.base, false)
	nginx := start()
	log, stop := outlook(t, `
vantage: {name: ord, region: US-IL, carrier: T-Mobile, references: [], core: "https://`+addr+`", ca: "`+ca+`", token: {file: "`+token+`"}}
outbound: {allow: [127.0.0.1]}
`, t.TempDir())
	seen := func() int32 { s := probes(t, data, "shop"); return int32(s.Total - s.Bad - s.Unknown) }
	until(t, "deliveries", func() bool { return seen() > 2 })
	nginx.Stop()
	before := seen()
	start()
	until(t, "deliveries after nginx was away", func() bool { return seen() > before+2 })
	stop()
	if n := strings.Count(log.String(), "does not get through"); n != 1 || strings.Contains(log.String(), "joined over NATS") {
		t.Errorf("said %d times:\n%s", n, log)
	}
}
