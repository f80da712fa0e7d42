package intake

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// spoken is a report as programs write it.
type spoken struct {
	Service  string  `json:"service"`
	Symptom  string  `json:"symptom,omitempty"`
	Region   string  `json:"region,omitempty"`
	Carrier  string  `json:"carrier,omitempty"`
	Platform string  `json:"platform,omitempty"`
	Version  string  `json:"version,omitempty"`
	Comment  string  `json:"comment,omitempty"`
	Reporter *string `json:"reporter"`
	At       string  `json:"at,omitempty"`
	Works    bool    `json:"works,omitempty"`
}

func TestParserReadsWhatJSONWrites(t *testing.T) {
	p := &parser{}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "AT&T", "\"\\\n", "東京 \U0001f4f1", "<b>"}))
		in := spoken{
			Service: text.Draw(t, "service"), Symptom: text.Draw(t, "symptom"), Region: text.Draw(t, "region"), Carrier: text.Draw(t, "carrier"),
			Platform: text.Draw(t, "platform"), Version: text.Draw(t, "version"), Comment: text.Draw(t, "comment"), Works: rapid.Bool().Draw(t, "works"),
		}
		want := Raw{Service: in.Service, Symptom: in.Symptom, Region: in.Region, Carrier: in.Carrier, Platform: in.Platform, Version: in.Version, Comment: in.Comment, Works: in.Works}
		if rapid.Bool().Draw(t, "dated") {
			want.At = now()
			in.At = want.At.Format(time.RFC3339Nano)
		}
		data, err := json.Marshal(in)
		if rapid.Bool().Draw(t, "indented") {
			data, err = json.MarshalIndent(in, "\r\n", "\t")
		}
		if err != nil {
			t.Fatal(err)
		}
		var got Raw
		if err := p.parse(data, &got); err != nil {
			t.Fatalf("parsing %s: %v", data, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.Comparer(sameAddr)); diff != "" {
			t.Fatalf("parsed %s (-want +got):\n%s", data, diff)
		}
	})
}

func TestJSONThatIsRefused(t *testing.T) {
	for _, c := range []struct{ sentence, body, field string }{
		{"nothing", ``, ""},
		{"a list", `[]`, ""},
		{"a list of reports", `[{"service":"x"}]`, ""},
		{"an open object", `{"service":"x"`, ""},
		{"an open text", `{"service":"x`, "service"},
		{"a text that ends in a backslash", `{"service":"x\`, "service"},
		{"a text with a bad escape", `{"service":"\x"}`, "service"},
		{"half a surrogate pair", `{"comment":"\ud83d"}`, "comment"},
		{"a raw line feed", "{\"comment\":\"a\nb\"}", "comment"},
		{"bytes that are not UTF-8", "{\"comment\":\"\xff\"}", "comment"},
		{"a number for a text", `{"service":1}`, "service"},
		{"an object for a text", `{"region":{"a":1}}`, "region"},
		{"a text for a truth value", `{"works":"yes"}`, "works"},
		{"a field twice", `{"service":"a","service":"b"}`, "service"},
		{"a field that there is not", `{"svc":"a"}`, "svc"},
		{"a field's name with markup and no end", `{"<script>` + strings.Repeat("x", 900) + `":1}`, "<script>" + strings.Repeat("x", 32) + "…"},
		{"no colon", `{"service" "a"}`, ""},
		{"no comma", `{"service":"a" "region":"GB"}`, ""},
		{"a comma at the end", `{"service":"a",}`, ""},
		{"two objects", `{"service":"a"}{"service":"b"}`, ""},
		{"a date without a time", `{"at":"2024-05-16"}`, "at"},
		{"seconds since the epoch", `{"at":1715895540}`, "at"},
		{"the year nought", `{"at":"0001-01-01T00:00:00Z"}`, "at"},
		{"a name without quotes", `{service:"a"}`, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			err := (&parser{}).parse([]byte(c.body), &Raw{})
			if err == nil || err.Code != outcry.CodeInvalid || err.Field != c.field {
				t.Errorf("got %v, want %s about %q", err, outcry.CodeInvalid, c.field)
			}
		})
	}
}

func TestNullIsNotSaid(t *testing.T) {
	var got Raw
	if err := (&parser{}).parse([]byte(` { "service" : "a" , "region":null, "works":null } `), &got); err != nil || got.Service != "a" || got.Region != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// FuzzParse compares with the standard library: whatever the parser takes, the
// library takes too, and reads the same in it.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"service":"imessage","symptom":"not-delivered","region":"US-TX","comment":"caf\u00e9 \ud83d\ude00"}`))
	f.Add([]byte(`{"works":true,"at":"2024-05-16T21:39:00.5+02:00","reporter":null}`))
	f.Add([]byte(`{"service":"\\"} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got Raw
		if err := (&parser{}).parse(data, &got); err != nil {
			if err.Code != outcry.CodeInvalid || !utf8.ValidString(err.Message+err.Field) {
				t.Fatalf("refused with %s: %q", err.Code, err.Error())
			}
			return
		}
		var want spoken
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("took %q, which is no JSON: %v", data, err)
		}
		if got.Service != want.Service || got.Comment != want.Comment || got.Region != want.Region || got.Works != want.Works {
			t.Fatalf("read %+v in %q, the library %+v", got, data, want)
		}
	})
}

func FuzzParseForm(f *testing.F) {
	f.Add([]byte("service=imessage&symptom=&comment=a%0D%0Ab&works=on"))
	f.Add([]byte("%zz=1&a;b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := parseForm(data, &Raw{}); err != nil && err.Code != outcry.CodeInvalid {
			t.Fatalf("refused with %s: %v", err.Code, err)
		}
	})
}
