package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
)

// live is a running process of the whole product.
type live struct {
	base string
	stop func() error
}

// serve runs the product on a free port until the test, or stop, ends it.
func serve(t *testing.T, yaml, data string) *live {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte(yaml), Types())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data, cfg.Listen, cfg.AdminListen = data, "127.0.0.1:0", config.AdminOff
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	var log bytes.Buffer
	go func() {
		ended <- Serve(ctx, ServeOptions{Config: cfg, Version: "test", Log: slog.New(slog.NewTextHandler(&log, nil)),
			Ready: func(public, _ net.Addr) { ready <- public }})
	}()
	l := &live{}
	stopped := false
	l.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = l.stop() })
	select {
	case a := <-ready:
		l.base = "http://" + a.String()
	case err := <-ended:
		t.Fatalf("serve ended: %v\n%s", err, log.String())
	}
	return l
}

const oneService = "services:\n  - {id: shop, name: Shop}\n"

func (l *live) post(t *testing.T, path, contentType, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return l.do(t, req)
}

func (l *live) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l.do(t, req)
}

func (l *live) do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// counted asks until so many reports are in the tallies.
func (l *live) counted(t *testing.T, want int) {
	t.Helper()
	var got struct{ Total int }
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		_, body := l.get(t, "/api/v1/services/shop/tallies")
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Total >= want {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if got.Total != want {
		t.Errorf("%d reports counted, want %d", got.Total, want)
	}
}

func TestReportsAreCountedOnceOverARestart(t *testing.T) {
	data := t.TempDir()
	l := serve(t, oneService, data)
	if code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`); code != http.StatusAccepted {
		t.Fatalf("%d %s", code, body)
	}
	var lines strings.Builder
	for range 20 {
		fmt.Fprintln(&lines, `{"service":"shop","symptom":"slow"}`)
	}
	for range 2 {
		l.post(t, "/api/v1/reports", "application/x-ndjson", lines.String(), "Idempotency-Key", "batch-1")
	}
	l.counted(t, 21)
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	l = serve(t, oneService, data)
	l.counted(t, 21)
	l.post(t, "/api/v1/reports", "application/x-ndjson", lines.String(), "Idempotency-Key", "batch-1")
	l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`)
	l.counted(t, 22)
}

func TestOperatorsSteerIncidentsAndThePageShowsThem(t *testing.T) {
	data := t.TempDir()
	l := serve(t, oneService, data)
	token, err := os.ReadFile(filepath.Clean(AdminTokenFile(data)))
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + strings.TrimSpace(string(token))
	open := `{"title":"Payment fails","services":["shop"],"body":"We are looking."}`
	if code, body := l.post(t, "/api/v1/incidents", "application/json", open); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", code, body)
	}
	code, body := l.post(t, "/api/v1/incidents", "application/json", open, "Authorization", bearer)
	if code != http.StatusCreated {
		t.Fatalf("%d %s", code, body)
	}
	var in struct{ ID string }
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for _, body = l.get(t, "/"); !strings.Contains(body, "Payment fails") && time.Now().Before(deadline); _, body = l.get(t, "/") {
		<-time.After(20 * time.Millisecond)
	}
	if !strings.Contains(body, "Payment fails") {
		t.Error("the page does not show the incident")
	}
	if code, body := l.post(t, "/api/v1/incidents/"+in.ID+"/resolve", "application/json", `{"body":"It works again."}`, "Authorization", bearer); code != http.StatusOK {
		t.Errorf("resolve: %d %s", code, body)
	}
}

func TestTwoProcessesDoNotShareAFolder(t *testing.T) {
	data := t.TempDir()
	serve(t, oneService, data)
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.AdminListen = data, "127.0.0.1:0", config.AdminOff
	err := Serve(t.Context(), ServeOptions{Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("got %v", err)
	}
}
