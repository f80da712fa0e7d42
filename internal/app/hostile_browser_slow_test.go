//go:build slow

package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry/internal/testutil/hostile"
)

// visitTime is for one page, on a machine that is busy with other things.
const visitTime = time.Minute

// canary is a browser in which a stranger's script would leave a mark.
type canary struct {
	t   *testing.T
	ctx context.Context
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	const path = "/usr/bin/chromium"
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not there, and CI must have it")
		}
		t.Skip("chromium is not there: run ./test, which installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	for _, f := range []string{"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	// What a page would load from elsewhere fails at once: the parser judges
	// addresses, and a network that swallows packets would hold each up for a minute.
	opts = append(opts, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	c := &canary{t, ctx}
	c.do(chromedp.Navigate("about:blank")) // starts the browser, which lives as long as this context
	late, cancel := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	c.ctx = late
	return c
}

func (c *canary) do(actions ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, actions...); err != nil {
		c.t.Fatal(err)
	}
}

// obey has the browser follow the policies of pages, or forget them.
func (c *canary) obey(policies bool) {
	c.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: !policies})
		return err
	}))
}

// ran visits a page and reports whether a script of a stranger's ran there, or
// led away from it.
func (c *canary) ran(address string) bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, visitTime)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		c.t.Fatalf("%s: %v", address, err)
	}
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => { for (const e of document.querySelectorAll("a,button,input,summary,textarea")) { e.dispatchEvent(new Event("mouseover", {bubbles: true})); e.dispatchEvent(new Event("focus")); } return location.origin + " " + window.__pwned })()`))
	if err != nil {
		c.t.Fatalf("%s: %v", address, err)
	}
	u, err := url.Parse(address)
	if err != nil {
		c.t.Fatal(err)
	}
	return at != u.Scheme+"://"+u.Host+" undefined"
}

// browse looks at every page, and at the searches for every text, in a browser
// that has been told to forget our policy, so that nothing but the escaping
// stands between a stranger and the visitor; and at the copy.
func (b *besieged) browse(pages []string) {
	c := newCanary(b.t)
	c.obey(false)
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<script>window.__pwned=1</script>"))
	}))
	defer control.Close()
	if !c.ran(control.URL) {
		b.t.Fatal("a script that nothing hinders leaves no mark: the canary is dead")
	}
	for _, v := range hostile.Values() {
		pages = append(pages, "/search?q="+url.QueryEscape(v.Text)) // other addresses are read by the parser alone
	}
	for _, path := range pages {
		if c.ran(b.base + path) {
			b.t.Errorf("on %s a stranger's script ran", path)
		}
	}
	copied := httptest.NewServer(http.FileServer(http.Dir(b.folder)))
	defer copied.Close()
	for _, path := range []string{"/index.html", "/s/s5.html", "/history.html", "/widget/s5.html", "/kiosk.html"} {
		if c.ran(copied.URL + path) {
			b.t.Errorf("on the copy of %s a stranger's script ran", path)
		}
	}
	c.obey(true)
	for _, address := range []string{b.base + "/s/s1", b.base + "/widget/s1", b.base + "/nowhere", copied.URL + "/s/s5.html"} {
		c.do(chromedp.Navigate(address))
		got, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](`(() => { const s = document.createElement("script"); s.textContent = "window.__pwned = 1"; document.body.append(s); const b = document.createElement("b"); b.setAttribute("onclick", "window.__pwned = 1"); document.body.append(b); b.click(); return String(window.__pwned) })()`))
		if err != nil || got != "undefined" {
			b.t.Errorf("%s: a script that got into the page would run: %s, %v", address, got, err)
		}
	}
}
