package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

func TestMetricsAreTakenOfThoseWhoMayBringThem(t *testing.T) {
	t.Setenv("TEST_METRIC_TOKEN", "a secret of the collector")
	l := serve(t, oneService+`intake:
  tokens: [{name: otel, token: {env: TEST_METRIC_TOKEN}, roles: [alert]}]
sources: [{name: errors, type: otlp, metric: http.errors, match: {code: "5*"}, about: shop, interval: 10s}]
`, t.TempDir())
	for _, c := range []struct {
		why, token string
		want       int
	}{
		{"the collector", "Bearer a secret of the collector", http.StatusOK},
		{"somebody", "Bearer guessed", http.StatusUnauthorized},
		{"nobody", "", http.StatusUnauthorized},
	} {
		if code, body := l.post(t, "/api/v1/otlp/v1/metrics", "application/json", `{"resourceMetrics":[]}`, "Authorization", c.token); code != c.want {
			t.Errorf("%s: %d %s", c.why, code, body)
		}
	}
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
}

// The same token opens the listener for gRPC, which speaks TLS when it is given a
// certificate.
func TestMetricsAreTakenByGRPC(t *testing.T) {
	t.Setenv("TEST_METRIC_TOKEN", "a secret of the collector")
	address, _ := daemon.FreePort(t)
	dir := t.TempDir()
	trusted := certificate(t, dir)
	l := serve(t, oneService+`intake:
  otlp: {grpc: "`+address+`", cert: "`+dir+`/crt.pem", key: "`+dir+`/key.pem"}
  tokens: [{name: otel, token: {env: TEST_METRIC_TOKEN}, roles: [alert]}]
sources: [{name: errors, type: otlp, metric: http.errors, match: {code: "5*"}, about: shop, interval: 10s}]
`, t.TempDir())
	for _, c := range []struct {
		why, token string
		creds      credentials.TransportCredentials
		want       codes.Code
	}{
		{"the collector", "Bearer a secret of the collector", credentials.NewClientTLSFromCert(trusted, ""), codes.OK},
		{"somebody", "Bearer guessed", credentials.NewClientTLSFromCert(trusted, ""), codes.Unauthenticated},
		{"one who speaks in the clear", "Bearer a secret of the collector", insecure.NewCredentials(), codes.Unavailable},
	} {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(c.creds))
		if err != nil {
			t.Fatal(err)
		}
		ctx := metadata.AppendToOutgoingContext(soon(t), "authorization", c.token)
		err = conn.Invoke(ctx, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", &metrics.MetricsData{}, &metrics.MetricsData{})
		if status.Code(err) != c.want {
			t.Errorf("%s: %v", c.why, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
}

// certificate writes one for 127.0.0.1 and its key into a folder, and gives those
// who trust it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	like := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, like, like, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{"crt.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

func TestSourcesOfErrorsThatCannotBe(t *testing.T) {
	for _, source := range []string{
		`{name: e, type: otlp, metric: m, about: nobody}`, `{name: e, type: promql, url: "http://p.example", query: up, about: nobody}`,
		`{name: e, type: promql, query: up, about: shop}`, `{name: e, type: otlp, about: shop}`,
		`{name: e, type: promql, url: "http://p.example", query: up, about: shop, interval: 5m}`,
	} {
		if _, err := config.Parse("test.yaml", []byte(oneService+"sources: ["+source+"]\n"), Types()); err == nil {
			t.Errorf("%s: no error", source)
		}
	}
}
