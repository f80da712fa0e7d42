package promql

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/stream"
	"github.com/outcry/outcry/internal/stream/streamtest"
)

const query = `errors_total{code=~"5.."}`

// vector writes an answer as Prometheus does.
func vector(values map[string]string) string {
	var list []any
	for pod, v := range values {
		list = append(list, map[string]any{"metric": map[string]string{"__name__": "errors_total", "pod": pod}, "value": []any{1435781451.781, v}})
	}
	data, _ := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": list}}) //nolint:errcheck // of strings
	return string(data)
}

type sent struct {
	list   []outcry.Signal
	refuse bool
}

func (s *sent) Send(_ context.Context, signals []outcry.Signal) error {
	if s.refuse {
		return errors.New("the stream is full")
	}
	s.list = append(s.list, signals...)
	return nil
}

// rig is a poller before a server, with a clock that the test moves.
type rig struct {
	*Poller
	sent sent
	now  time.Time
}

func newRig(t *testing.T, value string, h http.HandlerFunc) *rig {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	r := &rig{now: time.Date(2026, 3, 2, 12, 0, 7, 0, time.UTC)}
	p, err := New(Config{
		Name: "errors", URL: srv.URL + "/prom", Query: query, Value: value, About: "shop", Interval: 30 * time.Second,
		Token: func() (string, error) { return "secret", nil }, Web: streamtest.Web(t), Sender: &r.sent, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return r.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Poller = p
	return r
}

// said is a reading in short: −1 for one that begins anew.
func said(s *outcry.Signal) int {
	if s.Outcome == outcry.Unknown {
		return -1
	}
	return int(s.Count)
}

func TestWhatBecomesOfAnswers(t *testing.T) {
	v := func(pairs ...string) string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return vector(m)
	}
	for _, c := range []struct {
		why, value string
		answers    []string
		want       []int // −1: begins anew
		failed     int   // polls with an error
	}{
		{"a counter is differenced", Counter, []string{v("a", "1000"), v("a", "1000"), v("a", "1132")}, []int{-1, 0, 132}, 0},
		{"series are differenced one by one, and added", Counter, []string{v("a", "10", "b", "5"), v("a", "13", "b", "9")}, []int{-1, 7}, 0},
		{"a restart counts nothing, and what follows does", Counter, []string{v("a", "1000", "b", "5"), v("a", "7", "b", "6"), v("a", "9", "b", "6")}, []int{-1, 1, 2}, 0},
		{"a new series may have counted for years", Counter, []string{v("a", "1"), v("a", "2", "b", "90000"), v("a", "2", "b", "90003")}, []int{-1, 1, 3}, 0},
		{"what is no number is left out", Counter, []string{v("a", "1", "b", "NaN", "c", "+Inf", "d", "-3"), v("a", "4", "b", "NaN", "c", "+Inf", "d", "-1")}, []int{-1, 3}, 0},
		{"nothing but NaN is not zero: it begins anew", Counter, []string{v("a", "1"), v("a", "NaN"), v("a", "5")}, []int{-1, -1}, 1},
		{"no samples are not zero", Counter, []string{v("a", "1"), v(), v("a", "900")}, []int{-1, -1}, 1},
		{"absurd numbers are cut", Counter, []string{v("a", "1"), v("a", "1e300")}, []int{-1, outcry.MaxCount}, 0},
		{"a rate counts for the time since the last reading", Rate, []string{v("a", "2", "b", "0.5"), v("a", "2", "b", "0.5")}, []int{-1, 75}, 0},
		{"an answer that fails is made good by the next", Counter, []string{v("a", "1"), "<html>", v("a", "9")}, []int{-1, 8}, 1},
		{"a query that is refused says nothing", Counter, []string{`{"status":"error","errorType":"bad_data","error":"parse error"}`}, nil, 1},
		{"a matrix is no number", Counter, []string{`{"status":"success","data":{"resultType":"matrix","result":[]}}`}, nil, 1},
		{"a scalar is a series of its own", Counter, []string{`{"status":"success","data":{"resultType":"scalar","result":[1,"4"]}}`, `{"status":"success","data":{"resultType":"scalar","result":[1,"6"]}}`}, []int{-1, 2}, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			n := 0
			r := newRig(t, c.value, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/prom/api/v1/query" || r.FormValue("query") != query || r.Header.Get("Authorization") != "Bearer secret" {
					t.Errorf("asked for %s with %q", r.URL, r.Header.Get("Authorization"))
				}
				io.WriteString(w, c.answers[n]) //nolint:errcheck // the test's own
				n++
			})
			failed := 0
			for range c.answers {
				if err := r.poll(t.Context()); err != nil {
					failed++
				}
				r.now = r.now.Add(30 * time.Second)
			}
			var got []int
			for i := range r.sent.list {
				got = append(got, said(&r.sent.list[i]))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || failed != c.failed {
				t.Errorf("%d failed, want %d; readings (-want +got):\n%s", failed, c.failed, diff)
			}
		})
	}
}

