package vantage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// memory is the store's settings in a map; broken, it refuses.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	broken bool
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
	if m.broken {
		return outcry.Errorf(outcry.CodeUnavailable, "the store is away")
	}
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	m.values[key] = value
	return nil
}

// counter takes signals as the stream and its counters do: each ID once.
type counter struct {
	seen   map[uint64]outcry.Signal
	broken bool
}

func (c *counter) Send(_ context.Context, signals []outcry.Signal) error {
	if c.broken {
		return errors.New("the stream is away")
	}
	for i := range signals {
		c.seen[signals[i].ID] = signals[i]
	}
	return nil
}

type core struct {
	*Door
	memory  *memory
	counter *counter
	now     time.Time
}

func newCore(t testing.TB) *core {
	t.Helper()
	c := &core{memory: &memory{}, counter: &counter{seen: map[uint64]outcry.Signal{}}, now: time.Date(2026, 5, 16, 12, 0, 0, 0, time.UTC)}
	hand := func(name string) func() (Check, error) {
		return func() (Check, error) {
			return Check{Name: name, Kind: "http", Interval: time.Second, Timeout: time.Second, Options: "{url: x}"}, nil
		}
	}
	c.Door = New(Config{
		Tokens: map[string]string{"ord": "token-of-ord", "fra": "token-of-fra"}, Operators: map[string]string{"local": "operator"}, Readers: map[string]string{"wall": "reader"},
		Checks: []Assignment{
			{Name: "web", Service: "shop", Symptom: "down", Hand: hand("web")},
			{Name: "pay", Service: "payments", Vantages: []string{"fra"}, Secret: true, Hand: hand("pay")},
			{Name: "admin", Service: "shop", Secret: true, Hand: hand("admin")},
			{Name: "sms", Service: "texts", Scope: outcry.Scope{Carrier: "T-Mobile"}, Hand: hand("sms")},
		},
		Book: NewBook(c.memory), Sender: c.counter, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler),
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			status := map[outcry.Code]int{outcry.CodeUnauthorized: 401, outcry.CodeForbidden: 403, outcry.CodeInvalid: 400, outcry.CodeNotFound: 404, outcry.CodeTooMany: 429}[outcry.CodeOf(err)]
			http.Error(w, err.Error(), max(status, 400))
		},
	})
	return c
}

func (c *core) mux() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range c.Handlers() {
		mux.Handle(pattern, h)
	}
	return mux
}

func (c *core) ask(t testing.TB, method, path, token, body string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	c.mux().ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

func (c *core) result(n uint64, check string, after time.Duration) Result {
	return Result{Number: n, Check: check, At: c.now.Add(after).UnixMilli(), Outcome: outcry.Bad, Reason: "timeout", Latency: 20}
}

const spoolName = "ABCDEFGHIJ"

// A vantage says which check, when and how it ended; whose it is and what it is
// about come from the core's configuration.
func TestVantageSpeaksOnlyForItself(t *testing.T) {
	c := newCore(t)
	in := &Delivery{Spool: spoolName, Region: "US-IL", Carrier: "Verizon", Results: []Result{
		c.result(1, "web", 0), c.result(2, "sms", 0), c.result(3, "pay", 0), c.result(4, "admin", 0), c.result(5, "none", 0),
		c.result(6, "web", 2*time.Minute), c.result(7, "web", -8*24*time.Hour), {Number: 8, Check: "web", At: c.now.UnixMilli(), Outcome: 9},
	}}
	got, err := c.Take(t.Context(), "ord", in)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Receipt{Through: 8, Counted: 2, Refused: 6}); got != want {
		t.Errorf("got %+v, want %+v: only checks that it runs, at possible times", got, want)
	}
	for _, s := range c.counter.seen {
		want := outcry.Signal{Kind: outcry.KindProbe, At: c.now, Service: "shop", Symptom: "down", Vantage: "ord", Reason: "timeout",
			Latency: 20 * time.Millisecond, ID: s.ID, Scope: outcry.Scope{Region: "US-IL", Carrier: "Verizon"}}
		if s.Service == "texts" { // a check of one carrier's route speaks for that place
			want.Service, want.Symptom, want.Vantage, want.Scope.Carrier = "texts", "", "ord via T-Mobile", "T-Mobile"
		}
		if s != want {
			t.Errorf("got %+v\nwant %+v", s, want)
		}
	}
}

