package listen

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines is a format of tests: "NAME good|bad|unknown" per line; "*" is the page.
func lines() Format {
	return Single(func(body []byte) (Document, error) {
		d := Document{Full: true, Page: Statement{Outcome: outcry.Good, Status: "well"}}
		for line := range strings.Lines(string(body)) {
			name, word, ok := strings.Cut(strings.TrimSpace(line), " ")
			o, known := map[string]outcry.Outcome{"good": outcry.Good, "bad": outcry.Bad, "unknown": outcry.Unknown}[word]
			switch {
			case name == "panic":
				panic("what a document")
			case !ok || !known:
				return d, errors.New("no such line")
			case name == Whole:
				d.Page = Statement{Outcome: o, Status: word}
			default:
				d.Components = append(d.Components, Statement{Component: name, Outcome: o, Status: word})
			}
		}
		return d, nil
	})
}

// vendor is a server whose page a test writes.
type vendor struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.asked = append(v.asked, r)
		v.answer(w, r)
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) does(h http.HandlerFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = h
}

// says has the page hold a text, with validators.
func (v *vendor) says(text string) {
	v.does(func(w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(text)))
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", "Thu, 16 May 2024 22:30:00 GMT")
		_, _ = w.Write([]byte(text))
	})
}

func (v *vendor) fails(status int, header ...string) {
	v.does(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	})
}

// ear is one listener with one source, polled by hand on a clock of its own.
type ear struct {
	t      *testing.T
	l      *Listener
	now    time.Time
	heard  []string
	refuse error
}

func (e *ear) Send(_ context.Context, signals []outcry.Signal) error {
	if e.refuse != nil {
		return e.refuse
	}
	for _, s := range signals {
		if s.Kind != outcry.KindBulletin || s.ID == 0 || s.Vantage != "vendor" || s.Symptom != s.Reason {
			e.t.Errorf("a signal that is no bulletin: %+v", s)
		}
		e.heard = append(e.heard, fmt.Sprintf("%s %s %s", s.Service, [...]string{"bad", "good", "unknown"}[s.Outcome], s.Reason))
	}
	return nil
}

func newEar(t *testing.T, url string, mapping map[string]string) *ear {
	t.Helper()
	e := &ear{t: t, now: time.Date(2024, 5, 16, 21, 0, 0, 0, time.UTC)}
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	e.l, err = New(Config{Now: func() time.Time { return e.now }, Metrics: m}, []Source{{
		Name: "vendor", Type: "lines", URL: url, Interval: time.Minute, Format: lines(), Services: mapping,
	}}, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.l.fetcher.close)
	return e
}

// poll looks once, a minute after the last time, and gives what was said and
// how long the listener would wait.
func (e *ear) poll() (said string, wait time.Duration) {
	e.now = e.now.Add(time.Minute)
	e.heard = nil
	wait = e.l.poll(e.t.Context(), e.l.sources[0])
	return strings.Join(e.heard, ", "), wait
}

func TestAPageIsFollowed(t *testing.T) {
	v := newVendor(t)
	e := newEar(t, v.URL, map[string]string{"Messages": "imessage", "calls": "facetime", "Video": "facetime", Whole: "all"})
	well := "Messages good\nCalls good\nVideo good\n"
	for _, step := range []struct{ does, page, want string }{
		{"the first look says how things stand", well, "all good well, facetime good good, imessage good good"},
		{"nothing new is nothing said", well, ""},
		{"a fault is admitted; of two components the worse counts", "Messages good\nCalls good\nVideo bad\n", "facetime bad bad"},
		{"another page that says the same", "Video bad\nMessages good\nCalls unknown\n", ""},
		{"it is over", well, "facetime good good"},
		{"a component is renamed: silence is no all-clear", "iMessages good\nCalls good\nVideo good\n", "imessage unknown not-listed"},
		{"and is listed again", well, "imessage good good"},
	} {
		v.says(step.page)
		if said, _ := e.poll(); said != step.want {
			t.Errorf("%s: %q, want %q", step.does, said, step.want)
		}
	}
	var conditional int
	for _, r := range v.asked {
		if r.Header.Get("If-None-Match") != "" && r.Header.Get("If-Modified-Since") != "" {
			conditional++
		}
	}
	if conditional != len(v.asked)-1 {
		t.Errorf("%d of %d requests were conditional: all but the first should be", conditional, len(v.asked))
	}
	for range 20 {
		if said, _ := e.poll(); said != "" {
			t.Fatalf("said again too soon: %q", said)
		}
	}
	e.now = e.now.Add(10 * time.Minute)
	if said, _ := e.poll(); said == "" {
		t.Error("what stands is not said again after half an hour")
	}
}

