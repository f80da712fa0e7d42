package uptimekuma

import (
	"encoding/json"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/importer"
)

// maxDepth is how deep groups may be nested.
const maxDepth = 10

// Read makes a draft of a file. Name stands for it in errors.
func Read(name string, data []byte) (*importer.Draft, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "%s is not JSON", name)
	}
	top, ok := importer.NewObject(v, true)
	if !ok || !top.Has("monitorList") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s is no backup of Uptime Kuma: it has no monitorList", name)
	}
	r := &reader{d: &importer.Draft{From: "Uptime Kuma"}, groups: map[string]group{}}
	top.Ignore("version")
	r.d.Notes = append(r.d.Notes, top.Lost("notificationList", "notify.channels and notify.routes say who hears of outages")...)
	r.d.Notes = append(r.d.Notes, top.Lost("proxyList", "give a check the key proxy")...)
	monitors := top.Objects("monitorList")
	for _, m := range monitors {
		if m.Text("type") == "group" {
			r.groups[m.Text("id")] = group{m.Text("name"), m.Text("parent")}
		}
	}
	for _, m := range monitors {
		r.monitor(m)
	}
	r.d.Notes = append(r.d.Notes, top.Rest()...)
	return r.d, nil
}

type group struct{ name, parent string }

type reader struct {
	d      *importer.Draft
	groups map[string]group
}

// heading is the name of a monitor's group, after those that it is in.
func (r *reader) heading(parent string) string {
	out := ""
	for range maxDepth {
		g, ok := r.groups[parent]
		if !ok {
			break
		}
		if out != "" {
			out = " / " + out
		}
		out, parent = g.name+out, g.parent
	}
	return out
}

// monitor makes a service and a check.
func (r *reader) monitor(m *importer.Object) {
	name, typ := m.Text("name"), m.Text("type")
	if name == "" {
		name = m.Path()
	}
	m.Ignore(own...)
	shows := m.Display(display...)
	if typ == "group" {
		m.Ignore(m.Keys()...)
		return
	}
	if !m.Flag("active", true) {
		r.d.Lose(name, "the monitor is paused there")
		m.Ignore(m.Keys()...)
		return
	}
	r.d.Display(shows)
	service := r.d.Service(name, r.heading(m.Text("parent")))
	service.Keys.Set("description", m.Text("description"))
	t := &monitor{Object: m, c: r.d.Check(name, service)}
	if why := t.make(typ); why != "" {
		r.d.Drop(t.c)
		service.Lose("the monitor of type "+typ, "%s; the service is there without a check", why)
		m.Ignore(m.Keys()...)
		return
	}
	t.schedule(typ)
	t.leftovers()
}

// schedule sets how often, and how patiently.
func (t *monitor) schedule(typ string) {
	interval, timeout := t.seconds("interval"), t.seconds("timeout")
	retry := t.seconds("retryInterval")
	if interval == 0 {
		interval = time.Minute
	}
	if typ == "push" {
		return
	}
	t.c.Clock(interval, min(timeout, interval))
	n, ok := t.Number("maxretries")
	if !ok {
		return
	}
	const most = 10
	if n > most {
		t.c.Lose("maxretries", "at most %d", most)
	}
	t.c.Keys.Set("retries", int(min(max(n, 0), most)))
	if n > 0 && retry > 0 {
		t.c.Keys.Set("retry_delay", importer.Span(min(retry, max(interval, time.Second))))
	}
}

// seconds is a number of seconds, within a year.
func (t *monitor) seconds(key string) time.Duration {
	n, _ := t.Number(key)
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n, 365*24*3600) * float64(time.Second))
}

// leftovers notes what the check cannot do of what is set.
func (t *monitor) leftovers() {
	for _, l := range []struct{ key, why string }{
		{"notificationIDList", "notify.routes say who hears of outages"},
		{"resendInterval", "a notice is sent when something changes"},
		{"tags", "services have a group and a category"},
		{"maintenance", "plan it as a maintenance"},
		{"proxyId", "give the check the key proxy"},
	} {
		t.c.Notes = append(t.c.Notes, t.Lost(l.key, l.why)...)
	}
	t.Ignore(defaults...)
	t.c.Notes = append(t.c.Notes, t.Rest()...)
	t.Ignore(t.Keys()...)
}
