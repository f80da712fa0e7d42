package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outcry/outcry"
)

func TestReadSignals(t *testing.T) {
	at := time.Date(2024, 5, 16, 21, 40, 1, 234e6, time.UTC)
	for _, c := range []struct {
		name, line string
		want       Record
	}{
		{"a report", `{"at": "2024-05-16T21:40:01.234Z", "kind": "report", "service": "imessage", "symptom": "slow", "region": "US-TX", "carrier": "AT&T", "address": "81.2.69.1", "agent": "Mozilla/5.0 (iPhone)", "reporter": "p1"}`,
			Record{At: at, Kind: outcry.KindReport, Service: "imessage", Symptom: "slow", Region: "US-TX", Carrier: "AT&T", Address: "81.2.69.1", Agent: "Mozilla/5.0 (iPhone)", Reporter: "p1"}},
		{"a probe that failed", `{"at":"2024-05-16T21:40:01.234Z","kind":"probe","service":"imessage","vantage":"v1","region":"US-CA","ok":false,"reason":"timeout","ms":10000}`,
			Record{At: at, Kind: outcry.KindProbe, Service: "imessage", Vantage: "v1", Region: "US-CA", Reason: "timeout", MS: 10000}},
		{"a post in two scripts, one of them escaped", `{"at":"2024-05-16T21:40:01.234Z","kind":"post","service":"imessage","text":"iMessageが\u4f7fえない","author":"a1","source":"x"}`,
			Record{At: at, Kind: outcry.KindPost, Service: "imessage", Text: "iMessageが使えない", Author: "a1", Source: "x"}},
		{"a bulletin with another offset and a long fraction", `{"at":"2024-05-16T16:40:01.234567-05:00","kind":"bulletin","service":"imessage","status":"issue"}`,
			Record{At: at, Kind: outcry.KindBulletin, Service: "imessage", Status: "issue"}},
		{"a metric's reading", `{"at":"2024-05-16T21:40:01.234Z","kind":"metric","service":"imessage","metric":"push-errors","count":132}`,
			Record{At: at, Kind: outcry.KindMetric, Service: "imessage", Metric: "push-errors", Count: 132}},
		{"the collector's return", `{"at":"2024-05-16T21:40:01.234Z","kind":"coverage","up":true}`,
			Record{At: at, Kind: outcry.KindCoverage, Up: true}},
		{"keys that are not known, and blanks", "\t{ \"at\" : \"2024-05-16T21:40:01.234Z\" , \"x\" : -1.5e3 , \"y\" : null, \"z\":\"a\\\"}\", \"kind\":\"coverage\", \"up\":true } \r",
			Record{At: at, Kind: outcry.KindCoverage, Up: true}},
		{"the last day of a month", `{"at":"2024-02-29T00:00:00.000Z","kind":"coverage","up":true}`,
			Record{At: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), Kind: outcry.KindCoverage, Up: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []Record
			for r, err := range ReadSignals(strings.NewReader("\n" + c.line + "\n\n")) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, r)
			}
			if diff := cmp.Diff([]Record{c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadSignalsNamesTheLine(t *testing.T) {
	const good = `{"at":"2024-05-16T21:40:01.234Z","kind":"coverage","up":true}`
	for _, c := range []struct{ name, line, want string }{
		{"not an object", `[1]`, "line 2: column 1: expected an object"},
		{"cut off", good[:45], "line 2: column 46: expected the string's end"},
		{"two objects", good + good, "line 2: column 62: expected nothing more"},
		{"no time", `{"kind":"coverage","up":true}`, `line 2: lacks "at"`},
		{"a day that is not", strings.Replace(good, "05-16", "02-30", 1), `line 2: at "2024-02-30T21:40:01.234Z" is not an RFC 3339 time`},
		{"no service", strings.Replace(good, "coverage", "report", 1), `line 2: lacks "service"`},
		{"no vantage", `{"at":"2024-05-16T21:40:01.234Z","kind":"probe","service":"a","ok":true}`, `line 2: lacks "vantage"`},
		{"a probe that does not say how it went", `{"at":"2024-05-16T21:40:01.234Z","kind":"probe","service":"a","vantage":"v"}`, `line 2: lacks "ok"`},
		{"a reading of no metric", `{"at":"2024-05-16T21:40:01.234Z","kind":"metric","service":"a","count":1}`, `line 2: lacks "metric"`},
		{"a reading of nothing", `{"at":"2024-05-16T21:40:01.234Z","kind":"metric","service":"a","metric":"m"}`, `line 2: lacks "count"`},
		{"less than nothing", `{"count":-1}`, `line 2: count "-1" is not a whole number`},
		{"coverage of nothing", `{"at":"2024-05-16T21:40:01.234Z","kind":"coverage"}`, `line 2: lacks "up"`},
		{"a made-up kind", strings.Replace(good, "coverage", "rumour", 1), `line 2: unknown kind "rumour"`},
		{"a bulletin without a status", `{"at":"2024-05-16T21:40:01.234Z","kind":"bulletin","service":"a"}`, `line 2: status "" of a bulletin is neither issue nor resolved`},
		{"a word for a truth", strings.Replace(good, "true", `"true"`, 1), "line 2: column 57: expected true or false"},
		{"a nested value", strings.Replace(good, "true", `true,"x":{"y":1}`, 1), "line 2: column 72: expected a string, a number, true, false or null"},
		{"a fraction of a millisecond", `{"ms":1.5}`, `line 2: ms "1.5" is not a number of milliseconds`},
		{"a control character", "{\"at\x01\":1}", "line 2: column 5: expected no control character"},
		{"a broken escape", `{"text":"\x"}`, "line 2: string"},
		{"not UTF-8", "{\"text\":\"\xff\"}", "line 2: a string is not UTF-8"},
		{"a line of a megabyte", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, "line 2: is longer than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var problems []error
			read := 0
			for _, err := range ReadSignals(strings.NewReader(good + "\n" + c.line + "\n" + good)) {
				if err != nil {
					problems = append(problems, err)
				} else {
					read++
				}
			}
			if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), c.want) || outcry.CodeOf(problems[0]) != outcry.CodeInvalid {
				t.Errorf("got %v, want %q", problems, c.want)
			}
			if read != 2 {
				t.Errorf("read %d lines beside the bad one, want 2", read)
			}
		})
	}
}