func TestNonsenseIsQuarantined(t *testing.T) {
	for name, broken := range map[string]func(v *vendor){
		"another text":       func(v *vendor) { v.says("<html>We are sorry</html>") },
		"nothing":            func(v *vendor) { v.says("half a line") },
		"a reader's death":   func(v *vendor) { v.says("panic good") },
		"more than is taken": func(v *vendor) { v.says(strings.Repeat("Messages good\n", maxBody/14+1)) },
	} {
		v := newVendor(t)
		e := newEar(t, v.URL, map[string]string{"Messages": "imessage"})
		v.says("Messages good\n")
		e.poll()
		broken(v)
		said, _ := e.poll()
		if said != "imessage unknown nonsense" {
			t.Errorf("%s: %q", name, said)
		}
		v.says("Messages good\n")
		if said, _ := e.poll(); said != "" {
			t.Errorf("%s: an all-clear is believed at its first sound look: %q", name, said)
		}
		if said, _ := e.poll(); said != "imessage good good" {
			t.Errorf("%s: not out of quarantine after the second: %q", name, said)
		}
		broken(v)
		e.poll()
		v.says("Messages bad\n")
		if said, _ := e.poll(); said != "imessage bad bad" {
			t.Errorf("%s: an admission is not believed at once: %q", name, said)
		}
	}
}

func TestAPageOutOfReach(t *testing.T) {
	v := newVendor(t)
	e := newEar(t, v.URL, map[string]string{"Messages": "imessage"})
	v.says("Messages good\n")
	e.poll()
	v.fails(http.StatusBadGateway)
	said, waits := "", []time.Duration(nil)
	for range 8 {
		words, wait := e.poll()
		said += words
		waits = append(waits, wait)
	}
	if said != "imessage unknown unreachable" {
		t.Errorf("said %q in eight failed looks: only that nothing is known, once, after five minutes", said)
	}
	for i, minutes := range []int{1, 2, 4, 8, 10, 10} {
		if want := time.Duration(minutes) * time.Minute; waits[i] < want || waits[i] > want+want/10 {
			t.Errorf("after %d failures it waits %s, want %d minutes and up to a tenth more", i+1, waits[i], minutes)
		}
	}
	v.says("Messages good\n")
	if said, wait := e.poll(); said != "" || wait > 66*time.Second {
		t.Errorf("the first sound look: %q, waits %s", said, wait)
	}
	if said, _ := e.poll(); said != "imessage good good" {
		t.Errorf("the second: %q", said)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	v := newVendor(t)
	e := newEar(t, v.URL, map[string]string{"Messages": "imessage"})
	base := e.now
	for header, want := range map[string]time.Duration{
		"300": 5 * time.Minute, "86400": time.Hour, "0": 0, "-5": 0, "soon": 0,
		base.Add(21 * time.Minute).Format(http.TimeFormat): 20 * time.Minute,
	} {
		e.l.sources[0].failed, e.now = 0, base
		v.fails(http.StatusTooManyRequests, "Retry-After", header)
		if _, wait := e.poll(); wait < want || wait > max(want, time.Minute)*11/10 {
			t.Errorf("Retry-After %q: waits %s, want about %s", header, wait, want)
		}
	}
}

func TestWhatCannotBeSentIsSaidLater(t *testing.T) {
	v := newVendor(t)
	e := newEar(t, v.URL, map[string]string{"Messages": "imessage"})
	v.says("Messages bad\n")
	e.refuse = errors.New("the disk is full")
	if _, wait := e.poll(); wait > 6*time.Second {
		t.Errorf("it waits %s to try again", wait)
	}
	e.refuse = nil
	if said, _ := e.poll(); said != "imessage bad bad" {
		t.Errorf("%q", said)
	}
}

func TestRedirectsAreGuarded(t *testing.T) {
	v, inner := newVendor(t), newVendor(t)
	inner.says("Messages good\n")
	for _, c := range []struct{ says, to, want string }{
		{"to another path of the page's host", "/moved", "imessage good good"},
		{"to an inner host that nobody wrote", inner.URL, ""},
		{"to the clouds' metadata", "http://169.254.169.254/latest", ""},
		{"to a file", "file:///etc/passwd", ""},
		{"in a circle", "/", ""},
	} {
		v.does(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved" {
				_, _ = w.Write([]byte("Messages good\n"))
				return
			}
			http.Redirect(w, r, c.to, http.StatusFound)
		})
		e := newEar(t, v.URL+"/", map[string]string{"Messages": "imessage"})
		if said, _ := e.poll(); said != c.want {
			t.Errorf("%s: %q, want %q", c.says, said, c.want)
		}
	}
	if len(inner.asked) > 0 {
		t.Error("the inner host was asked")
	}
}

