package page

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// TestLabelsDoNotOverlap: of incidents that are close to each other on the chart
// the newest says when it began.
func TestLabelsDoNotOverlap(t *testing.T) {
	now := time.Date(2024, 5, 16, 22, 0, 0, 0, time.UTC)
	var series []Bin
	for i := range 288 {
		series = append(series, Bin{At: now.Add(time.Duration(i-288) * BinLength), Usual: -1})
	}
	c := clock{tongue: tongueOf(t, english), loc: time.UTC}
	for _, x := range []struct {
		says string
		ago  []time.Duration // how long ago they began, newest first
		want []string
	}{
		{"two in an hour at the right end", []time.Duration{10 * time.Minute, 40 * time.Minute}, []string{"21:50", ""}},
		{"two in an hour", []time.Duration{10 * time.Hour, 11 * time.Hour}, []string{"12:00", ""}},
		{"two that are apart", []time.Duration{time.Hour, 10 * time.Hour}, []string{"21:00", "12:00"}},
		{"one that ends where another begins", []time.Duration{2 * time.Hour, 6 * time.Hour}, []string{"20:00", ""}},
	} {
		var incidents []*outcry.Incident
		for _, ago := range x.ago {
			at := now.Add(-ago)
			incidents = append(incidents, &outcry.Incident{Title: at.String(), State: outcry.StateResolved, Onset: outcry.Onset{At: at}, ClosedAt: at.Add(time.Minute)})
		}
		for i, s := range c.chart(series, incidents).Shades {
			if s.Label != x.want[i] {
				t.Errorf("%s: shade %d at %d is labelled %q, want %q", x.says, i, s.X, s.Label, x.want[i])
			}
		}
	}
}

func tongueOf(t *testing.T, code string) *tongue {
	t.Helper()
	all, err := newTongues()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		if w.Code == code {
			return w
		}
	}
	t.Fatalf("there is no language %s", code)
	return nil
}

// TestNamesInASentence: a name keeps its own direction, and an abbreviation ends a
// sentence with one stop.
func TestNamesInASentence(t *testing.T) {
	for _, c := range []struct{ says, code, text, arg, want string }{
		{"from right to left, a name in Latin letters is isolated", "ar", "%s is working.", "C++", "\u2068C++\u2069"},
		{"from left to right nothing is added", "en", "%s is working.", "C++", "C++ is working."},
		{"an abbreviation at the end", "de", "Over: it lasted %s.", "25 Min.", "Vorbei: es dauerte 25 Min."},
		{"an ellipsis is not one", "en", "Over: it lasted %s.", "a while..", "Over: it lasted a while..."},
	} {
		got := tongueOf(t, c.code).t(c.text, c.arg)
		if c.code == "ar" {
			if !strings.Contains(got, c.want) {
				t.Errorf("%s: %q", c.says, got)
			}
		} else if got != c.want {
			t.Errorf("%s: %q, want %q", c.says, got, c.want)
		}
	}
	if got := tongueOf(t, "ar").list([]string{"C++", "(b)"}); !strings.Contains(got, "\u2068C++\u2069") || !strings.Contains(got, "\u2068(b)\u2069") {
		t.Errorf("a list: %q", got)
	}
}
