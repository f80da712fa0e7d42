package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// ask sends a body to the door as a stranger behind a proxy would.
func ask(d *Door, kind, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/reports", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.RemoteAddr = "192.0.2.1:99"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func decode(t *testing.T, w *httptest.ResponseRecorder) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, w.Body)
	}
	return a
}

const (
	kindJSON   = "application/json"
	kindForm   = "application/x-www-form-urlencoded; charset=utf-8"
	kindNDJSON = "application/x-ndjson"
)

func TestAnswersToOneReport(t *testing.T) {
	token := []string{"Authorization", "Bearer right"}
	for _, c := range []struct {
		sentence, kind, body string
		headers              []string
		status               int
		field                string
	}{
		{"JSON", kindJSON, `{"service":"imessage","symptom":"not-delivered"}`, nil, 202, ""},
		{"a form with what people type", kindForm, `service=imessage&region=+us-tx+&carrier=Verizon+`, nil, 202, ""},
		{"a form with a region that is none", kindForm, `service=imessage&region=us-texas`, nil, 400, "region"},
		{"a form", kindForm, `service=imessage&symptom=&comment=it+fails%0D%0A`, nil, 202, ""},
		{"with a token, a time and a reporter", kindJSON, `{"service":"imessage","at":"2024-05-16T21:38:00Z","reporter":"p"}`, token, 202, ""},
		{"a service that is not known", kindJSON, `{"service":"nope"}`, nil, 400, "service"},
		{"no service", kindJSON, `{}`, nil, 400, "service"},
		{"a field that is not known", kindJSON, `{"service":"imessage","colour":"red"}`, nil, 400, "colour"},
		{"a form's field that is not known", kindForm, `service=imessage&colour=red`, nil, 400, "colour"},
		{"a form's field twice", kindForm, `service=imessage&service=facetime`, nil, 400, "service"},
		{"a form that works and not", kindForm, `service=imessage&works=maybe`, nil, 400, "works"},
		{"a comment of a megabyte", kindJSON, `{"service":"imessage","comment":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 400, "comment"},
		{"a megabyte of blanks", kindJSON, strings.Repeat(" ", 1<<20), nil, 413, ""},
		{"a stranger's time", kindJSON, `{"service":"imessage","at":"2024-05-16T21:38:00Z"}`, nil, 403, "at"},
		{"a stranger's reporter", kindJSON, `{"service":"imessage","reporter":"p"}`, nil, 403, "reporter"},
		{"a time ahead", kindJSON, `{"service":"imessage","at":"2024-05-16T22:38:00Z"}`, token, 400, "at"},
		{"a token that is not known", kindJSON, `{"service":"imessage"}`, []string{"Authorization", "Bearer wrong"}, 401, ""},
		{"a password", kindJSON, `{"service":"imessage"}`, []string{"Authorization", "Basic eDp5"}, 401, ""},
		{"a token for something else", kindJSON, `{"service":"imessage"}`, []string{"Authorization", "bearer reader"}, 403, ""},
		{"a picture", "image/png", "x", nil, 415, ""},
		{"something packed", kindJSON, "x", []string{"Content-Encoding", "gzip"}, 415, ""},
		{"an endless key", kindJSON, `{"service":"imessage"}`, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "Idempotency-Key"},
		{"not JSON", kindJSON, `service=imessage`, nil, 400, ""},
		{"nothing", kindJSON, ``, nil, 400, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			d, sent := open(t, nil)
			w := ask(d, c.kind, c.body, c.headers...)
			a := decode(t, w)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if c.status == 202 {
				if a.Accepted != 1 || a.Refused != 0 || len(sent.signals) != 1 {
					t.Errorf("answer %+v and %d signals, want one", a, len(sent.signals))
				}
				return
			}
			if a.Accepted != 0 || len(a.Errors) != 1 || a.Errors[0].Field != c.field || a.Errors[0].Message == "" || len(sent.signals) != 0 {
				t.Errorf("answer %+v and %d signals, want one error about %q", a, len(sent.signals), c.field)
			}
			if strings.Contains(w.Body.String(), "right") || w.Body.Len() > 1000 {
				t.Errorf("the answer says too much: %.1000s", w.Body)
			}
		})
	}
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	d, _ := open(t, nil)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/reports", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET gave %d and Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestEachLineIsJudgedByItself(t *testing.T) {
	d, sent := open(t, nil)
	lines := []string{
		`{"service":"imessage"}`,
		`{"service":"nope"}`,
		``,
		`not JSON`,
		`{"service":"facetime","region":"us"}`,
		`{"service":"imessage","comment":"` + strings.Repeat("x", 200<<10) + `"}`,
		strings.Repeat(" ", 100<<10),
		`{"service":"facetime"}` + "\r",
		`{"service":"imessage","works":true}`, // no line feed behind it
	}
	w := ask(d, kindNDJSON, strings.Join(lines, "\n"))
	want := answer{Accepted: 3, Refused: 5, Errors: []answerError{
		{Line: 2, Field: "service", Code: "invalid"},
		{Line: 4, Code: "invalid"},
		{Line: 5, Field: "region", Code: "invalid"},
		{Line: 6, Field: "comment", Code: "invalid"},
		{Line: 7, Code: "too_large"},
	}}
	got := decode(t, w)
	for i := range got.Errors {
		got.Errors[i].Message = ""
	}
	if diff := cmp.Diff(want, got); diff != "" || w.Code != 202 {
		t.Errorf("status %d, answer (-want +got):\n%s", w.Code, diff)
	}
	if len(sent.signals) != 3 || sent.signals[2].Outcome != outcry.Good {
		t.Errorf("sent %+v", sent.signals)
	}
}

func TestBatchWithNothingGoodIsRefused(t *testing.T) {
	for body, field := range map[string]string{"": "", "\n\n": "", `{"service":"nope"}`: "service"} {
		d, _ := open(t, nil)
		w := ask(d, kindNDJSON, body)
		a := decode(t, w)
		if w.Code != 400 || field != "" && a.Errors[0].Field != field {
			t.Errorf("%q gave %d and %+v, want 400 about %q", body, w.Code, a, field)
		}
	}
}

func TestBatchBeyondItsSize(t *testing.T) {
	line := `{"service":"imessage"}` + "\n"
	body := strings.Repeat(line, 100)
	small := func(c *Config, _ *Parts) { c.MaxBatch = int64(50 * len(line)) }

	d, sent := open(t, small)
	if w := ask(d, kindNDJSON, body); w.Code != 413 || len(sent.signals) != 0 {
		t.Errorf("a batch that says its size gave %d and %d signals, want 413 and none", w.Code, len(sent.signals))
	}
	d, sent = open(t, small)
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(body))) // of unknown length
	r.Header.Set("Content-Type", kindNDJSON)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if a := decode(t, w); w.Code != 413 || a.Accepted != 50 || len(sent.signals) != 50 {
		t.Errorf("one that does not gave %d, %+v and %d signals; want 413 and the 50 within", w.Code, a, len(sent.signals))
	}
	d, sent = open(t, func(c *Config, _ *Parts) { c.MaxBatch = int64(len(body)) })
	if w := ask(d, kindNDJSON, body); w.Code != 202 || len(sent.signals) != 100 {
		t.Errorf("one of exactly the size gave %d and %d signals, want 202 and all", w.Code, len(sent.signals))
	}
}

func TestTooManyReports(t *testing.T) {
	limited := func(c *Config, _ *Parts) { c.Limit = Limit{Rate: 0.1, Burst: 2} }
	line := `{"service":"imessage"}` + "\n"

	d, _ := open(t, limited)
	w := ask(d, kindNDJSON, strings.Repeat(line, 5))
	if a := decode(t, w); w.Code != 202 || a.Accepted != 2 || a.Refused != 3 || w.Header().Get("Retry-After") != "10" {
		t.Errorf("a batch over the limit gave %d, %+v, Retry-After %q; want 202, 2 taken, 3 refused, 10", w.Code, a, w.Header().Get("Retry-After"))
	}
	w = ask(d, kindJSON, line)
	if w.Code != 429 || w.Header().Get("Retry-After") != "10" {
		t.Errorf("the next report gave %d, Retry-After %q; want 429 and 10", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestLoopbackIsLimitedOnlyBehindAProxy(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) { c.Limit = Limit{Rate: 0.1, Burst: 1} })
	post := func(headers ...string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"service":"imessage"}`))
		r.RemoteAddr = "127.0.0.1:99"
		r.Header.Set("Content-Type", kindJSON)
		if len(headers) > 0 {
			r.Header.Set(headers[0], headers[1])
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Code
	}
	for range 5 {
		if code := post(); code != 202 {
			t.Fatalf("this machine's own report gave %d, want 202", code)
		}
	}
	if s := sent.signals[0]; s.Network != 0 || s.Reporter == 0 {
		t.Errorf("this machine's own report has network %d and reporter %d, want none and one", s.Network, s.Reporter)
	}
	if a, b := post("X-Forwarded-For", "198.51.100.1"), post("X-Forwarded-For", "198.51.100.2"); a != 202 || b != 429 {
		t.Errorf("two people of one network behind our proxy got %d and %d, want 202 and 429", a, b)
	}
}

