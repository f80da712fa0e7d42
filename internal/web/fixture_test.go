package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// testPushKey is a point on P-256, that of RFC 8291's example.
const testPushKey = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"

// Tokens of an operator, of one who may only look, and of one who may report,
// too.
const (
	operatorToken = "correct horse battery staple"
	readerToken   = "look but do not touch"
	deskToken     = "look and tell"
)

// newTest makes a server at the stage Outage, with every part a fake.
func newTest(t testing.TB, change func(*Config, *Deps)) *Server {
	t.Helper()
	c := Config{
		Page:      page.Options{Name: "Apple, watched", URL: "https://status.example.org", Location: pagetest.Location(), PushKey: testPushKey},
		Operators: map[string]string{"mara": operatorToken, "nobody": ""}, Readers: []Reader{{"wall", readerToken, true}, {"desk", deskToken, false}, {"none", "", true}}, Version: "1.2.3",
	}
	d := Deps{
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return pagetest.Now(pagetest.Outage) },
		Metrics: prometheus.NewRegistry(), Tallies: fakeTallies{}, Library: fakeLibrary{}, Commander: &fakeCommander{},
		Reports: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/s/"+r.FormValue("service")+"?thanks=1", http.StatusSeeOther)
		}),
	}
	if change != nil {
		change(&c, &d)
	}
	s, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		t.Fatal(err)
	}
	return s
}

// start serves over loopback, through the front, and gives the address.
func start(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, 5*time.Second) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// ask sends one request to the handler.
func ask(s http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type fakeTallies struct{ err error }

func (f fakeTallies) Tallies(_ context.Context, service string, from, to outcry.Tick) ([]outcry.Tally, error) {
	if f.err != nil {
		return nil, f.err
	}
	first := outcry.TickOf(pagetest.Onset)
	var out []outcry.Tally
	for i := range outcry.Tick(4) {
		if t := first + i; from <= t && t < to && i != 2 {
			n := uint32(i + 1)
			out = append(out,
				outcry.Tally{Service: service, Kind: outcry.KindReport, Tick: t, Counts: outcry.Counts{Total: 2 * n, Distinct: n}},
				outcry.Tally{Service: service, Kind: outcry.KindProbe, Tick: t, Counts: outcry.Counts{Total: 9}})
		}
	}
	return out, nil
}

type fakeLibrary struct{}

func (fakeLibrary) Incident(_ context.Context, id string) (outcry.Incident, error) {
	if id == "hidden" {
		return outcry.Incident{ID: id, Title: "not public"}, nil
	}
	return outcry.Incident{}, outcry.Errorf(outcry.CodeNotFound, "there is no such incident")
}

func (fakeLibrary) Incidents(_ context.Context, q Query) ([]outcry.Incident, error) {
	return []outcry.Incident{{ID: "hidden", Title: "not public"}}, nil
}

type fakeCommander struct {
	got Command
	err error
}

func (f *fakeCommander) Do(_ context.Context, c Command) (outcry.Incident, error) {
	f.got = c
	return outcry.Incident{ID: "new-1", Title: c.Title, State: outcry.StateInvestigating}, f.err
}

// exchange writes raw bytes to a connection and reads one response.
func exchange(t *testing.T, c net.Conn, r *bufio.Reader, request string) (*http.Response, string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("after %q: %v", request, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}