func TestReadSignalsEndsWhenItsInputFails(t *testing.T) {
	broken := errors.New("disk on fire")
	in := io.MultiReader(strings.NewReader(`{"at":"2024-05-16T21:40:01.234Z","kind":"coverage","up":true}`+"\n"), iotest.ErrReader(broken))
	var last error
	n := 0
	for _, err := range ReadSignals(in) {
		n, last = n+1, err
	}
	if n != 2 || !errors.Is(last, broken) || outcry.CodeOf(last) != outcry.CodeUnavailable {
		t.Errorf("%d records, then %v", n, last)
	}
}

// FuzzReadSignals holds the parser against encoding/json: what it takes, that
// takes too, with the same values.
func FuzzReadSignals(f *testing.F) {
	text, err := os.ReadFile("testdata/signals.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		f.Add(l)
	}
	f.Add(`{"at":"2024-05-16T21:40:01.234Z","kind":"coverage","up":true,"x":"\ud83d\u00e9\n"}`)
	f.Fuzz(func(t *testing.T, text string) {
		for r, err := range ReadSignals(strings.NewReader(text)) {
			if err != nil {
				if outcry.CodeOf(err) != outcry.CodeInvalid {
					t.Fatal(err)
				}
				continue
			}
			if strings.Contains(text, "\n") {
				continue // which line it was is not known here
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatalf("took %q, which is not JSON: %v", text, err)
			}
			for key, got := range map[string]string{"service": r.Service, "text": r.Text, "reporter": r.Reporter, "kind": r.Kind.String()} {
				if v, given := want[key].(string); given && v != got {
					t.Fatalf("%s of %q is %q", key, text, got)
				}
			}
		}
	})
}

func BenchmarkReadSignals(b *testing.B) {
	text, err := os.ReadFile("testdata/signals.ndjson")
	if err != nil {
		b.Fatal(err)
	}
	lines := bytes.Count(text, []byte("\n"))
	text = bytes.Repeat(text, 100_000/lines)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range ReadSignals(bytes.NewReader(text)) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}
