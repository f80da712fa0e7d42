//go:build slow

package web

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
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
	f.got <- service + " " + r.PostFormValue("symptom") + " " + r.PostFormValue("carrier")
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
			do(t, ctx, chromedp.Click(`input[value="not-delivered"]`), chromedp.Click(`#report summary`),
				chromedp.SendKeys(`input[name="carrier"]`, "Verizon"))
			do(t, ctx, chromedp.Click(`#report button`))
			if got := <-f.got; got != "imessage not-delivered Verizon" {
				t.Errorf("the form has sent %q", got)
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

// TestBrowserLiveUpdate: an incident appears on an open page within a second,
// and what a visitor has begun to fill in stays.
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
	eval[bool](t, ctx, `document.querySelector('input[value="sign-in"]').checked = true`)
	began := time.Now()
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector("h1").textContent === "iMessage is failing."`)
	took := time.Since(began)
	t.Logf("from publication to the visitor's eye: %s", took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("the change took %s", took)
	}
	if !eval[bool](t, ctx, `document.querySelector('input[value="sign-in"]').checked && document.getElementById("hero").classList.contains("s-outage")`) {
		t.Error("the half-filled form or the new look is lost")
	}
}

// TestBrowserPages looks at every kind of page at every width in both themes:
// axe finds nothing, nothing is blocked by the policy, nothing scrolls
// sideways. The pictures are kept in OUTCRY_TEST_SHOTS, if that is set.
func TestBrowserPages(t *testing.T) {
	axe := axeSource(t)
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	for stage, paths := range map[pagetest.Stage][]string{
		pagetest.Outage:      {"/", "/s/imessage", "/s/homekit", "/incidents/2024-0516-imsg", "/history", "/nowhere"},
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
	inspect(t, ctx, axe, base, "/", "light", 99)
}

func inspect(t *testing.T, ctx context.Context, axe, base, path, theme string, stage pagetest.Stage) {
	t.Helper()
	name := fmt.Sprintf("%d%s-%s", stage, strings.NewReplacer("/", "_", "?", "_", "=", "").Replace(path), theme)
	do(t, ctx, chromedp.Navigate(base+path))
	for _, size := range [][2]int64{{360, 740}, {768, 1024}, {1280, 800}, {1920, 1080}} {
		look(t, ctx, size[0], size[1], theme, false)
		if over := eval[int](t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			t.Errorf("%s scrolls sideways by %d pixels at %d", name, over, size[0])
		}
		keep(t, ctx, fmt.Sprintf("%s-%d.png", name, size[0]))
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