// A page of two documents is read when both are there, and anew when one of
// them changes.
func TestAPageOfTwoDocuments(t *testing.T) {
	v := newVendor(t)
	second := "bad"
	v.does(func(w http.ResponseWriter, r *http.Request) {
		text := "good"
		if strings.HasSuffix(r.URL.Path, "/second") {
			text = second
		}
		if w.Header().Set("ETag", `"`+text+`"`); r.Header.Get("If-None-Match") == `"`+text+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(text))
	})
	e := newEar(t, v.URL, map[string]string{Whole: "imessage"})
	s := e.l.sources[0]
	f := Format{Read: func(bodies [][]byte, _ time.Time) (Document, error) {
		d, err := lines().Read([][]byte{[]byte(Whole + " " + string(bodies[1]))}, time.Time{})
		if string(bodies[0]) != "good" {
			return d, errors.New("the first is gone")
		}
		return d, err
	}}
	s.Format = f
	again, err := newSource(Source{Name: "x", URL: v.URL + "/second", Format: f}, s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.docs = append(s.docs, again.docs...)
	for i, want := range []string{"imessage bad bad", "", "imessage good good"} {
		if i == 2 {
			second = "good"
		}
		if said, _ := e.poll(); said != want {
			t.Errorf("look %d: %q, want %q", i+1, said, want)
		}
	}
}

// Polls are spread, and keep to the interval with a little jitter.
func TestPollsKeepTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Duration
		began := time.Now()
		e := &ear{t: t, now: began}
		l, err := New(Config{}, []Source{{Name: "vendor", URL: "http://127.0.0.1:1/", Format: lines(), Services: map[string]string{Whole: "x"}}}, e)
		if err != nil {
			t.Fatal(err)
		}
		l.fetcher.own.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(began))
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody}, nil
		})
		l.sources[0].Interval = time.Minute
		ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
		defer stop()
		l.Run(ctx)
		if len(at) != 3 || at[0] > spread/2 || at[1]-at[0] < time.Minute || at[1]-at[0] > 66*time.Second {
			t.Errorf("polled at %v", at)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWrongSourcesAreNamed(t *testing.T) {
	for says, s := range map[string]Source{
		"name: a source needs a name": {URL: "https://x.example", Format: lines()},
		"url: ":                       {Name: "a", URL: "ftp://x.example", Format: lines()},
		"type: ":                      {Name: "a", URL: "https://x.example"},
		"interval: ":                  {Name: "a", URL: "https://x.example", Format: lines(), Interval: time.Second},
	} {
		if _, err := New(Config{}, []Source{s}, nil); err == nil || !strings.HasPrefix(err.Error(), says) || outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%v, want %s", err, says)
		}
	}
}

func TestNamesAreFoundInTitles(t *testing.T) {
	for _, c := range []struct {
		text, name string
		want       bool
	}{
		{"api errors in europe", "api", true}, {"rapid errors", "api", false}, {"apis fail", "api", false}, {"errors (api)", "api", true},
		{"größe", "größe", true}, {"rapid api", "api", true}, {"", "api", false}, {"api", "", false}, {"xapi-api", "api", true},
	} {
		if got := mentions(c.text, c.name); got != c.want {
			t.Errorf("%q in %q: %t", c.name, c.text, got)
		}
	}
}

func TestStatusWords(t *testing.T) {
	for in, want := range map[string]string{
		"major_outage": "major-outage", "Issue": "issue", "  Very <b>Bad</b> ": "very-b-bad-b", "": "", "☃": "", strings.Repeat("a", 99): strings.Repeat("a", maxStatus),
	} {
		if got := statusWord(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Unix(1715895540, 0)
	for _, s := range []string{"", "120", "-1", "99999999999999999999", "Thu, 16 May 2024 22:30:00 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := retryAfter(value, now); d < 0 || d > longestWait {
			t.Errorf("%q: %s", value, d)
		}
	})
}
