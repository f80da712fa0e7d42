package app

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/testutil/buffer"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// outlook runs a remote vantage until the test, or stop, ends it.
func outlook(t *testing.T, yaml, data string) (log *buffer.Buffer, stop func()) {
	t.Helper()
	cfg, err := config.Parse("vantage.yaml", []byte(yaml), Types())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data, cfg.AdminListen = data, "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	log = &buffer.Buffer{}
	go func() {
		ended <- Serve(ctx, ServeOptions{Config: cfg, Roles: []Role{RoleProbe}, Version: "test", Log: slog.New(slog.NewTextHandler(log, nil)),
			Ready: func(_, _ net.Addr) { close(ready) }})
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the vantage ended: %v\n%s", err, log)
			}
		})
	}
	t.Cleanup(stop)
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("the vantage did not start: %v\n%s", err, log)
	}
	return log, stop
}

// until waits for something that happens elsewhere; the test's deadline bounds it.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-t.Context().Done():
			t.Fatalf("waiting for %s: %v", what, t.Context().Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A remote vantage runs the checks that are its own, with their secrets, and
// what it sees is counted under its name and place; one that is revoked stops.
// That is so by whichever way it joins.
func TestRemoteVantage(t *testing.T) {
	authority := probetest.NewAuthority(t)
	ca, cert, key := authority.Files(t, t.TempDir(), "127.0.0.1")
	for _, way := range []struct{ says, core string }{
		{"by a WebSocket of the pages", "PAGES"},
		{"by the listener of NATS with TLS", "tls://NATS"},
	} {
		t.Run(way.says, func(t *testing.T) { remoteVantage(t, way.core, ca, cert, key) })
	}
}

func remoteVantage(t *testing.T, core, ca, cert, key string) {
	t.Setenv("OUTCRY_TEST_VANTAGE", "token-of-ord")
	t.Setenv("OUTCRY_TEST_HOOK", "the-shop's-secret")
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	data := t.TempDir()
	addr, _ := daemon.FreePort(t)
	l := serve(t, `
services: [{id: shop}, {id: other}, {id: rows}]
vantage: {references: []}
intake:
  nats: {listen: "`+addr+`", cert: "`+cert+`", key: "`+key+`"}
  tokens: [{name: ord, token: {env: OUTCRY_TEST_VANTAGE}, roles: [probe]}]
checks:
  - {name: web, service: shop, url: "`+target.URL+`", interval: 1s, timeout: 1s, vantages: [ord]}
  - {name: near, service: other, url: "tcp://127.0.0.2:1", interval: 1s, timeout: 1s, vantages: [ord]}
  - {name: rows, service: rows, url: "postgres://127.0.0.1:1/x", user: x, password: {env: OUTCRY_TEST_HOOK}, interval: 1s, timeout: 1s, vantages: [ord]}
`, data)
	yaml := `
vantage: {name: ord, region: US-IL, carrier: T-Mobile, references: [], core: "` + strings.NewReplacer("PAGES", l.base, "NATS", addr).Replace(core) + `", ca: "` + ca + `", token: {env: OUTCRY_TEST_VANTAGE}}
outbound: {allow: [127.0.0.1]}
`
	log, stop := outlook(t, yaml, t.TempDir())
	operator, err := os.ReadFile(AdminTokenFile(data))
	if err != nil {
		t.Fatal(err)
	}
	auth := []string{"Authorization", "Bearer " + strings.TrimSpace(string(operator))}
	until(t, "the first delivery", func() bool {
		s := probes(t, data, "shop")
		return s.Total > s.Bad+s.Unknown && probes(t, data, "other").Unknown > 0 && probes(t, data, "rows").Bad > 0
	})
	if !strings.Contains(log.String(), "joined over NATS") || strings.Contains(log.String(), "does not get through") {
		t.Errorf("it did not join over NATS:\n%s", log)
	}
	if code, body := l.post(t, "/api/v1/vantages/ord/revoke", "application/json", "", auth...); code != http.StatusOK {
		t.Fatal(code, body)
	}
	until(t, "the refusal, at once", func() bool { return strings.Contains(log.String(), "nothing is checked") })
	stop()
	if s := probes(t, data, "other"); s.Bad > 0 {
		t.Errorf("a target near the vantage, which its own list does not open, was dialled: %+v", s)
	}
	for _, secret := range []string{"token-of-ord", "the-shop's-secret"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("a secret is in the log: %s", log)
		}
	}
	log, stop = outlook(t, yaml, t.TempDir())
	until(t, "the refusal", func() bool { return strings.Contains(log.String(), "nothing is checked") })
	stop()
}

// probes sums what the store has of a service's checks, and holds every cell to
// the vantage's name and place.
func probes(t *testing.T, data, service string) (sum outcry.Counts) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "outcry.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // only read
	now := outcry.TickOf(time.Now())
	tallies, err := s.Tallies(t.Context(), store.TallyQuery{Service: service, Kind: outcry.KindProbe, From: now - 360, To: now + 60, Cells: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tallies {
		sum.Total, sum.Bad, sum.Unknown = sum.Total+tallies[i].Total, sum.Bad+tallies[i].Bad, sum.Unknown+tallies[i].Unknown
		for _, c := range tallies[i].Cells {
			if c.Vantage != "ord" || c.Scope.Region != "US-IL" || c.Scope.Carrier != "T-Mobile" {
				t.Errorf("a cell of another: %+v", c.CellKey)
			}
		}
	}
	return sum
}

// A remote vantage's configuration runs no other role.
func TestRemoteVantageOnlyProbes(t *testing.T) {
	t.Setenv("OUTCRY_TEST_VANTAGE", "token-of-ord")
	cfg, err := config.Parse("vantage.yaml", []byte(`vantage: {core: "https://core.example", token: {env: OUTCRY_TEST_VANTAGE}}`), Types())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	err = Serve(t.Context(), ServeOptions{Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "--roles probe") {
		t.Errorf("got %v", err)
	}
}

// The core's certificate may be of an authority that only its operator knows.
func TestVantageTrustsItsCoresAuthority(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for ca, trusted := range map[string]bool{path: true, "": false} {
		roots, err := authority(ca)
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if (err == nil) != trusted {
			t.Errorf("with the authority %q: %v", ca, err)
		}
		client.CloseIdleConnections()
	}
	if _, err := authority(filepath.Join(t.TempDir(), "none.pem")); err == nil {
		t.Error("a file that is not there is taken")
	}
}
