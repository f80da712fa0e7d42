package page_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/html"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

func versions(t *testing.T, r *page.Renderer, w page.World) map[string]string {
	t.Helper()
	views, err := r.Views(w)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, v := range views {
		out[v.Path] = v.Version
	}
	return out
}

// TestOnlyWhatChangedIsNew: time alone changes nothing, one more report
// changes one service's page.
func TestOnlyWhatChangedIsNew(t *testing.T) {
	r := renderer(t)
	before := versions(t, r, pagetest.World(pagetest.Quiet))
	for _, c := range []struct {
		name   string
		change func(*page.World)
		want   []string
	}{
		{"ten seconds that bring nothing", func(w *page.World) { w.Now, w.Heard = w.Now.Add(10*time.Second), w.Heard.Add(10*time.Second) }, nil},
		{"one report about FaceTime", func(w *page.World) { w.Services[2].Series[287].Reports++ }, []string{"/s/facetime", "/api/v1/services", "/api/v1/services/facetime"}},
		{"a private service's troubles", func(w *page.World) { w.Services[4].Series[287].Reports = 1e6 }, nil},
		{"a failed check", func(w *page.World) { w.Services[0].Probes[0].Failed++ }, []string{"/s/imessage"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := make(map[string]bool)
			for _, p := range c.want {
				want[p] = true
			}
			for path, v := range versions(t, r, worldAt(pagetest.Quiet, c.change)) {
				if changed := v != before[path]; changed != want[path] {
					t.Errorf("%s: changed %v, want %v", path, changed, want[path])
				}
			}
		})
	}
}

func TestCompressedFormsHoldTheSameBytes(t *testing.T) {
	d := documents(t, pagetest.World(pagetest.Outage))["/s/imessage"]
	z, err := gzip.NewReader(bytes.NewReader(d.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	y, err := zstd.NewReader(bytes.NewReader(d.Zstd()))
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	for name, r := range map[string]io.Reader{"gzip": z, "zstd": y, "brotli": brotli.NewReader(bytes.NewReader(d.Brotli()))} {
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, d.Body) {
			t.Errorf("%s: %v, %d bytes of %d", name, err, len(got), len(d.Body))
		}
	}
	if len(d.Gzip) > 50<<10/2 {
		t.Errorf("the page is %d bytes compressed, over half of the 50 KB that a first view may be", len(d.Gzip))
	}
}

func TestThanksAreAVariantOfTheServicePage(t *testing.T) {
	r := renderer(t)
	views, err := r.Views(pagetest.World(pagetest.Quiet))
	if err != nil {
		t.Fatal(err)
	}
	thanked := 0
	for _, v := range views {
		tv, ok := v.Thanked()
		if ok != strings.HasPrefix(v.Path, "/s/") {
			t.Errorf("%s has thanks: %v", v.Path, ok)
		}
		if !ok {
			continue
		}
		thanked++
		d, err := r.Render(tv, pagetest.Onset)
		if err != nil {
			t.Fatal(err)
		}
		if s := words(parse(t, d)); !strings.Contains(s, "Thank you.") || tv.Version == v.Version {
			t.Errorf("%s does not thank: %s", v.Path, s)
		}
	}
	if thanked != 4 {
		t.Errorf("%d service pages thank, want 4", thanked)
	}
}

// TestReportFormWorksWithoutScript: a plain form with the fields of the
// contract, every symptom and "something else".
func TestReportFormWorksWithoutScript(t *testing.T) {
	root := parse(t, documents(t, pagetest.World(pagetest.Quiet))["/s/imessage"])
	var form *html.Node
	each(root, "form", func(n *html.Node) { form = n })
	if form == nil || attr(form, "method") != "post" || attr(form, "action") != "/api/v1/reports" {
		t.Fatalf("the form does not post to the reports: %+v", form)
	}
	got := make(map[string][]string)
	each(form, "input", func(n *html.Node) { got[attr(n, "name")] = append(got[attr(n, "name")], attr(n, "value")) })
	if len(got["service"]) != 1 || got["service"][0] != "imessage" {
		t.Errorf("the form is about %q", got["service"])
	}
	each(form, "button", func(n *html.Node) { got[attr(n, "name")] = append(got[attr(n, "name")], attr(n, "value")) })
	if s := strings.Join(got["works"], " "); s != "true" {
		t.Errorf("whom it works for sends %q", s)
	}
	if s := strings.Join(got["symptom"], " "); s != "not-delivered no-connection sign-in other" {
		t.Errorf("the form offers the symptoms %q", s)
	}
	for _, name := range []string{"region", "carrier"} {
		if len(got[name]) != 1 {
			t.Errorf("the form has %d fields %s", len(got[name]), name)
		}
	}
}

// TestBarsHaveWords: what the bars draw is said too.
func TestBarsHaveWords(t *testing.T) {
	root := parse(t, documents(t, pagetest.World(pagetest.Outage))["/s/facetime"])
	var label string
	each(root, "svg", func(n *html.Node) {
		if strings.HasPrefix(attr(n, "aria-label"), "Last 90 days") {
			label = attr(n, "aria-label")
		}
	})
	want := "Last 90 days: 71 days without trouble, 17 days not watched. 4 May: Degraded, 25 min; 16 May: Outage, 26 min."
	if label != want {
		t.Errorf("the bars say %q, want %q", label, want)
	}
}