// Secrets go to vantages that the check names; a check without goes to all.
func TestVantageIsHandedItsShare(t *testing.T) {
	c := newCore(t)
	for token, want := range map[string]string{"token-of-ord": "web sms", "token-of-fra": "web pay sms"} {
		code, body := c.ask(t, http.MethodGet, "/api/v1/vantage/checks", token, "")
		var a Agenda
		if err := json.Unmarshal([]byte(body), &a); err != nil || code != http.StatusOK {
			t.Fatal(code, body, err)
		}
		var names []string
		for _, check := range a.Checks {
			names = append(names, check.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", token, got, want)
		}
	}
}

// Whose token is revoked is refused from the next request on; who holds no
// operator's token cannot revoke.
func TestRevocation(t *testing.T) {
	c := newCore(t)
	steps := []struct {
		method, path, token string
		want                int
	}{
		{http.MethodGet, "/api/v1/vantage/checks", "token-of-ord", 200},
		{http.MethodGet, "/api/v1/vantage/checks", "operator", 401},
		{http.MethodGet, "/api/v1/vantage/checks", "", 401},
		{http.MethodPost, "/api/v1/vantages/ord/revoke", "token-of-fra", 401},
		{http.MethodPost, "/api/v1/vantages/none/revoke", "operator", 404},
		{http.MethodPost, "/api/v1/vantages/ord/revoke", "operator", 200},
		{http.MethodGet, "/api/v1/vantage/checks", "token-of-ord", 403},
		{http.MethodPost, "/api/v1/vantage/results", "token-of-ord", 403},
		{http.MethodGet, "/api/v1/vantage/checks", "token-of-fra", 200},
		{http.MethodPost, "/api/v1/vantages/ord/restore", "operator", 200},
		{http.MethodGet, "/api/v1/vantage/checks", "token-of-ord", 200},
		{http.MethodPost, "/api/v1/vantage/results", "token-of-ord", 400},
		{http.MethodGet, "/api/v1/vantages", "token-of-ord", 401},
		{http.MethodGet, "/api/v1/vantages", "operator", 200},
	}
	for i, s := range steps {
		if code, body := c.ask(t, s.method, s.path, s.token, ""); code != s.want {
			t.Errorf("step %d, %s %s: %d %s, want %d", i, s.method, s.path, code, body, s.want)
		}
	}
}

// Whatever is lost on the way, each result is counted once: deliveries that
// failed, whose answers were lost, or whose position could not be kept.
func TestEachResultCountsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCore(&testing.T{})
		total := rapid.IntRange(1, 60).Draw(t, "results")
		for from := 1; from <= total; {
			in := &Delivery{Spool: spoolName}
			for n := from; n <= min(from+rapid.IntRange(0, 20).Draw(t, "more"), total); n++ {
				in.Results = append(in.Results, c.result(uint64(n), "web", -time.Duration(n)*time.Second))
			}
			c.counter.broken = rapid.Bool().Draw(t, "no stream")
			c.memory.broken = rapid.Bool().Draw(t, "no store")
			r, err := c.Take(context.Background(), "ord", in)
			if heard := rapid.Bool().Draw(t, "answer heard"); err == nil && heard {
				from = int(r.Through) + 1
			}
		}
		if len(c.counter.seen) != total {
			t.Fatalf("%d of %d counted", len(c.counter.seen), total)
		}
	})
}

// A delivery from hours ago whose answer was lost is known by its numbers, when
// no counter remembers its IDs any more; a new spool counts anew.
func TestOldDeliveriesAreKnown(t *testing.T) {
	c := newCore(t)
	in := &Delivery{Spool: spoolName, Results: []Result{c.result(1, "web", 0), c.result(2, "web", time.Second)}}
	for i, want := range []Receipt{{Through: 2, Counted: 2}, {Through: 2, Known: 2}} {
		got, err := c.Take(t.Context(), "ord", in)
		if err != nil || got != want {
			t.Errorf("delivery %d: %+v, %v, want %+v", i+1, got, err, want)
		}
		c.now = c.now.Add(3 * time.Hour)
	}
	in.Spool = "KLMNOPQRST"
	in.Results = []Result{c.result(1, "web", 0)}
	if got, err := c.Take(t.Context(), "ord", in); err != nil || got.Counted != 1 {
		t.Errorf("of a new spool: %+v, %v", got, err)
	}
}

// A stolen token floods the core with so much, and no more; it takes nothing from
// another vantage, and ends with a revocation. Large bodies are not even read.
func TestAFloodIsBounded(t *testing.T) {
	c := newCore(t)
	flood := func() (taken int) {
		for n := range 2000 {
			body := fmt.Sprintf(`{"spool":%q,"results":[{"n":%d,"check":"web","at":%d,"outcome":0}]}`, spoolName, n+1, c.now.UnixMilli()-int64(n))
			switch code, answer := c.ask(t, http.MethodPost, "/api/v1/vantage/results", "token-of-ord", body); code {
			case http.StatusOK:
				taken++
			case http.StatusTooManyRequests:
			default:
				t.Fatal(code, answer)
			}
		}
		return taken
	}
	if n := flood(); n != requestsAtOnce {
		t.Errorf("%d deliveries were taken at once", n)
	}
	read := &counted{}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/vantage/results", read)
	req.Header.Set("Authorization", "Bearer token-of-ord")
	w := httptest.NewRecorder()
	c.mux().ServeHTTP(w, req)
	if w.Code != http.StatusTooManyRequests || read.bytes > 0 {
		t.Errorf("%d, and %d bytes were read", w.Code, read.bytes)
	}
	if code, _ := c.ask(t, http.MethodGet, "/api/v1/vantage/checks", "token-of-fra", ""); code != http.StatusOK {
		t.Errorf("another vantage has %d", code)
	}
	c.now = c.now.Add(10 * time.Second)
	if n := flood(); n != requestsAtOnce {
		t.Errorf("%d deliveries were taken after ten seconds", n)
	}
	c.now = c.now.Add(time.Second)
	if n := flood(); n != requestsPerSecond {
		t.Errorf("%d deliveries were taken in a second", n)
	}
	if code, body := c.ask(t, http.MethodPost, "/api/v1/vantages/ord/revoke", "operator", ""); code != http.StatusOK {
		t.Fatal(code, body)
	}
	if code, _ := c.ask(t, http.MethodGet, "/api/v1/vantage/checks", "token-of-ord", ""); code != http.StatusForbidden {
		t.Errorf("revoked, it has %d", code)
	}
}

