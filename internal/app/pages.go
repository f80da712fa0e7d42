package app

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/web"
)

// pageOptions are those of the main site: the first page that is open to
// everybody.
func pageOptions(c *config.Config) page.Options {
	if p := mainPage(c); p != nil {
		return optionsOf(p)
	}
	return page.Options{Name: "Outcry"}
}

func mainPage(c *config.Config) *config.Page {
	for i := range c.Pages {
		if !c.Pages[i].Password.IsSet() {
			return &c.Pages[i]
		}
	}
	return nil
}

func optionsOf(p *config.Page) page.Options {
	o := page.Options{Name: cmp.Or(p.Title, "Outcry"), URL: strings.TrimRight(p.URL, "/"), Language: p.Language, Accent: p.Accent, NextWord: p.NextWord}
	if z, err := time.LoadLocation(p.Timezone); err == nil {
		o.Location = z
	}
	return o
}

// sitesOf are the pages that have a host of their own: all with a URL but the
// main one, whose site answers for every other host too.
func sitesOf(c *config.Config) ([]web.Site, error) {
	var out []web.Site
	main, taken := true, map[string]bool{}
	for i := range c.Pages {
		p := &c.Pages[i]
		if main && !p.Password.IsSet() {
			main = false
			continue
		}
		u, err := url.Parse(p.URL)
		if err != nil || u.Hostname() == "" || taken[strings.ToLower(u.Hostname())] {
			continue // it has its place on the main site; the configuration's check wants one with a password to have a host
		}
		taken[strings.ToLower(u.Hostname())] = true
		password := ""
		if p.Password.IsSet() {
			if password, err = p.Password.Value(); err != nil {
				return nil, err
			}
		}
		out = append(out, web.Site{ID: p.ID, Host: u.Hostname(), Password: password, Page: optionsOf(p)})
	}
	return out, nil
}

// hiddenServices are those that are not for every visitor, each with the hosts
// whose pages show it: private ones have none, others those of pages with a
// password. See page.World.Open.
func hiddenServices(c *config.Config) map[string][]string {
	open, hosts := map[string]bool{}, map[string][]string{}
	for i := range c.Pages {
		p := &c.Pages[i]
		u, err := url.Parse(p.URL)
		for _, id := range p.Services {
			switch {
			case !p.Password.IsSet():
				open[id] = true
			case err == nil:
				hosts[id] = append(hosts[id], strings.ToLower(u.Hostname()))
			}
		}
	}
	out := map[string][]string{}
	for i := range c.Services {
		switch id := c.Services[i].ID; {
		case c.Services[i].Private:
			out[id] = nil
		case hosts[id] != nil && !open[id]:
			out[id] = hosts[id]
		}
	}
	return out
}

// originsOf are the sites whose pages may hold a report form: our own, by the
// addresses that visitors know (a proxy in front may ask us by another host),
// and those that the configuration names.
func originsOf(c *config.Config) []string {
	var out []string
	add := func(address string) {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return
		}
		host := strings.ToLower(u.Host) // as browsers write it (RFC 6454, 6.2)
		if usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; usual != "" {
			host = strings.TrimSuffix(host, usual)
		}
		out = append(out, u.Scheme+"://"+host)
	}
	for _, o := range c.Intake.Origins {
		add(o)
	}
	for i := range c.Pages {
		add(c.Pages[i].URL)
	}
	return out
}

// openSite makes the public listener's handler, with what is mounted there.
func (p *process) openSite(ctx context.Context, deps web.Deps, operators map[string]string) error {
	if err := p.heartbeats(&deps); err != nil {
		return err
	}
	if err := p.takeMetrics(ctx, &deps); err != nil {
		return err
	}
	if err := p.takeAlerts(&deps); err != nil {
		return err
	}
	if err := p.takeVantages(ctx, &deps, operators); err != nil {
		return err
	}
	if err := p.takeSubscribers(ctx, &deps); err != nil {
		return err
	}
	plans := &planner{book: p.store, board: p.board, agenda: p.board.agenda, touch: p.touch}
	plans.look(ctx) // before the judge asks whether work is under way
	deps.Planner = plans
	deps.Moderator = moderator{p.comments, p.store, time.Now}
	sites, err := sitesOf(p.Config)
	if err != nil {
		return err
	}
	readers, err := p.readers()
	if err != nil {
		return err
	}
	main := pageOptions(p.Config)
	if err := takeLogos(p.Config, &main, sites); err != nil {
		return err
	}
	if deps.Subscribers != nil {
		main.PushKey = p.pushed.Public()
		for i := range sites {
			sites[i].Page.PushKey = main.PushKey
		}
	}
	p.site, err = web.New(web.Config{Page: main, Operators: operators, Readers: readers, Version: p.Version, Sites: sites, Origins: originsOf(p.Config), MaxListeners: p.Config.MaxListeners}, deps)
	if err != nil {
		return err
	}
	p.backs.work("planned maintenance", plans.follow)
	return p.mirrors()
}