func TestAReadingIsASignal(t *testing.T) {
	n := 0
	r := newRig(t, Counter, func(w http.ResponseWriter, _ *http.Request) {
		n += 5
		io.WriteString(w, vector(map[string]string{"a": fmt.Sprint(n)})) //nolint:errcheck // the test's own
	})
	for range 2 {
		if err := r.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(30 * time.Second)
	}
	s := r.sent.list[1]
	if s.ID == 0 || s.ID == r.sent.list[0].ID {
		t.Errorf("ID %d after %d", s.ID, r.sent.list[0].ID)
	}
	s.ID = 0
	want := outcry.Signal{Kind: outcry.KindMetric, Outcome: outcry.Bad, At: r.now.Add(-30 * time.Second), Service: "shop", Vantage: "errors", Count: 5}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.sent.refuse = true
	if err := r.poll(t.Context()); err == nil {
		t.Error("a reading that was not taken is no error")
	}
	r.sent.refuse = false
	r.now = r.now.Add(30 * time.Second)
	if err := r.poll(t.Context()); err != nil || said(&r.sent.list[2]) != 10 {
		t.Errorf("what was not taken is lost: %+v, %v", r.sent.list, err)
	}
	r.now = r.now.Add(10 * time.Minute)
	if err := r.poll(t.Context()); err != nil || said(&r.sent.list[3]) != -1 {
		t.Errorf("what piled up in ten minutes is no count of one reading: %+v, %v", r.sent.list, err)
	}
}

func TestHostileServers(t *testing.T) {
	for _, c := range []struct {
		why  string
		h    http.HandlerFunc
		want string
	}{
		{"a gigabyte is not read", func(w http.ResponseWriter, _ *http.Request) {
			b := make([]byte, 1<<20)
			for range 1024 {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		}, "more than"},
		{"a gigabyte that is packed small is not unpacked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			b := make([]byte, 1<<20)
			for range 1024 {
				if _, err := z.Write(b); err != nil {
					return
				}
			}
		}, "more than"},
		{"more series than anybody needs", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[`+strings.Repeat(`{"value":[1,"1"]},`, maxSeries)+`{"value":[1,"1"]}]}}`) //nolint:errcheck // the test's own
		}, "series"},
		{"a redirect is not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, "302"},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := newRig(t, Counter, c.h)
			if err := r.poll(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if len(r.sent.list) > 0 {
				t.Errorf("sent %+v", r.sent.list)
			}
		})
	}
}

func TestALimitOfRequestsIsKept(t *testing.T) {
	r := newRig(t, Counter, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	err := r.poll(t.Context())
	if limit, ok := errors.AsType[*stream.Throttled](err); !ok || limit.After != 2*time.Minute {
		t.Errorf("got %v", err)
	}
}

func TestAStallEnds(t *testing.T) {
	done := make(chan struct{})
	r := newRig(t, Counter, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"status":`) //nolint:errcheck // the test's own
		w.(http.Flusher).Flush()
		<-done
	})
	t.Cleanup(func() { close(done) })
	r.cfg.Interval = 50 * time.Millisecond // which bounds an answer, too
	if err := r.poll(t.Context()); err == nil {
		t.Error("a stalled answer is no error")
	}
}

func TestOneQuestionInEachInterval(t *testing.T) {
	r := newRig(t, Counter, nil)
	for _, name := range []string{"a", "b", "errors", "checkout"} {
		r.cfg.Name = name
		slot := int64(-1)
		for range 20 {
			r.now = r.now.Add(r.due())
			at := r.now.Sub(r.now.Truncate(30 * time.Second))
			if n := r.now.Unix() / 30; at < 7*time.Second || at > 23*time.Second || slot >= 0 && n != slot+1 {
				t.Fatalf("%s: asked at %v of an interval, %d after %d", name, at, n, slot)
			} else {
				slot = n
			}
			r.now = r.now.Add(3 * time.Second) // the answer takes its time
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ why, url, query, value string }{
		{"an address of nothing", "", "up", ""},
		{"a file", "file:///etc/passwd", "up", ""},
		{"no query", "http://p.example", " ", ""},
		{"a sort of value that there is not", "http://p.example", "up", "gauge"},
	} {
		if _, err := New(Config{URL: c.url, Query: c.query, Value: c.value}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: got %v", c.why, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(vector(map[string]string{"a": "1", "b": "NaN"})))
	f.Add([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"4"]}}`))
	f.Add([]byte(`{"status":"error","error":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := parse(data)
		if err != nil {
			return
		}
		for _, v := range values {
			if !(v >= 0 && v <= math.MaxFloat64) {
				t.Errorf("%v of %q", v, data)
			}
		}
	})
}
