//go:build slow

package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// missing ends a test whose tool is not there: in CI that is a failure, at
// home a reason to skip.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not there, and CI must have it", what)
	}
	t.Skipf("%s is not there: run ./test, which installs it", what)
}

// browser starts chromium and gives a tab.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, p := range []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(p); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		missing(t, "chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	for _, f := range []string{"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	do(t, ctx, chromedp.Navigate("about:blank")) // starts the browser, which lives as long as this context
	ctx, late := context.WithTimeout(ctx, 6*time.Minute)
	t.Cleanup(late)
	return ctx
}

// axeSource is the accessibility engine: OUTCRY_AXE names its file, or a
// folder with node_modules; else node_modules at the repository's root.
func axeSource(t *testing.T) string {
	t.Helper()
	at := os.Getenv("OUTCRY_AXE")
	for _, p := range []string{at, filepath.Join(at, "axe.min.js"), filepath.Join(at, "node_modules/axe-core/axe.min.js"), "../../node_modules/axe-core/axe.min.js"} {
		if b, err := os.ReadFile(p); err == nil {
			return string(b)
		}
	}
	missing(t, "axe-core")
	return ""
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string, opts ...chromedp.EvaluateOption) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, opts...))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits in the page for an expression to become true.
func until(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	const wait = `new Promise((yes, no) => { const end = Date.now() + 5000; (function look() { try { if (%s) return yes(true) } catch {} if (Date.now() > end) return no(new Error("still not so")); setTimeout(look, 20) })() })`
	eval[bool](t, ctx, strings.Replace(wait, "%s", js, 1), chromedp.EvalAwaitPromise)
}

// look sets what the visitor has: a window, a theme, and scripts or none.
func look(t *testing.T, ctx context.Context, width, height int64, theme string, scriptless bool) {
	t.Helper()
	do(t, ctx, chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: scriptless})
		return err
	}))
}

// reports counts what the form sends.
type reports struct{ got chan string }

func (f reports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := r.PostFormValue("service")
	what := r.PostFormValue("symptom")
	if works := r.PostFormValue("works"); works != "" {
		what += "works=" + works
	}
	f.got <- service + " " + what + " " + r.PostFormValue("carrier")
	http.Redirect(w, r, "/s/"+service+"?thanks=1", http.StatusSeeOther)
}

// TestBrowserReport sends the form with and without scripts.
func TestBrowserReport(t *testing.T) {
	f := reports{make(chan string, 1)}
	s := newTest(t, func(_ *Config, d *Deps) { d.Reports = f })
	base := "http://" + start(t, s)
	ctx := browser(t)
	for _, c := range []struct {
		name       string
		scriptless bool
	}{{"with scripts", false}, {"without scripts", true}} {
		t.Run(c.name, func(t *testing.T) {
			look(t, ctx, 360, 740, "light", c.scriptless)
			do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
			do(t, ctx, chromedp.Click(`#report summary`), chromedp.SendKeys(`input[name="carrier"]`, "Verizon"))
			do(t, ctx, chromedp.Click(`button[value="not-delivered"]`))
			if got := <-f.got; got != "imessage not-delivered Verizon" {
				t.Errorf("the form has sent %q", got)
			}
			thanked(t, ctx)
			do(t, ctx, chromedp.Navigate(base+"/s/imessage"), chromedp.Click(`button[name="works"]`))
			if got := <-f.got; got != "imessage works=true " {
				t.Errorf("whom it works for has sent %q", got)
			}
			thanked(t, ctx)
		})
	}
}

// thanked waits until the page that thanks is there. It asks from outside,
// because a page without scripts cannot wait by itself, and asks again when the
// page goes away under the question.
func thanked(t *testing.T, ctx context.Context) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		words, err := chromedp.Run(ctx, chromedp.Evaluate[string](`String(document.querySelector(".thanks")?.textContent)`))
		if err == nil && strings.Contains(words, "Thank you.") {
			return
		}
	}
	t.Error("nobody has said thank you")
}