func TestFullDiskIsSaid(t *testing.T) {
	d, sent := open(t, nil)
	sent.fail = outcry.Errorf(outcry.CodeUnavailable, "no space left on /secret/path")
	for kind, body := range map[string]string{kindJSON: `{"service":"imessage"}`, kindNDJSON: `{"service":"imessage"}` + "\n" + `{"service":"nope"}`} {
		w := ask(d, kind, body)
		a := decode(t, w)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || a.Accepted != 0 || a.Refused == 0 {
			t.Errorf("%s gave %d, Retry-After %q and %+v; want 503", kind, w.Code, w.Header().Get("Retry-After"), a)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("the answer shows the cause: %s", w.Body)
		}
	}
	sent.fail = nil
	if w := ask(d, kindJSON, `{"service":"imessage"}`); w.Code != 202 {
		t.Errorf("with space again it gave %d, want 202", w.Code)
	}
}

func TestRepeatOfARequestHasTheSameIDs(t *testing.T) {
	d, sent := open(t, nil)
	for range 2 {
		if w := ask(d, kindNDJSON, strings.Repeat(`{"service":"imessage"}`+"\n", 3), "Idempotency-Key", "abc"); w.Code != 202 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
	for i := range 3 {
		if a, b := sent.signals[i].ID, sent.signals[i+3].ID; a == 0 || a != b {
			t.Errorf("line %d has ID %d, its repeat %d", i+1, a, b)
		}
	}
}

// testPages stand for the pages of the site.
type testPages struct{}

func (testPages) Thanks(_ *http.Request, service string) string { return "/s/" + service + "?thanks" }

func (testPages) Refused(w http.ResponseWriter, _ *http.Request, err error) {
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "page: %v", err)
}

