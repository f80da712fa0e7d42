package statuspage

import (
	"encoding/json"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/importer"
)

// Read makes a draft of a file. Name stands for it in errors.
func Read(name string, data []byte) (*importer.Draft, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "%s is not JSON", name)
	}
	if list, ok := v.([]any); ok {
		v = map[string]any{"components": list} // as the authenticated API gives them
	}
	top, ok := importer.NewObject(v, true)
	if !ok || !top.Has("components") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s has no components: fetch https://PAGE/api/v2/summary.json or components.json", name)
	}
	r := &reader{d: &importer.Draft{From: "Statuspage"}}
	r.page(top.Object("page"))
	r.components(top.Objects("components"))
	for _, in := range top.Objects("incidents") {
		r.incident(in)
	}
	for _, m := range top.Objects("scheduled_maintenances") {
		r.maintenance(m)
	}
	top.Ignore("status") // of this moment
	r.d.Notes = append(r.d.Notes, top.Rest()...)
	return r.d, nil
}

type reader struct {
	d   *importer.Draft
	ids map[string]string // of components: ours
}

func (r *reader) page(p *importer.Object) {
	k := &r.d.Page.Keys
	k.Set("title", p.Text("name"))
	k.Set("timezone", p.Text("time_zone"))
	if len(*k) > 0 {
		*k = append(importer.Map{{Key: "id", Value: "main"}}, *k...)
	}
	if u := p.Text("url"); u != "" {
		r.d.Notes = append(r.d.Notes, importer.Note{What: "page.url " + u, Why: "set pages.url to it once this server answers there", Todo: true})
	}
	p.Ignore("id", "updated_at")
}

// components become services, but for those that are groups of others.
func (r *reader) components(list []*importer.Object) {
	r.ids = map[string]string{}
	groups := map[string]string{}
	for _, c := range list {
		if c.Flag("group", false) {
			groups[c.Text("id")] = c.Text("name")
		}
	}
	for _, c := range list {
		c.Ignore("status", "created_at", "updated_at", "position", "page_id", "components", "automation_email")
		r.d.Display(c.Display("showcase", "start_date"))
		if c.Flag("group", false) {
			if c.Text("description") != "" {
				r.d.Lose("description of the group "+c.Text("name"), "groups have a name only")
			}
			continue
		}
		s := r.d.Service(orElse(c.Text("name"), c.Path()), groups[c.Text("group_id")])
		r.ids[c.Text("id")] = s.Name
		s.Keys.Set("description", c.Text("description"))
		s.Notes = append(s.Notes, c.Lost("only_show_if_degraded", "services are always shown, or private")...)
	}
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// incident names one of the past.
func (r *reader) incident(in *importer.Object) {
	when := in.Text("created_at")
	why := "what was before this server is not in its history"
	if state := in.Text("status"); state != "resolved" && state != "postmortem" {
		why = "it is open there: open it with outcry incident open"
	}
	r.d.Lose("incident "+strings.TrimSpace(when+" "+in.Text("name")), "%s", why)
	in.Ignore(in.Keys()...)
}

// maintenance names one that is planned.
func (r *reader) maintenance(m *importer.Object) {
	if s := m.Text("status"); s == "completed" {
		m.Ignore(m.Keys()...)
		return
	}
	r.d.Lose("maintenance "+m.Text("scheduled_for")+" to "+m.Text("scheduled_until")+" "+m.Text("name"), "plan it here: PUT /api/v1/maintenances/ID, see docs/pages.md")
	m.Ignore(m.Keys()...)
}
