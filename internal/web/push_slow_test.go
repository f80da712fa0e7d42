//go:build slow

package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify/webpush"
	"github.com/outcry/outcry/internal/notify/webpush/pushtest"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// shelf keeps subscribers in memory.
type shelf struct {
	mu   sync.Mutex
	kept map[string]outcry.Subscriber
}

func (s *shelf) PutSubscriber(_ context.Context, sub outcry.Subscriber, _ time.Time, _ int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[sub.ID] = sub
	return nil
}

func (s *shelf) DropSubscriber(_ context.Context, _, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[id]; !ok {
		return outcry.Errorf(outcry.CodeNotFound, "nobody")
	}
	delete(s.kept, id)
	return nil
}

func (s *shelf) Subscriber(_ context.Context, id string) (outcry.Subscriber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id], nil
}

func (s *shelf) all() []outcry.Subscriber {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []outcry.Subscriber
	for _, sub := range s.kept {
		out = append(out, sub)
	}
	return out
}

// call runs a command of the DevTools protocol.
func call[P, R any](t *testing.T, ctx context.Context, c cdp.Command[P, R], p P) {
	t.Helper()
	do(t, ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, c, p)
		return err
	}))
}

// stubbed is what takes the place of the browser maker's push service, which a
// test does not reach: PushManager.subscribe gives a subscription at the test's
// own service. All before and behind it is the browser's.
const stubbed = `PushManager.prototype.subscribe = async function (o) {
	if (!o.userVisibleOnly || o.applicationServerKey.length !== 65) throw new TypeError("not as browsers want it");
	if (Notification.permission !== "granted") throw new DOMException("", "NotAllowedError");
	window.asked = (window.asked || 0) + 1;
	return { toJSON: () => ({ endpoint: %q, expirationTime: null, keys: { p256dh: %q, auth: %q } }) };
};`

// TestBrowserIsTold: one tap on a failing service's page, in the visitor's
// language, is a subscription; asked, withdrawn and asked again, the page says
// so, and axe finds nothing in any of its states.
func TestBrowserIsTold(t *testing.T) {
	axe := axeSource(t)
	kept := &shelf{kept: make(map[string]outcry.Subscriber)}
	hosts := webpush.Hosts{"push.example"}
	book, err := webpush.NewBook(webpush.BookConfig{Hosts: hosts, Most: 10, Keep: time.Hour, Now: time.Now}, kept)
	if err != nil {
		t.Fatal(err)
	}
	s := newTest(t, func(_ *Config, d *Deps) { d.Subscribers = book })
	base := "http://" + start(t, s)
	ctx := notifiable(t, base, "https://push.example/anna", pushtest.NewBrowser())
	for _, theme := range []string{"light", "dark"} {
		look(t, ctx, 360, 740, theme, false)
		do(t, ctx, chromedp.Navigate(base+"/s/imessage?lang=de"))
		until(t, ctx, `!document.querySelector('[data-when="ask"]').hidden`)
		clean(t, ctx, axe, "asking in "+theme)
		keep(t, ctx, "tell-ask-"+theme+".png")
		tap(t, ctx, ".bell")
		until(t, ctx, `!document.querySelector('[data-when="set"]').hidden && document.activeElement.className === "quiet"`)
		clean(t, ctx, axe, "asked in "+theme)
		keep(t, ctx, "tell-set-"+theme+".png")
		if all := kept.all(); len(all) != 1 || all[0].Language != "de" || all[0].Service != "imessage" || all[0].Incident != "2024-0516-imsg" || all[0].Updates {
			t.Fatalf("kept: %#v", all)
		}
		if theme == "light" { // and withdrawn
			tap(t, ctx, ".quiet")
			until(t, ctx, `!document.querySelector('[data-when="ask"]').hidden`)
			if all := kept.all(); len(all) != 0 {
				t.Errorf("withdrawn, and kept: %v", all)
			}
		}
	}
	do(t, ctx, chromedp.Navigate(base+"/s/imessage?lang=de"))
	until(t, ctx, `!document.querySelector('[data-when="set"]').hidden`) // a page that is opened again knows
	moved(t, ctx, s, kept)
	if err := s.Publish(pagetest.World(pagetest.Resolved)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `!document.querySelector(".tell") && !localStorage.length`) // there is nothing more to be told of
}

