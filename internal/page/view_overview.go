package page

import (
	"strings"

	"github.com/outcry/outcry"
)

// overviewView is a status page.
type overviewView struct {
	Title   string
	Stale   string // how long nothing has been heard; empty while all is well
	Hero    Hero
	Current []briefView
	Recent  []briefView
	Groups  []groupView
	Planned []maintenanceView
	Regions []regionView
	Finding bool // there are so many services that a search helps
}

type groupView struct {
	Name string
	Rows []*fragment // of rowViews
}

type rowView struct {
	Name, Path string
	Status     Status
	Note       string // why the status is not the whole story
	Bars       Bars
}

// briefView is an incident in a list.
type briefView struct {
	ID, Path, Title string
	Status          Status // now
	Height          Status // at its height
	State           string
	Confirmed       bool
	Began, Closed   Moment
	Lasted          string // once it is over
	Services        string
	Note            string // "Unconfirmed: …"
	Updates         []updateView
}

type updateView struct {
	ID     string
	At     Moment
	State  string
	Author string // empty when automatic
	Body   markup // the same as HTML
}

// overviews gives the view of each configured page; the first is the root.
func (b *builder) overviews() []View {
	pages := b.world.Pages
	if len(pages) == 0 {
		pages = []Page{{ID: "all", Title: b.opt.Name}}
	}
	out := make([]View, 0, 2*len(pages))
	for i, p := range pages {
		v := View{Path: "/p/" + p.ID, template: "overview", title: clean(p.Title, maxName), mediaType: typeHTML, data: b.overview(p)}
		if i == 0 {
			v.Path, v.Aliases = "/", []string{"/p/" + p.ID}
		}
		out = append(out, v)
		kiosk := View{Path: "/kiosk/" + p.ID, template: "kiosk", title: v.title, mediaType: typeHTML, data: v.data}
		if i == 0 {
			kiosk.Path, kiosk.Aliases = "/kiosk", []string{kiosk.Path}
		}
		out = append(out, kiosk)
	}
	return out
}

func (b *builder) overview(p Page) overviewView {
	members := b.members(p)
	v := overviewView{Title: clean(p.Title, maxName), Stale: b.staleness(), Hero: b.overall(members), Groups: b.groups(members), Planned: b.maintenances(members), Regions: b.regions(members), Finding: len(members) > findFrom}
	for _, in := range b.concerning(members) {
		switch {
		case in.Open():
			v.Current = append(v.Current, b.brief(in))
		case b.recent(in):
			v.Recent = append(v.Recent, b.brief(in))
		}
	}
	return v
}

// findFrom is the number of services from which a page offers to search them.
const findFrom = 8

// staleness says how long nothing has been heard, in whole minutes.
func (b *builder) staleness() string {
	switch {
	case !b.stale:
		return ""
	case b.world.Heard.IsZero():
		return b.t("Nothing has been heard yet. The first word takes a minute or two.")
	default:
		return b.t("This page is out of date: we last heard anything %[1]s ago, at %[2]s.", b.age(b.world.Heard), b.moment(b.world.Heard).Words)
	}
}

// groups keeps the order in which groups and services first appear.
func (b *builder) groups(members []*standing) []groupView {
	var out []groupView
	at := make(map[string]int)
	for _, s := range members {
		i, ok := at[s.Group]
		if !ok {
			i = len(out)
			at[s.Group] = i
			out = append(out, groupView{Name: clean(s.Group, maxName)})
		}
		out[i].Rows = append(out[i].Rows, b.row(s))
	}
	return out
}

// row is the line of a service on the status pages, kept.
func (b *builder) row(s *standing) *fragment {
	bars := b.bars(s)
	inputs := b.of(s.prints.state, b.prints.incidents[s.incident], b.prints.incidents[s.collateral], bars)
	return b.fragment("row", s.ID, inputs, func(b *builder) any {
		r := rowView{Name: s.name, Path: servicePath(s.ID), Status: s.status, Bars: bars}
		if s.collateral != nil && s.incident == nil {
			r.Note = b.t("Reports come from another fault: %s", clean(s.collateral.Title, maxLine))
		}
		return r
	})
}

// brief is an incident in a list, kept.
func (b *builder) brief(in *outcry.Incident) briefView {
	return keep(b, "brief", in.ID, b.prints.incidents[in], func(b *builder) briefView { return b.briefly(in) })
}

func (b *builder) briefly(in *outcry.Incident) briefView {
	v := briefView{
		ID: in.ID, Path: incidentPath(in.ID), Title: clean(in.Title, maxLine),
		Status: present(in), Height: gravity(in), State: stateWord(in.State), Confirmed: in.Confirmed,
		Began: b.moment(began(in)), Services: strings.Join(names(in.Services, b.shown), ", "),
		Updates: b.updates(in),
	}
	if !in.Open() {
		v.Closed = b.moment(in.ClosedAt)
		v.Lasted = b.lasting(b.ended(in).Sub(began(in)))
	} else if !in.Confirmed && in.State != outcry.StateMonitoring {
		v.Note = b.unconfirmed(in)
	}
	return v
}

// updates gives an incident's public words, newest first.
func (b *builder) updates(in *outcry.Incident) []updateView {
	out := make([]updateView, 0, len(in.Updates))
	for i := len(in.Updates) - 1; i >= 0; i-- {
		u := in.Updates[i]
		v := updateView{ID: u.ID, At: b.moment(u.At), State: stateWord(u.State), Body: marked(u.Body)}
		if u.Author != outcry.AuthorAutomatic {
			v.Author = clean(u.Author, maxName)
		}
		out = append(out, v)
	}
	return out
}