// counted is a body without end that knows how much of it was read.
type counted struct{ bytes int }

func (c *counted) Read(b []byte) (int, error) {
	c.bytes += len(b)
	return len(b), nil
}

// A body beyond the bound is refused once the bound is read.
func TestALargeDeliveryIsRefused(t *testing.T) {
	c, read := newCore(t), &counted{}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/vantage/results", read)
	req.Header.Set("Authorization", "Bearer token-of-ord")
	w := httptest.NewRecorder()
	c.mux().ServeHTTP(w, req)
	if w.Code != http.StatusBadRequest || read.bytes > 2*MaxBody {
		t.Errorf("%d after %d bytes", w.Code, read.bytes)
	}
}

// A proxy that compresses weakens the tag of what the vantage has.
func TestAWeakTagIsKnown(t *testing.T) {
	c := newCore(t)
	ask := func(tag string) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/vantage/checks", http.NoBody)
		req.Header.Set("Authorization", "Bearer token-of-ord")
		req.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		c.mux().ServeHTTP(w, req)
		return w
	}
	tag := ask("").Header().Get("ETag")
	for given, want := range map[string]int{tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"other"`: http.StatusOK} {
		if got := ask(given).Code; got != want {
			t.Errorf("with %s: %d, want %d", given, got, want)
		}
	}
}

// What arrives as a delivery may be anything.
func FuzzDelivery(f *testing.F) {
	f.Add(`{"spool":"ABCDEFGHIJ","results":[{"n":1,"check":"web","at":1778932800000,"outcome":0,"latency_ms":3}]}`)
	f.Add(`{"spool":"ABCDEFGHIJ","region":"\u0000","results":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := newCore(t)
		code, answer := c.ask(t, http.MethodPost, "/api/v1/vantage/results", "token-of-ord", body)
		if code != http.StatusOK && code != http.StatusBadRequest {
			t.Errorf("%d %s", code, answer)
		}
		for _, s := range c.counter.seen {
			if s.Service != "shop" && s.Service != "texts" || !strings.HasPrefix(s.Vantage, "ord") {
				t.Errorf("it spoke for another: %+v", s)
			}
		}
	})
}

// A vantage that falls silent, or never speaks, is told of once, and when it is
// back.
func TestSilenceIsNoticed(t *testing.T) {
	var p presence
	at := time.Unix(1000, 0)
	p.heard("ord", at.Add(time.Second))
	said := func(after time.Duration) string {
		gone, back := p.missing(at.Add(after), at, []string{"fra", "ord"})
		return fmt.Sprint(gone, back)
	}
	for i, want := range []string{"[] []", "[fra] []", "[ord] []", "[] []"} {
		if got := said(time.Duration(min(i, 1))*missedAfter + time.Duration(i)*time.Second); got != want {
			t.Errorf("step %d: %s, want %s", i, got, want)
		}
	}
	p.heard("ord", at.Add(3*missedAfter))
	if got := said(3 * missedAfter); got != "[] [ord]" {
		t.Errorf("back: %s", got)
	}
}

// connections are those of one process.
type connections map[string]int

func (connections) Join(http.ResponseWriter, *http.Request, string) error { return nil }
func (connections) Cut(string)                                            {}
func (c connections) Open(name string) int                                { return c[name] }

// Whichever process of the core is asked, it knows who is connected; what
// another said of it half a minute ago is not believed.
func TestConnectionsAreKnownElsewhere(t *testing.T) {
	here, there := newCore(t), newCore(t)
	there.cfg.Book = here.cfg.Book
	at := connections{"ord": 1}
	here.Attach(at)
	there.Attach(connections{})
	for _, s := range []struct {
		says        string
		later       time.Duration
		open        int
		here, there bool
	}{
		{"joined, and noted", 0, 1, true, true},
		{"still noted elsewhere when it has just gone", time.Second, 0, false, true},
		{"gone for half a minute", 3 * pollEvery, 0, false, false},
	} {
		at["ord"] = s.open
		here.noteJoined(t.Context())
		there.now = here.now.Add(s.later)
		for name, c := range map[string]struct {
			*core
			want bool
		}{"here": {here, s.here}, "there": {there, s.there}} {
			_, body := c.ask(t, http.MethodGet, "/api/v1/vantages", "operator", "")
			if got := strings.Contains(body, `"name":"ord","revoked":false,"connected":true`); got != c.want {
				t.Errorf("%s, asked %s: %s", s.says, name, body)
			}
		}
	}
}
