package web

import "testing"

// TestSinceAVersion: the shortest way from what a listener has, or none.
func TestSinceAVersion(t *testing.T) {
	h := &held{deltas: []delta{
		{from: "a", to: "b", event: "1"}, {from: "b", to: "a", event: "2"}, {from: "a", to: "c", event: "3"}, {from: "c", to: "d"}, {from: "d", to: "e", event: "4"}, {from: "e", to: "d", event: "5"}, {from: "d", to: "e", event: "6"},
	}}
	for _, c := range []struct{ why, have, want string }{
		{"the version before", "d", "6"},
		{"two versions before", "e", "56"},
		{"a step on the way is too large to be told", "c", ""},
		{"it lies behind one that is too large", "a", ""},
		{"nobody knows it", "x", ""},
	} {
		path, ok := h.since(c.have)
		got := ""
		for _, d := range path {
			got += d.event
		}
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: told %q, %v, want %q", c.why, got, ok, c.want)
		}
	}
}