// renewed runs the worker's own code over what the browser hands it when its
// address has changed: the old subscription, whose options make the new one. The
// event itself cannot be had of a browser whose push service is not reached.
const renewed = `(async () => {
	const handlers = {};
	let waits, options;
	const self = {
		location, addEventListener: (name, f) => { handlers[name] = f; },
		registration: { pushManager: { subscribe: async (o) => { options = o; return { endpoint: "https://push.example/anna-moved", toJSON: () => ({ keys: window.keysOfOld }) }; } } },
	};
	window.keysOfOld = (await PushManager.prototype.subscribe({ userVisibleOnly: true, applicationServerKey: { length: 65 } })).toJSON().keys;
	((self) => { %s })(self);
	handlers.pushsubscriptionchange({ waitUntil: (p) => { waits = p; }, oldSubscription: { options: "as before" } });
	await waits;
	return options === "as before";
})()`

// moved holds that a wish goes with the browser to its new address, once, and can
// still be withdrawn and made again.
func moved(t *testing.T, ctx context.Context, s *Server, kept *shelf) {
	t.Helper()
	code := ask(s, "GET", "/sw.js", "").Body.String()
	if !eval[bool](t, ctx, strings.Replace(renewed, "%s", code, 1), chromedp.EvalAwaitPromise) {
		t.Error("the new subscription is not made as the old one was")
	}
	if all := kept.all(); len(all) != 1 || all[0].Endpoint != "https://push.example/anna-moved" || all[0].Language != "de" {
		t.Errorf("after the browser's address has changed are kept: %+v", all)
	}
	tap(t, ctx, ".quiet")
	until(t, ctx, `!document.querySelector('[data-when="ask"]').hidden`)
	if all := kept.all(); len(all) != 0 {
		t.Errorf("withdrawn after the address has changed, and kept: %+v", all)
	}
	tap(t, ctx, ".bell")
	until(t, ctx, `!document.querySelector('[data-when="set"]').hidden`)
}

// TestBrowserShowsTheWord: the message that the site sends when it is over is
// decrypted as a push service and a browser would, handed to the real service
// worker, and shown by it, with times in the visitor's own zone.
func TestBrowserShowsTheWord(t *testing.T) {
	service, mine, kept := pushtest.NewService(), pushtest.NewBrowser(), &shelf{kept: make(map[string]outcry.Subscriber)}
	defer service.Close()
	got := make(chan []byte, 1)
	service.Got = func(m pushtest.Message) { got <- m.Text }
	endpoint := service.Subscribe("anna", mine)
	kept.kept["a"] = outcry.Subscriber{ID: "a", Service: "imessage", Endpoint: endpoint, Key: mine.Key, Auth: mine.Auth, Language: "de"}
	over := pagetest.Incident(pagetest.Resolved)
	send(t, service, webpush.Hosts{strings.TrimPrefix(service.URL, "https://")}, kept, over)

	base := "http://" + start(t, newTest(t, nil))
	ctx := notifiable(t, base, endpoint, mine)
	do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
	worker := registration(t, ctx)
	text := <-got
	words := shown(t, ctx, 1, func() { deliver(t, ctx, base, worker, text) })
	clock := eval[string](t, ctx, fmt.Sprintf(`[%d,%d].map(t => new Intl.DateTimeFormat("de", { hour: "2-digit", minute: "2-digit" }).format(new Date(t))).join(" bis ")`,
		over.Onset.At.UnixMilli(), over.MonitoringAt.UnixMilli()))
	if want := "iMessage läuft wieder.|Es war gestört von etwa " + clock + ".|de|ltr|imessage|/s/imessage?lang=de"; words[0] != want {
		t.Errorf("the browser shows %q, want %q", words, want)
	}
	shown(t, ctx, 2, func() { deliver(t, ctx, base, worker, []byte("{}")) }) // whatever comes, something is shown
}