// TestBrowserLiveUpdate: an incident appears on an open page by itself, and what a visitor has begun to fill in stays.
func TestBrowserLiveUpdate(t *testing.T) {
	s := newTest(t, nil)
	if err := s.Publish(pagetest.World(pagetest.Quiet)); err != nil {
		t.Fatal(err)
	}
	base := "http://" + start(t, s)
	ctx := browser(t)
	look(t, ctx, 1280, 800, "light", false)
	do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
	until(t, ctx, `document.querySelector("h1").textContent === "iMessage is working."`)
	until(t, ctx, `document.getElementById("live").textContent === "Live"`)
	eval[bool](t, ctx, `(document.querySelector('input[name="carrier"]').value = "Verizon", document.querySelector("#report details").open = true)`)
	began := time.Now()
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector("h1").textContent === "iMessage is failing."`)
	t.Logf("from publication to the visitor's eye: %s", time.Since(began).Round(time.Millisecond))
	if !eval[bool](t, ctx, `document.querySelector('input[name="carrier"]').value === "Verizon" && document.getElementById("hero").classList.contains("s-outage")`) {
		t.Error("the half-filled form or the new look is lost")
	}
}

// TestBrowserDelta: an incident appears in place, without the page being
// fetched again: the focus stays on the row that has changed, rows that have not
// are not touched, and one sentence is read out.
func TestBrowserDelta(t *testing.T) {
	s := newTest(t, nil)
	if err := s.Publish(pagetest.World(pagetest.Quiet)); err != nil {
		t.Fatal(err)
	}
	base := "http://" + start(t, s)
	ctx := browser(t)
	look(t, ctx, 1280, 800, "light", false)
	do(t, ctx, chromedp.Navigate(base+"/"))
	until(t, ctx, `document.getElementById("live").textContent === "Live"`)
	eval[bool](t, ctx, `(() => {
		window.fetched = 0;
		const slow = window.fetch; window.fetch = (...a) => { window.fetched++; return slow(...a); };
		window.rows = Array.from(document.querySelectorAll('[id^="row/"]'), (e) => ({ id: e.id, link: e.querySelector("a"), html: e.innerHTML }));
		document.querySelector(".tongues").open = true;
		document.querySelector('[id="row/s/imessage"] a').focus();
		return true;
	})()`)
	quiet := eval[string](t, ctx, `document.querySelector("h1").textContent`)
	w := pagetest.World(pagetest.Outage)
	for i := range w.Incidents { // HomeKit is as it was
		w.Incidents[i].Services = slices.DeleteFunc(slices.Clone(w.Incidents[i].Services), func(id string) bool { return id == "homekit" && w.Incidents[i].Open() })
	}
	if err := s.Publish(w); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, fmt.Sprintf(`document.querySelector("h1").textContent !== %q`, quiet))
	for why, js := range map[string]string{
		"the row shows the outage":            `document.querySelector('[id="row/s/imessage"] .badge').classList.contains("s-outage")`,
		"the focus is where it was":           `document.activeElement.getAttribute("href") === "/s/imessage"`,
		"rows that say the same are the same": `(() => { const same = window.rows.filter((r) => document.getElementById(r.id).innerHTML === r.html); return same.length > 0 && same.every((r) => r.link.isConnected); })()`,
		"what was open is open":               `document.querySelector(".tongues").open`,
		"nothing is fetched":                  `window.fetched === 0`,
		"one polite sentence is read out":     `document.querySelectorAll("[role=status]").length === 1 && document.getElementById("said").textContent === document.querySelector("h1").textContent`,
		"nothing else of the page is spoken":  `document.querySelectorAll("[aria-live]").length === 0`,
	} {
		if !eval[bool](t, ctx, js) {
			t.Errorf("not so: %s", why)
		}
	}
}

// TestBrowserPages looks at every kind of page at every width in both themes:
// axe finds nothing, nothing is blocked by the policy, nothing scrolls
// sideways. The pictures of the outage, and of the page that has no data, are
// kept in OUTCRY_TEST_SHOTS, which ./test sets.
func TestBrowserPages(t *testing.T) {
	axe := axeSource(t)
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	for stage, paths := range map[pagetest.Stage][]string{
		pagetest.Outage:      {"/", "/s/imessage", "/s/homekit", "/incidents/2024-0516-imsg", "/history", "/accuracy", "/kiosk", "/widget", "/search?q=e", "/s/imessage/you", "/s/imessage?lang=de", "/?lang=ar", "/s/imessage?lang=ar", "/nowhere"},
		pagetest.Unconfirmed: {"/", "/s/imessage"},
		pagetest.Quiet:       {"/", "/s/imessage?thanks=1"},
		pagetest.Recovering:  {"/"},
		pagetest.Resolved:    {"/", "/incidents/2024-0516-imsg"},
		pagetest.Stale:       {"/"},
	} {
		if err := s.Publish(pagetest.World(stage)); err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			for _, theme := range []string{"light", "dark"} {
				inspect(t, ctx, axe, base, path, theme, stage)
			}
		}
	}
	if err := s.Publish(page.World{Now: pagetest.Now(pagetest.Quiet)}); err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		inspect(t, ctx, axe, base, "/", theme, noData)
	}
}

// noData names a page of which nothing has been heard in the pictures' names.
const noData pagetest.Stage = 99

func inspect(t *testing.T, ctx context.Context, axe, base, path, theme string, stage pagetest.Stage) {
	t.Helper()
	name := fmt.Sprintf("%d%s-%s", stage, strings.NewReplacer("/", "_", "?", "_", "=", "").Replace(path), theme)
	do(t, ctx, chromedp.Navigate(base+path))
	for _, size := range [][2]int64{{360, 740}, {768, 1024}, {1280, 800}, {1920, 1080}} {
		look(t, ctx, size[0], size[1], theme, false)
		if over := eval[int](t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			t.Errorf("%s scrolls sideways by %d pixels at %d", name, over, size[0])
		}
		if stage == pagetest.Outage || stage >= noData {
			keep(t, ctx, fmt.Sprintf("%s-%d.png", name, size[0]))
		}
	}
	eval[bool](t, ctx, axe+";true")
	found := eval[string](t, ctx, `axe.run().then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html + " " + n.failureSummary).join(" | "))))`, chromedp.EvalAwaitPromise)
	if found != "[]" {
		t.Errorf("%s: axe finds %s", name, found)
	}
}

// keep takes a picture of the whole page.
func keep(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("OUTCRY_TEST_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserThemeAndZone: the theme switch works with and without scripts, is
// remembered where it can be, and times are the visitor's with the page's own
// beside them.
func TestBrowserThemeAndZone(t *testing.T) {
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	const paper = `getComputedStyle(document.body).backgroundColor`
	for _, scriptless := range []bool{false, true} {
		look(t, ctx, 1280, 800, "light", scriptless)
		do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
		light := eval[string](t, ctx, paper)
		eval[bool](t, ctx, `(document.getElementById("th-dark").click(), true)`)
		if dark := eval[string](t, ctx, paper); dark == light {
			t.Errorf("scriptless %v: the switch changes nothing: %s", scriptless, dark)
		}
		if scriptless {
			continue
		}
		do(t, ctx, chromedp.Navigate(base+"/history"))
		if !eval[bool](t, ctx, `document.getElementById("th-dark").checked`) {
			t.Error("the theme is forgotten on the next page")
		}
		if told := eval[string](t, ctx, `document.querySelector("time").textContent`); !strings.Contains(told, "CDT)") {
			t.Errorf("the time is told as %q, without the page's own beside it", told)
		}
		eval[bool](t, ctx, `(document.getElementById("th-auto").click(), true)`)
	}
}

// TestBrowserWidget puts the widget into a foreign page: it shows the state in a
// frame, and neither reads nor changes its host.
func TestBrowserWidget(t *testing.T) {
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><title>Host</title><p id="own">mine</p><script src="` + base + `/widget.js" data-service="imessage"></script><p>after</p>`))
	}))
	defer host.Close()
	ctx := browser(t)
	look(t, ctx, 1280, 800, "light", false)
	do(t, ctx, chromedp.Navigate(host.URL))
	until(t, ctx, `document.querySelectorAll("iframe").length === 1`)
	if got := eval[string](t, ctx, `document.querySelector("iframe").src + " " + document.querySelector("iframe").sandbox`); !strings.HasPrefix(got, base+"/widget/imessage allow-popups") || strings.Contains(got, "allow-scripts") || strings.Contains(got, "same-origin") {
		t.Errorf("the frame is %s", got)
	}
	if got := eval[string](t, ctx, `document.body.textContent.replace(/\s+/g, " ") + Object.keys(window).filter(k => /outcry|widget/i.test(k))`); got != "mineafter" {
		t.Errorf("the host's page has become %q", got)
	}
	if eval[int](t, ctx, `window.frames.length`) != 1 {
		t.Error("there is no frame")
	}
	keep(t, ctx, "widget-in-a-foreign-page.png")
}

