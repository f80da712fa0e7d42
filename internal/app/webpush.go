package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/notify/webpush"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/web"
)

// vapidSetting is the setting that keeps the site's key of web push.
const vapidSetting = "webpush.key"

// pushKeys gives the site's keys of web push: those of the configuration, or
// those that the first process of this store has made; nil where it is off.
func (p *process) pushKeys(ctx context.Context) (*webpush.Keys, error) {
	c := &p.Config.Notify.WebPush
	if c.Off {
		return nil, nil
	}
	text, err := c.Key.Value()
	if err != nil {
		return nil, fmt.Errorf("notify.web_push.key: %w", err)
	}
	if text == "" {
		fresh, err := webpush.NewKey()
		if err != nil {
			return nil, err
		}
		kept, err := p.store.KeepSetting(ctx, vapidSetting, []byte(fresh))
		if err != nil {
			return nil, fmt.Errorf("keep the key of web push: %w", err)
		}
		text = string(kept)
	}
	keys, err := webpush.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("notify.web_push: %w", err)
	}
	return keys, nil
}

func (p *process) pushHosts() webpush.Hosts {
	return append(webpush.KnownHosts(), p.Config.Notify.WebPush.Services...)
}

// takeSubscribers lets visitors ask to be told.
func (p *process) takeSubscribers(ctx context.Context, deps *web.Deps) (err error) {
	if p.pushed, err = p.pushKeys(ctx); err != nil {
		return err
	}
	if p.pushed == nil || !p.has(RoleWeb) {
		return nil
	}
	c := &p.Config.Notify.WebPush
	book, err := webpush.NewBook(webpush.BookConfig{Hosts: p.pushHosts(), Most: c.MaxPerService, Keep: c.Keep, Now: time.Now, Metrics: p.metrics}, p.store)
	if err != nil {
		return err
	}
	limits := intakeConfig(p.Config, nil)
	limits.Limit.Networks = min(limits.Limit.Networks, turnstileNetworks)
	if deps.Turnstile, err = intake.NewTurnstile(limits, time.Now); err != nil {
		return err
	}
	deps.Subscribers = book
	return nil
}

// turnstileNetworks is how many networks the limit of visitors' wishes
// remembers; that of reports remembers more.
const turnstileNetworks = 1 << 16

// tellVisitors tells those who asked. They have a dispatcher of their own, so
// that a crowd of them holds up no webhook; p.poke wakes both.
func (p *process) tellVisitors() error {
	if p.pushed == nil {
		return nil
	}
	client, err := p.pushClient()
	if err != nil {
		return err
	}
	herald, err := page.NewHerald()
	if err != nil {
		return err
	}
	names := make(map[string]string)
	for i := range p.Config.Services {
		names[p.Config.Services[i].ID] = p.Config.Services[i].Name
	}
	channel := webpush.New(webpush.Config{
		Keys: p.pushed, Contact: p.pushContact(), Hosts: p.pushHosts(), Client: client, Find: p.store, Now: time.Now,
		Say: func(lang string, n *outcry.Notice) page.Call {
			if len(n.Incident.Services) == 0 {
				return herald.Say(lang, "", n)
			}
			return herald.Say(lang, names[n.Incident.Services[0]], n)
		},
	})
	to := map[string]notify.Destination{webpush.Name: {Channel: channel, GiveUp: webpush.GiveUp, Timeout: 15 * time.Second, Crowd: true}}
	d, err := notify.New(words{p.store}, to, p.Log, notify.Options{Metrics: p.metrics, First: time.Second, Parallel: 16, Limit: 1024})
	if err != nil {
		return err
	}
	w, err := webpush.NewWatcher(p.store, stored{p.store}, d.Poke, p.Log, time.Now, p.metrics)
	if err != nil {
		return err
	}
	others := p.poke
	p.poke = func() { others(); w.Poke() }
	p.backs.work("words to visitors", d.Run)
	p.backs.work("watch for visitors", w.Run)
	return nil
}

// pushContact is whom push services may turn to.
func (p *process) pushContact() string {
	if c := p.Config.Notify.WebPush.Contact; c != "" {
		return c
	}
	if u := pageOptions(p.Config).URL; strings.HasPrefix(u, "https://") {
		return u
	}
	return ""
}

// pushClient dials addresses that strangers have given: only what the operator
// has excepted is let through besides public ones.
func (p *process) pushClient() (*http.Client, error) {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{
		DialContext: guard.Dialer(nil).Paced().DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 16,
		IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
	}
	p.closers.add("connections to push services", func() error { tr.CloseIdleConnections(); return nil })
	if file := p.Config.Notify.WebPush.CA; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "read notify.web_push.ca")
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, outcry.Errorf(outcry.CodeInvalid, "notify.web_push.ca: %s holds no certificate in PEM", file)
		}
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: tr}, nil
}

// words are the store's, as a dispatcher wants notices.
type words struct{ *store.Store }

// ClaimNotices implements notify.Store.
func (w words) ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]outcry.Notice, error) {
	return w.ClaimWords(ctx, now, lease, limit)
}

// FinishNotice implements notify.Store.
func (w words) FinishNotice(ctx context.Context, n outcry.Notice) error { return w.FinishWord(ctx, n) }

// ReturnNotice implements notify.Store.
func (w words) ReturnNotice(ctx context.Context, n outcry.Notice) error { return w.ReturnWord(ctx, n) }

// stored are the incidents as they are stored.
type stored struct{ *store.Store }

// OpenIncidents implements webpush.Incidents.
func (s stored) OpenIncidents(ctx context.Context, service string) ([]outcry.Incident, error) {
	return s.Incidents(ctx, store.IncidentQuery{Open: true, Service: service, Limit: 100})
}
