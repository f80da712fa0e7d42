package httpcheck

import (
	"io"
	"log"
	"testing"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestPath(t *testing.T) {
	doc, err := decodeJSON([]byte(`{"a":{"b.c":[10,{"d":"x"}]},"":1,"n":12345678901234567890}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`a["b.c"][0]`: "10", `$.a["b.c"][1].d`: "x", `["a"]["b.c"][-1]["d"]`: "x", `[""]`: "1",
		"n": "12345678901234567890", "$.n": "12345678901234567890",
		"a.x": "-", "a[0]": "-", `a["b.c"][2]`: "-", `a["b.c"][-3]`: "-", "n.x": "-",
	} {
		p, err := parsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := "-"
		if v, ok := p.find(doc); ok {
			got = scalarText(v)
		}
		if got != want {
			t.Errorf("%s: %s, wanted %s", text, got, want)
		}
	}
	for _, bad := range []string{".a.", "a..b", "a[", "a[x]", `a["x]`, `a["x"`, "a[0]b", "a.", "[]", "a[99999999999999999999]"} {
		if _, err := parsePath(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`a["b.c"][0].d`, "==", "x", `{"a":{"b.c":[{"d":"x"}]}}`)
	f.Add("$", "~", ".*", `[1,2,3]`)
	f.Add("[-1]", "<", "1e400", `[0]`)
	f.Add("[", ">", "", `{`)
	f.Fuzz(func(t *testing.T, path, op, value, body string) {
		w, err := compileJSON(JSONOptions{path, op, Text(value)})
		if err != nil {
			return
		}
		doc, err := decodeJSON([]byte(body))
		if err != nil {
			return
		}
		if first, second := w.check(doc), w.check(doc); first != second {
			t.Fatalf("%q, and then %q", first, second)
		}
	})
}

func FuzzStatusRange(f *testing.F) {
	for _, s := range []string{"200", "2xx", "200-299", "-", "xx", "2xx-3xx", "299-200"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r StatusRange
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if r.From < 100 || r.To > 599 || r.From > r.To {
			t.Fatalf("%q is %v", text, r)
		}
		var again StatusRange
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Fatalf("%q is %v, and that is %v (%v)", text, r, again, err)
		}
	})
}