// TestFirstViewIsSmall: everything that the first look at a service loads, in
// the transfer's own size.
func TestFirstViewIsSmall(t *testing.T) {
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	look(t, ctx, 360, 740, "light", false)
	// a first view has no worker yet; what a worker hands on counts unpacked
	do(t, ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
		return err
	}))
	for _, path := range []string{"/", "/s/imessage"} {
		do(t, ctx, chromedp.Navigate(base+path))
		bytes := eval[int](t, ctx, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.transferSize, 0)`)
		t.Logf("%s: %d bytes in all", path, bytes)
		if bytes == 0 || bytes > 50_000 {
			t.Errorf("the first view of %s is %d bytes, at most 50,000", path, bytes)
		}
	}
}

// TestBrowserRemarks: people's comments, and the field for one's own, at every
// width in both themes; an address in one is no link.
func TestBrowserRemarks(t *testing.T) {
	axe := axeSource(t)
	s := newTest(t, nil)
	if err := s.Publish(remarked(false)); err != nil {
		t.Fatal(err)
	}
	base := "http://" + start(t, s)
	ctx := browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/s/imessage", "/s/imessage?lang=ar"} {
			inspect(t, ctx, axe, base, path, theme, noData+1)
		}
	}
	if links := eval[int](t, ctx, `document.querySelectorAll("#remarks a").length`); links != 0 {
		t.Errorf("%d links in what people wrote", links)
	}
}
