package gatus

import (
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/importer"
)

// Read makes a draft of a file. Name stands for it in errors.
func Read(name string, data []byte) (*importer.Draft, error) {
	v, err := config.Foreign(name, data)
	if err != nil {
		return nil, err
	}
	top, ok := importer.NewObject(v, false)
	if !ok || !top.Has("endpoints") && !top.Has("external-endpoints") && !top.Has("services") && !top.Has("suites") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s is no configuration of Gatus: it has no endpoints", name)
	}
	r := &reader{d: &importer.Draft{From: "Gatus"}}
	r.top(top)
	return r.d, nil
}

type reader struct{ d *importer.Draft }

func (r *reader) top(top *importer.Object) {
	ui := top.Object("ui")
	if title := ui.Text("title"); title != "" {
		r.d.Page.Keys = importer.Map{{Key: "id", Value: "main"}, {Key: "title", Value: title}}
	}
	for _, key := range ui.Keys() {
		if key != "title" {
			r.d.Notes = append(r.d.Notes, ui.Lost(key, "a page has a title and an accent: see docs/pages.md")...)
		}
	}
	for _, key := range []string{"endpoints", "services"} { // the second is its name before version 4
		for _, e := range top.Objects(key) {
			r.endpoint(e)
		}
	}
	for _, e := range top.Objects("external-endpoints") {
		r.external(e)
	}
	for _, key := range top.Keys() {
		switch why := elsewhere[key]; {
		case strings.HasPrefix(key, "x-"):
			top.Ignore(key)
		case why != "":
			r.d.Notes = append(r.d.Notes, top.Lost(key, why)...)
		}
	}
	r.d.Notes = append(r.d.Notes, top.Rest()...)
}

// elsewhere says what becomes of sections that are no endpoints.
var elsewhere = map[string]string{
	"alerting":      "the judge decides when there is an outage, and notify.channels and notify.routes say who hears of it",
	"announcements": "a word to visitors is part of an incident or of a maintenance here",
	"concurrency":   "checks wait for nothing here",
	"connectivity":  "vantage.references does this by itself",
	"maintenance":   "write it as a maintenance with days, at and for: see docs/pages.md",
	"metrics":       "metrics are always on, at admin_listen",
	"remote":        "a remote vantage asks this core for its checks: see docs/vantages.md",
	"security":      "the page is public, or has a password of its own: pages.password",
	"storage":       "history is in the store, and starts empty",
	"suites":        "a check of the type sequence does this: write it by hand, see docs/probes-more.md",
	"tunneling":     "checks go out directly, or from a remote vantage within the network",
	"web":           "see listen, and put TLS before it",

	"debug": "see log.level", "disable-monitoring-lock": "checks wait for nothing here",
	"skip-invalid-config-update": "the configuration is read at the start",
}

// base makes service and check of an endpoint; nil when it is off.
func (r *reader) base(e *importer.Object) (service, check *importer.Item) {
	name, group := e.Text("name"), e.Text("group")
	if name == "" {
		name = e.Path()
	}
	if !e.Flag("enabled", true) {
		r.d.Lose(name, "the endpoint is switched off there (enabled: false)")
		e.Ignore(e.Keys()...)
		return nil, nil
	}
	service = r.d.Service(name, group)
	check = r.d.Check(name, service)
	check.Notes = append(check.Notes, e.Lost("alerts", "the judge decides when there is an outage; notify.routes say who hears of it")...)
	r.d.Display(e.Display("ui", "extra-labels")) // what its own page and metrics look like
	e.Ignore("store", "always-run")
	return service, check
}

func (r *reader) external(e *importer.Object) {
	_, c := r.base(e)
	if c == nil {
		return
	}
	period := duration(e.Object("heartbeat").Text("interval"))
	if period <= 0 {
		period = time.Hour
		c.Notes = append(c.Notes, importer.Note{What: "heartbeat.interval", Why: "is not set there: an hour is assumed, set the period within which results must come", Todo: true})
	}
	c.Keys.Set("type", "heartbeat")
	c.Keys.Set("period", config.FormatDuration(period.Round(time.Second)))
	e.Ignore("token")
	c.Keys.Set("token", c.Secret("token", "a new token, and have the job call this server's /api/v1/heartbeat/TOKEN in place of Gatus"))
}

func (r *reader) endpoint(e *importer.Object) {
	_, c := r.base(e)
	if c == nil {
		return
	}
	client := e.Object("client")
	interval := duration(e.Text("interval"))
	if interval == 0 {
		interval = time.Minute
	}
	c.Notes = append(c.Notes, e.Lost("maintenance-windows", elsewhere["maintenance"])...)
	address := e.Text("url")
	conditions := e.Texts("conditions")
	t := target{check: c, e: e, client: client, draft: r.d}
	if strings.Contains(address, "${") {
		c.Lose("url", "it has a variable of the environment: write the address out")
	}
	if !t.kind(address) {
		r.d.Drop(c)
		r.d.Lose(c.Name, "there is no check that does this; the service is there without one")
		e.Ignore(e.Keys()...)
		return
	}
	c.Clock(interval, duration(client.Text("timeout")))
	t.expect(conditions)
}

// duration reads Go's notation; 0 for none or a wrong one.
func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0
	}
	return d
}
