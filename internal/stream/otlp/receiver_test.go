package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
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
	"google.golang.org/protobuf/proto"

	"github.com/outcry/outcry"
)

// rig is a receiver with a clock that the test moves; it is its own door and
// sender.
type rig struct {
	*Receiver
	now    time.Time
	got    []outcry.Signal
	refuse bool
}

// counts are those of the signals that were sent.
func (r *rig) counts() (all []uint32) {
	for i := range r.got {
		all = append(all, r.got[i].Count)
	}
	return all
}

func (r *rig) Allowed(authorization string) bool { return authorization == "Bearer ok" }

func (r *rig) Fail(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, string(outcry.CodeOf(err)), http.StatusBadRequest)
}

func (r *rig) Send(_ context.Context, signals []outcry.Signal) error {
	if r.refuse {
		return errors.New("the stream is full")
	}
	r.got = append(r.got, signals...)
	return nil
}

func newRig() *rig {
	r := &rig{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	source := Source{Name: "errors", Metric: "http.errors", Match: map[string]string{"service.name": "shop", "code": "5*"}, About: "shop", Interval: 30 * time.Second}
	r.Receiver = New([]Source{source}, r, r, slog.New(slog.DiscardHandler), func() time.Time { return r.now })
	return r
}

// point is one of a request, in JSON as an SDK writes it.
type point struct {
	pod, code, value string // value with its field
	start            int
	age              time.Duration
}

func (r *rig) body(temporality int, monotonic bool, points ...point) string {
	var list []string
	for _, p := range points {
		list = append(list, fmt.Sprintf(`{"attributes":[{"key":"code","value":{"intValue":"%s"}},{"key":"pod","value":{"stringValue":%q}}],
			"startTimeUnixNano":"%d","timeUnixNano":"%d",%s,"exemplars":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}`,
			p.code, p.pod, 1+p.start, r.now.Add(-p.age).UnixNano(), p.value))
	}
	return fmt.Sprintf(`{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"scope":{"name":"lib"},"metrics":[
		{"name":"http.errors","unit":"1","unknownField":1,"sum":{"aggregationTemporality":%d,"isMonotonic":%t,"dataPoints":[%s]}},
		{"name":"other","gauge":{"dataPoints":[{"asDouble":7}]}}]}]}]}`, temporality, monotonic, strings.Join(list, ","))
}

func (r *rig) post(kind, encoding string, body []byte) (int, string, string) {
	req := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer ok")
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Content-Encoding", encoding)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code, w.Header().Get("Content-Type"), strings.TrimSpace(w.Body.String())
}

func TestWhatBecomesOfPoints(t *testing.T) {
	const delta, cumulative = 1, 2
	i := func(n string) string { return `"asInt":"` + n + `"` }
	p := func(n string) point { return point{pod: "a", code: "500", value: i(n)} }
	for _, c := range []struct {
		why  string
		sort int
		not  bool // monotonic
		sent [][]point
		want []int
	}{
		{"a cumulative sum is differenced, and its first point is none", cumulative, false, [][]point{{p("1000")}, {p("1000")}, {p("1132")}}, []int{0, 132}},
		{"a delta is what is new", delta, false, [][]point{{p("5")}, {p("0")}, {p("7")}}, []int{5, 0, 7}},
		{"series are told apart", cumulative, false, [][]point{{p("10"), {pod: "b", code: "500", value: i("7")}}, {p("11"), {pod: "b", code: "500", value: i("9")}}}, []int{3}},
		{"a restart counts nothing, and what follows does", cumulative, false, [][]point{{p("10")}, {{pod: "a", code: "500", value: i("3"), start: 5}}, {{pod: "a", code: "500", value: i("8"), start: 5}}}, []int{5}},
		{"a restart that has overtaken is told by its start", cumulative, false, [][]point{{p("10")}, {{pod: "a", code: "500", value: i("30"), start: 5}}, {{pod: "a", code: "500", value: i("31"), start: 5}}}, []int{1}},
		{"a drop without another start is a restart, too", cumulative, false, [][]point{{p("10")}, {p("3")}, {p("4")}}, []int{1}},
		{"the same point again counts once", delta, false, [][]point{{p("5"), p("5")}}, []int{5}},
		{"codes that are not asked for do not count", delta, false, [][]point{{p("5"), {pod: "a", code: "404", value: i("900")}}}, []int{5}},
		{"what is no number is none", delta, false, [][]point{{{pod: "a", code: "500", value: `"asDouble":"NaN"`}, {pod: "b", code: "500", value: `"asDouble":"Infinity"`}, {pod: "c", code: "500", value: i("-4")}, {pod: "d", code: "500", value: `"flags":1,"asInt":"4"`}}}, nil},
		{"absurd numbers are cut", delta, false, [][]point{{{pod: "a", code: "500", value: `"asDouble":1e300`}}}, []int{outcry.MaxCount}},
		{"what is old says nothing of now", delta, false, [][]point{{{pod: "a", code: "500", value: i("4"), age: time.Hour}}, {{pod: "a", code: "500", value: i("4"), age: -time.Hour}}}, nil},
		{"a sum that may fall counts no events", cumulative, true, [][]point{{p("1")}, {p("9")}}, nil},
		{"a sum of neither sort is not understood", 0, false, [][]point{{p("1")}, {p("9")}}, nil},
		{"no data is not zero", delta, false, [][]point{{p("1")}, {}, {}, {p("2")}}, []int{1, 2}},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := newRig()
			for _, points := range c.sent {
				r.now = r.now.Add(30 * time.Second)
				if code, _, body := r.post(jsonType, "", []byte(r.body(c.sort, !c.not, points...))); code != http.StatusOK || body != "{}" {
					t.Fatalf("%d %s", code, body)
				}
				r.beat(t.Context())
			}
			var got []int
			for _, s := range r.got {
				got = append(got, int(s.Count))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("readings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProtobufAndGzip(t *testing.T) {
	r := newRig()
	for _, packed := range []bool{false, true} {
		r.now = r.now.Add(time.Minute)
		data, err := parse(jsonType, []byte(r.body(1, true, point{pod: "a", code: "503", value: `"asDouble":12.4`})))
		if err != nil {
			t.Fatal(err)
		}
		body, err := proto.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		encoding := ""
		if packed {
			body, encoding = gzipped(t, bytes.NewReader(body)), "gzip"
		}
		if code, kind, answer := r.post(protobufType, encoding, body); code != http.StatusOK || kind != protobufType || answer != "" {
			t.Errorf("%d %s %q", code, kind, answer)
		}
		r.refuse = true
		r.beat(t.Context())
		r.refuse = false
		r.beat(t.Context())
	}
	want := outcry.Signal{Kind: outcry.KindMetric, Outcome: outcry.Bad, At: r.now, Service: "shop", Vantage: "errors", Count: 12}
	if len(r.got) != 2 || !cmp.Equal(want, r.got[1]) {
		t.Errorf("got %+v", r.got)
	}
}

func gzipped(t *testing.T, from io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, from); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zeros has no end of its own.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestRequestsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		why, kind, encoding string
		body                []byte
		want                outcry.Code
	}{
		{"no JSON", jsonType, "", []byte("{"), outcry.CodeInvalid},
		{"no protobuf", protobufType, "", []byte("\xff\xff\xff"), outcry.CodeInvalid},
		{"another type", "text/plain", "", nil, outcry.CodeUnsupported},
		{"another packing", jsonType, "zstd", nil, outcry.CodeUnsupported},
		{"no gzip", jsonType, "gzip", []byte("{}"), outcry.CodeInvalid},
		{"a bomb", protobufType, "gzip", gzipped(t, io.LimitReader(zeros{}, 64<<20)), outcry.CodeTooLarge},
		{"too much", protobufType, "", make([]byte, maxBody+1), outcry.CodeTooLarge},
		{"JSON without a floor", jsonType, "", []byte(`{"resourceMetrics":` + strings.Repeat("[", 1<<20)), outcry.CodeInvalid},
	} {
		if code, _, body := newRig().post(c.kind, c.encoding, c.body); code != http.StatusBadRequest || body != string(c.want) {
			t.Errorf("%s: %d %s, want %s", c.why, code, body, c.want)
		}
	}
	req := httptest.NewRequest(http.MethodPost, Path, strings.NewReader("{}"))
	w := httptest.NewRecorder()
	if newRig().ServeHTTP(w, req); strings.TrimSpace(w.Body.String()) != string(outcry.CodeUnauthorized) {
		t.Errorf("without a token: %s", w.Body)
	}
}

func TestSeriesAreBounded(t *testing.T) {
	r := newRig()
	track := r.tracks[0]
	for i := range maxSeries + 10 {
		if s := track.at(seriesKey{byte(i), byte(i >> 8)}); s != nil {
			s.at = r.now
		}
	}
	if len(track.series) != maxSeries {
		t.Errorf("%d series", len(track.series))
	}
	if track.tidy(r.now.Add(2 * forget)); len(track.series) != 0 {
		t.Errorf("%d series two hours later", len(track.series))
	}
}

func FuzzTake(f *testing.F) {
	r := newRig()
	seed := r.body(2, true, point{pod: "a", code: "500", value: `"asInt":"4"`})
	f.Add(true, []byte(seed))
	data, err := parse(jsonType, []byte(seed))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := proto.Marshal(data)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, raw)
	f.Fuzz(func(t *testing.T, json bool, data []byte) {
		kind := protobufType
		if json {
			kind = jsonType
		}
		r := newRig()
		for range 2 {
			d, err := parse(kind, data)
			if err != nil {
				return
			}
			r.take(d)
			r.now = r.now.Add(30 * time.Second)
		}
		if n := r.tracks[0].new; !(n >= 0 && n <= math.MaxFloat64) {
			t.Errorf("%v errors", n)
		}
		r.beat(t.Context())
	})
}
