package hub_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/testutil/buffer"
	"github.com/outcry/outcry/internal/vantage"
	"github.com/outcry/outcry/internal/vantage/hub"
)

// memory is the store's settings, which the processes of a core share.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (m *memory) Setting(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.values[key]; ok {
		return v, nil
	}
	return nil, outcry.Errorf(outcry.CodeNotFound, "no setting")
}

func (m *memory) PutSetting(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value
	return nil
}

// counter takes signals as the stream and its counters do, each ID once. Fails
// lets so many deliveries fail after they were taken.
type counter struct {
	mu    sync.Mutex
	seen  map[uint64]outcry.Signal
	times int
	fails int
}

func (c *counter) Send(_ context.Context, signals []outcry.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range signals {
		c.seen[signals[i].ID] = signals[i]
		c.times++
	}
	if c.fails > 0 {
		c.fails--
		return errors.New("nobody knows whether the stream has it")
	}
	return nil
}

func (c *counter) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// process is one of a core: its pages, and its listener of NATS.
type process struct {
	*vantage.Door
	hub   *hub.Hub
	pages *httptest.Server
	stop  func()
}

// core is what the processes of a core share.
type core struct {
	memory  *memory
	counter *counter
	log     *buffer.Buffer
	mu      sync.Mutex
	options string // of every check
	checks  int
	now     func() time.Time
	tls     *tls.Config
	roots   *x509.CertPool
}

func newCore(t testing.TB) *core {
	t.Helper()
	own := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	t.Cleanup(own.Close)
	roots := x509.NewCertPool()
	roots.AddCert(own.Certificate())
	return &core{
		memory: &memory{values: map[string][]byte{}}, counter: &counter{seen: map[uint64]outcry.Signal{}}, log: &buffer.Buffer{}, options: "{url: x}", checks: 2, now: time.Now,
		tls: &tls.Config{Certificates: own.TLS.Certificates, MinVersion: tls.VersionTLS12}, roots: roots,
	}
}

func (c *core) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (c *core) set(options string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options = options
}

func (c *core) hand(name string) func() (vantage.Check, error) {
	return func() (vantage.Check, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return vantage.Check{Name: name, Kind: "http", Interval: time.Second, Timeout: time.Second, Options: c.options}, nil
	}
}

// start starts one of its processes; the listener of NATS is on an address, and
// pages may be wrapped.
func (c *core) start(t testing.TB, listen string, wrap func(http.Handler) http.Handler) *process {
	t.Helper()
	var checks []vantage.Assignment
	for i := range c.checks {
		name := fmt.Sprintf("web-%d", i)
		checks = append(checks, vantage.Assignment{Name: name, Service: "shop", Symptom: "down", Hand: c.hand(name)})
	}
	p := &process{}
	p.Door = vantage.New(vantage.Config{
		Tokens: map[string]string{"ord": "token-of-ord", "fra *.>": "token-of-fra"}, Operators: map[string]string{"local": "operator"}, Checks: checks,
		Book: vantage.NewBook(c.memory), Sender: c.counter, Now: c.now, Log: c.logger(),
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			status := map[outcry.Code]int{outcry.CodeUnauthorized: 401, outcry.CodeForbidden: 403, outcry.CodeNotFound: 404, outcry.CodeTooMany: 429, outcry.CodeUnavailable: 503}[outcry.CodeOf(err)]
			http.Error(w, err.Error(), max(status, 400))
		},
	})
	h, err := hub.Open(t.Context(), hub.Config{Door: p.Door, Listen: listen, TLS: c.tls, Log: c.logger()})
	if err != nil {
		t.Fatal(err)
	}
	p.hub = h
	p.Attach(h)
	mux := http.NewServeMux()
	for pattern, handler := range p.Handlers() {
		mux.Handle(pattern, handler)
	}
	var pages http.Handler = mux
	if wrap != nil {
		pages = wrap(mux)
	}
	p.pages = httptest.NewServer(pages)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		p.pages.Close()
	})
	t.Cleanup(p.stop)
	return p
}

// ask does a request to the pages.
func (p *process) ask(t testing.TB, method, path, token string) int {
	t.Helper()
	code, _ := p.do(t, method, path, token)
	return code
}

func (p *process) get(t testing.TB, path, token string) (int, string) {
	t.Helper()
	return p.do(t, http.MethodGet, path, token)
}

func (p *process) do(t testing.TB, method, path, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.pages.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// raw connects as a vantage's token lets, over TLS.
func (c *core) raw(t testing.TB, p *process, token string, more ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	nc, err := nats.Connect("tls://"+p.hub.Addr().String(), append([]nats.Option{
		nats.Token(token), nats.Secure(&tls.Config{RootCAs: c.roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

// socket opens a WebSocket of a vantage.
func (p *process) socket(t testing.TB, token string) (*websocket.Conn, error) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), p.pages.URL+vantage.PathNATS, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	return ws, err
}

// post is a vantage that runs: what it was told, and what it keeps.
type post struct {
	client *vantage.Client
	spool  *vantage.Spool
	log    *buffer.Buffer
	mu     sync.Mutex
	told   []vantage.Agenda
}

func (c *core) post(t testing.TB, address string) *post {
	t.Helper()
	spool, err := vantage.OpenSpool(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v := &post{spool: spool, log: &buffer.Buffer{}}
	dialer := &net.Dialer{}
	v.client, err = vantage.NewClient(vantage.ClientConfig{
		Core: address, Token: func() (string, error) { return "token-of-ord", nil }, Region: "US-IL", Carrier: "T-Mobile", UserAgent: "test",
		HTTP: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}, Dial: dialer.DialContext,
		TLS: &tls.Config{RootCAs: c.roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}, Spool: spool,
		Apply: func(a vantage.Agenda) error {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.told = append(v.told, a)
			return nil
		},
		Log: slog.New(slog.NewTextHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.client.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(v.log.String()+c.log.String(), "token-of") {
			t.Error("a token is in a log")
		}
	})
	return v
}

// last is how many checks it was told last; -1: nothing.
func (v *post) last() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.told) == 0 {
		return -1
	}
	return len(v.told[len(v.told)-1].Checks)
}

// sees keeps results of so many runs, from a number on.
func (v *post) sees(t testing.TB, from, runs int) {
	t.Helper()
	at := time.Now().Add(-time.Hour)
	var all []outcry.Signal
	for i := range runs {
		all = append(all, outcry.Signal{Kind: outcry.KindProbe, Outcome: outcry.Good, At: at.Add(time.Duration(from+i) * time.Millisecond), Service: "web-1", Latency: time.Millisecond})
	}
	if err := v.spool.Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// until waits for something that happens elsewhere; the test's deadline bounds it.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
