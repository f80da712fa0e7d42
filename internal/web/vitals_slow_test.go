//go:build slow

package web

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// A slow phone as Lighthouse emulates it: a processor that is four times slower
// than this one, and slow 4G.
const (
	slowProcessor = 4
	slowLatency   = 150               // ms, there and back
	slowDown      = 1638.4 * 1000 / 8 // bytes a second
	slowUp        = 750.0 * 1000 / 8  // bytes a second
	mostShift     = 0.02              // of the layout, a fifth of what the web vitals call good; what is painted half-read may settle
	mostBytes     = 50_000            // of a first view
	settled       = `performance.now() > 3000 && document.readyState === "complete"`
)

// observed collects in the page what the browser measures of it, from the first
// instant on.
const observed = `window.vitals = { fcp: 0, lcp: 0, cls: 0, moved: [], tasks: [] };
new PerformanceObserver((l) => { for (const e of l.getEntries()) if (e.name === "first-contentful-paint") vitals.fcp = e.startTime }).observe({ type: "paint", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) vitals.lcp = e.startTime }).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) { vitals.cls += e.value; for (const s of e.sources) vitals.moved.push([s.node?.nodeName, s.node?.id, s.node?.className?.baseVal ?? s.node?.className, s.node?.textContent?.slice(0, 40), JSON.stringify(s.previousRect), JSON.stringify(s.currentRect)].join(" ")) } }).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) vitals.tasks.push([e.startTime, e.duration]) }).observe({ type: "longtask", buffered: true });`

// summed is what is reported: blocking time is that beyond 50 ms of each task
// after the first paint.
const summed = `JSON.stringify({ fcp: vitals.fcp, lcp: vitals.lcp, cls: vitals.cls,
	tbt: vitals.tasks.filter(([at]) => at >= vitals.fcp).reduce((sum, [, d]) => sum + Math.max(0, d - 50), 0),
	bytes: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.transferSize, 0) })`

// vitals are a first view's figures, times in milliseconds.
type vitals struct {
	FCP, LCP, CLS, TBT float64
	Bytes              int
}

// slowly makes every load a first one over slow 4G, and observes it.
func slowly(t *testing.T, ctx context.Context) {
	t.Helper()
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	call(t, ctx, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
	call(t, ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: slowLatency, DownloadThroughput: slowDown, UploadThroughput: slowUp}},
	})
	call(t, ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: observed})
}

// TestVitals measures first views on a slow phone. What it holds is what does not
// depend on the machine: nothing moves under the reader's eyes, and little is sent.
// Times are printed; docs/benchmarks/page.md has them with the machine's load.
func TestVitals(t *testing.T) {
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	look(t, ctx, 360, 740, "light", false)
	call(t, ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slowProcessor})
	slowly(t, ctx)
	for _, c := range []struct {
		says, path string
		world      page.World
	}{
		{"the overview in an outage", "/", pagetest.World(pagetest.Outage)},
		{"a service in an outage", "/s/imessage", pagetest.World(pagetest.Outage)},
		{"a service in Arabic", "/s/imessage?lang=ar", pagetest.World(pagetest.Outage)},
		{"an incident", "/incidents/2024-0516-imsg", pagetest.World(pagetest.Outage)},
		{"the overview on a quiet day", "/", pagetest.World(pagetest.Quiet)},
	} {
		if err := s.Publish(c.world); err != nil {
			t.Fatal(err)
		}
		do(t, ctx, chromedp.Navigate(base+c.path))
		until(t, ctx, settled)
		var v vitals
		if err := json.Unmarshal([]byte(eval[string](t, ctx, summed)), &v); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: first paint %.0f ms, largest %.0f ms, shift %.4f, blocked %.0f ms, %d bytes", c.says, v.FCP, v.LCP, v.CLS, v.TBT, v.Bytes)
		if v.FCP == 0 || v.LCP == 0 || v.Bytes == 0 {
			t.Errorf("%s: not measured: %+v", c.says, v)
		}
		if v.CLS > mostShift {
			t.Errorf("%s: the layout shifts by %.3f, at most %.3f", c.says, v.CLS, mostShift)
		}
		if v.Bytes > mostBytes {
			t.Errorf("%s: %d bytes, at most %d", c.says, v.Bytes, mostBytes)
		}
	}
}

// TestNothingMoves: on a slow line, the first look at a page in any language, on a
// phone and on a desk, is the last: times in the visitor's zone, the button that
// only scripts can offer and the lamp take nobody's place. The visitor's zone is
// one with a long name.
func TestNothingMoves(t *testing.T) {
	s := newTest(t, nil)
	base := "http://" + start(t, s)
	ctx := browser(t)
	slowly(t, ctx)
	call(t, ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"})
	for _, width := range []int64{360, 1280} {
		look(t, ctx, width, 740, "light", false)
		for _, lang := range s.site.renderer.Languages() {
			for _, path := range []string{"/", "/s/imessage", "/incidents/2024-0516-imsg", "/history"} {
				do(t, ctx, chromedp.Navigate(base+path+"?lang="+lang.ID))
				until(t, ctx, `document.querySelector("#live:not([hidden])") && performance.getEntriesByType("paint").length > 0`)
				eval[bool](t, ctx, `new Promise((yes) => requestAnimationFrame(() => setTimeout(() => yes(true), 50)))`, chromedp.EvalAwaitPromise)
				if !eval[bool](t, ctx, `document.querySelectorAll("main time").length > 0 && [...document.querySelectorAll("main time")].every((e) => e.dataset.here)`) {
					t.Errorf("%s in %s: not every time is the visitor's own", path, lang.ID)
				}
				if eval[float64](t, ctx, "vitals.cls") > mostShift {
					t.Errorf("%s in %s, %d pixels wide: %.4f of the layout shifts: %s", path, lang.ID, width, eval[float64](t, ctx, "vitals.cls"), eval[string](t, ctx, `vitals.moved.join("; ")`))
				}
			}
		}
	}
}