// TestBrowserMayNotBeTold: a browser that allows no notifications, one that
// cannot, and one without scripts are not offered what they cannot have.
func TestBrowserMayNotBeTold(t *testing.T) {
	axe := axeSource(t)
	s := newTest(t, func(_ *Config, d *Deps) { d.Subscribers = &fakeSubscribers{} })
	base := "http://" + start(t, s)
	ctx := notifiable(t, base, "https://push.example/x", pushtest.NewBrowser())
	look(t, ctx, 360, 740, "light", false)
	call(t, ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{Permission: &cdpbrowser.PermissionDescriptor{Name: "notifications"}, Setting: "denied", Origin: base})
	do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
	until(t, ctx, `!document.querySelector('[data-when="denied"]').hidden && document.querySelector('[data-when="ask"]').hidden`)
	clean(t, ctx, axe, "denied")
	look(t, ctx, 360, 740, "light", true)
	do(t, ctx, chromedp.Navigate(base+"/s/imessage"))
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".tell").innerText`))
	if err != nil || strings.Contains(text, "Tell me") || !strings.Contains(text, "Atom") {
		t.Errorf("without scripts: %q, %v", text, err)
	}
}

// tap presses what has the focus, as a finger or the space bar would.
func tap(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	eval[bool](t, ctx, fmt.Sprintf(`(document.querySelector(%q).focus(), document.activeElement.click(), true)`, selector))
}

// shown delivers a message until the browser shows so many notifications, and
// gives them. Asking while one is about to be shown makes Chromium forget it
// (it tidies its list by what is on the screen), so the question waits a while,
// and a message that was forgotten is delivered again, under its tag.
func shown(t *testing.T, ctx context.Context, n int, deliver func()) (words []string) {
	t.Helper()
	const all = `navigator.serviceWorker.ready.then(r => r.getNotifications()).then(n => n.map(x => [x.title, x.body, x.lang, x.dir, x.tag, x.data].join("|")))`
	for range 20 {
		deliver()
		<-time.After(2 * time.Second)
		if words = eval[[]string](t, ctx, all, chromedp.EvalAwaitPromise); len(words) >= n {
			return words
		}
	}
	t.Fatalf("the browser shows %q, want %d", words, n)
	return nil
}

// notifiable starts a browser that may show notifications of the site, and whose
// push service is the test's.
func notifiable(t *testing.T, base, endpoint string, b *pushtest.Browser) context.Context {
	t.Helper()
	ctx := browser(t)
	enc := base64.RawURLEncoding
	call(t, ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{Permission: &cdpbrowser.PermissionDescriptor{Name: "notifications"}, Setting: "granted", Origin: base})
	call(t, ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(stubbed, endpoint, enc.EncodeToString(b.Key), enc.EncodeToString(b.Auth)),
	})
	return ctx
}

// clean holds the page against axe.
func clean(t *testing.T, ctx context.Context, axe, name string) {
	t.Helper()
	eval[bool](t, ctx, axe+";true")
	found := eval[string](t, ctx, `axe.run().then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html).join(" | "))))`, chromedp.EvalAwaitPromise)
	if found != "[]" {
		t.Errorf("%s: axe finds %s", name, found)
	}
}

// send has the channel tell the one subscriber that it is over.
func send(t *testing.T, service *pushtest.Service, hosts webpush.Hosts, kept *shelf, in outcry.Incident) {
	t.Helper()
	text, err := webpush.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := webpush.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	herald, err := page.NewHerald()
	if err != nil {
		t.Fatal(err)
	}
	client := service.Client()
	client.Timeout = time.Minute
	channel := webpush.New(webpush.Config{
		Keys: keys, Hosts: hosts, Client: &http.Client{Transport: client.Transport}, Find: kept, Now: time.Now,
		Say: func(lang string, n *outcry.Notice) page.Call { return herald.Say(lang, "iMessage", n) },
	})
	in.Services = []string{"imessage"}
	err = channel.Send(t.Context(), outcry.Notice{ID: "n", Kind: outcry.NoticeResolved, To: kept.all()[0].ID, Incident: in})
	if err != nil || len(service.Wrong()) > 0 {
		t.Fatalf("%v, wrong: %v", err, service.Wrong())
	}
}

// registration waits for the page's service worker and names it for DevTools.
func registration(t *testing.T, ctx context.Context) serviceworker.RegistrationID {
	t.Helper()
	enable := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, serviceworker.Enable, cdp.Empty{})
		return err
	})
	eval[bool](t, ctx, `navigator.serviceWorker.ready.then(() => true)`, chromedp.EvalAwaitPromise)
	ev, err := chromedp.Run(ctx, chromedp.WaitEvent(serviceworker.WorkerRegistrationUpdated, func(e serviceworker.EventWorkerRegistrationUpdated) bool { return len(e.Registrations) > 0 }, enable))
	if err != nil {
		t.Fatal(err)
	}
	return ev.Registrations[0].RegistrationID
}

// deliver hands a message to the site's service worker, as the browser does that
// has had it from its push service.
func deliver(t *testing.T, ctx context.Context, base string, to serviceworker.RegistrationID, text []byte) {
	t.Helper()
	call(t, ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: base, RegistrationID: to, Data: string(text)})
}