func TestPeopleGetPages(t *testing.T) {
	d, _ := open(t, func(_ *Config, p *Parts) { p.Pages = testPages{} })
	browser := []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}
	w := ask(d, kindForm, "service=imessage", browser...)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/s/imessage?thanks" {
		t.Errorf("a browser's form gave %d to %q, want 303 to the thanks", w.Code, w.Header().Get("Location"))
	}
	w = ask(d, kindForm, "service=nope", browser...)
	if w.Code != http.StatusTeapot || !strings.Contains(w.Body.String(), "unknown service") {
		t.Errorf("a wrong form gave %d %s, want the page that says so", w.Code, w.Body)
	}
	if w := ask(d, kindForm, "service=imessage", "Accept", "application/json"); w.Code != 202 {
		t.Errorf("a program's form gave %d, want 202", w.Code)
	}
	if w := ask(d, kindJSON, `{"service":"imessage"}`, browser...); w.Code != 202 {
		t.Errorf("a script's JSON in a browser gave %d, want 202", w.Code)
	}
}

// A client that sends a part of its body and then nothing is let go.
func TestStalledClientIsLetGo(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) { c.ReadStall = 50 * time.Millisecond })
	s := httptest.NewServer(d)
	defer s.Close()
	for _, kind := range []string{kindJSON, kindNDJSON} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n{\"service\":", kind)
		answer, err := io.ReadAll(conn) // until the server hangs up
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400")) {
			t.Errorf("%s: got %q, %v; want 400 and the end", kind, answer, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(sent.signals) != 0 {
		t.Errorf("%d signals came of half a report", len(sent.signals))
	}
}

