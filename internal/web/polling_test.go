//go:build slow

package web

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry/internal/page/pagetest"
)

// TestBrowserPollsWithoutRoom: a page that is refused a live stream asks for
// itself, and shows what has changed. Its clock is made a hundred times faster.
func TestBrowserPollsWithoutRoom(t *testing.T) {
	s := newTest(t, func(c *Config, _ *Deps) { c.Descriptors = 1 })
	if err := s.Publish(pagetest.World(pagetest.Quiet)); err != nil {
		t.Fatal(err)
	}
	base := "http://" + start(t, s)
	ctx := browser(t)
	look(t, ctx, 1280, 800, "light", false)
	do(t, ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: `{ const slow = window.setInterval; window.setInterval = (f, ms) => slow(f, ms / 100); }`,
		})
		return err
	}))
	do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
	until(t, ctx, `document.querySelector("h1").textContent === "iMessage is working."`)
	if err := s.Publish(pagetest.World(pagetest.Outage)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector("h1").textContent === "iMessage is failing."`)
	if n := s.hub.count(); n != 0 {
		t.Errorf("%d listen where there is no room", n)
	}
}