// A client that sends a report byte by byte, each of them in time, holds its
// connection no longer than two stalls.
func TestDrippingClientIsLetGo(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) { c.ReadStall = 50 * time.Millisecond })
	s := httptest.NewServer(d)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := strings.Repeat(" ", 300) + `{"service":"imessage"}`
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", kindJSON, len(body))
	for i := range body {
		if _, err := conn.Write([]byte{body[i]}); err != nil {
			break // it has been let go
		}
		<-time.After(5 * time.Millisecond)
	}
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err == nil && string(answer) != "HTTP/1.1 400" {
		t.Errorf("got %q, want 400", answer)
	}
	if len(sent.signals) != 0 {
		t.Error("it was waited for to the end")
	}
}

func TestEmptyBatchIsRefusedInWords(t *testing.T) {
	d, _ := open(t, nil)
	for _, body := range []string{"", "\n\n  \n"} {
		if w := ask(d, kindNDJSON, body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no report") {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
}

// A client whose report is far too large gets to read why, even though it is
// still writing when the answer is known.
func TestLargeBodyGetsItsAnswer(t *testing.T) {
	d, _ := open(t, nil)
	s := httptest.NewServer(d)
	defer s.Close()
	body := `{"service":"imessage","comment":"` + strings.Repeat("x", 1<<20) + `"}`
	resp, err := s.Client().Post(s.URL, kindJSON, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
}

// cutReader ends in the middle.
type cutReader struct{ in io.Reader }

func (c cutReader) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestBodyThatIsCutOff(t *testing.T) {
	for _, kind := range []string{kindJSON, kindNDJSON, kindForm} {
		d, sent := open(t, nil)
		r := httptest.NewRequest(http.MethodPost, "/", cutReader{strings.NewReader(`{"service":"imessage"}` + "\n")})
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != 400 || len(sent.signals) != 0 {
			t.Errorf("%s gave %d and %d signals, want 400 and none", kind, w.Code, len(sent.signals))
		}
	}
}

func TestAnswerHidesCauses(t *testing.T) {
	d, _ := open(t, nil)
	w := httptest.NewRecorder()
	d.answer(w, &Result{}, errors.New("pq: password of admin is wrong"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "password") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// TestHiddenServices: of a service that is not for everybody, strangers hear on
// other hosts what they hear of one that does not exist.
func TestHiddenServices(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) {
		c.Services = append(c.Services, outcry.Service{ID: "ledger"}, outcry.Service{ID: "payrol"})
		c.Hidden = map[string][]string{"ledger": {"partners.example.com"}, "payrol": nil}
	})
	for _, c := range []struct {
		sentence, host, service string
		headers                 []string
		status                  int
	}{
		{"a stranger who guesses a private service", "status.example.com", "payrol", nil, 400},
		{"a stranger who guesses what is behind another host's password", "status.example.com", "ledger", nil, 400},
		{"a host that only begins like the right one", "partners.example.com.evil.example", "ledger", nil, 400},
		{"no host", "", "ledger", nil, 400},
		{"a visitor of the host that shows it", "Partners.example.com.:8443", "ledger", nil, 202},
		{"a visitor of that host who guesses a private service", "partners.example.com", "payrol", nil, 400},
		{"a caller with a token", "status.example.com", "payrol", []string{"Authorization", "Bearer right"}, 202},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			sent.signals = nil
			ask := func(service string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodPost, "/api/v1/reports", strings.NewReader(`{"service":"`+service+`"}`))
				r.Host = c.host
				r.Header.Set("Content-Type", kindJSON)
				for i := 0; i+1 < len(c.headers); i += 2 {
					r.Header.Set(c.headers[i], c.headers[i+1])
				}
				w := httptest.NewRecorder()
				d.ServeHTTP(w, r)
				return w
			}
			w := ask(c.service)
			if w.Code != c.status || (len(sent.signals) > 0) != (c.status == http.StatusAccepted) {
				t.Errorf("%d %s, %d signals", w.Code, w.Body, len(sent.signals))
			}
			if missing := ask("zzzzzz"); c.status == 400 && strings.ReplaceAll(missing.Body.String(), "zzzzzz", c.service) != w.Body.String() {
				t.Errorf("it is told apart from one that does not exist: %s and %s", w.Body, missing.Body)
			}
		})
	}
}
