package page

import (
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// historyView is the incidents of one month, or the list's front page.
type historyView struct {
	Month  string // "May 2024"
	Items  []briefView
	Older  string // path of the month before, if it has incidents
	Newer  string
	Months []choice // every month with incidents: path and name
}

// histories gives /history, which is the present month or the latest with an
// incident, and /history/2024-05 for each month that has one.
func (b *builder) histories() []View {
	byMonth := make(map[string][]*outcry.Incident)
	var months []string // newest first, as the incidents are
	for i := range b.world.Incidents {
		in := &b.world.Incidents[i]
		m := b.month(began(in))
		if byMonth[m] == nil {
			months = append(months, m)
		}
		byMonth[m] = append(byMonth[m], in)
	}
	if len(months) == 0 {
		months = []string{b.month(b.now.today(b.loc))}
	}
	out := make([]View, 0, len(months))
	for i, m := range months {
		var of []uint64
		for _, in := range byMonth[m] {
			of = append(of, b.prints.incidents[in])
		}
		out = append(out, b.view("month", m, b.of(months, of), func(b *builder) View {
			v := View{Path: "/history/" + m, template: "history", title: b.t("History, %s", b.monthName(m)), mediaType: typeHTML, data: b.history(months, i, byMonth[m])}
			if i == 0 {
				v.Path, v.Aliases = "/history", []string{v.Path}
			}
			return v
		}))
	}
	return out
}

func (b *builder) history(months []string, i int, incidents []*outcry.Incident) historyView {
	v := historyView{Month: b.monthName(months[i])}
	for _, in := range incidents {
		brief := b.brief(in)
		brief.Updates = brief.Updates[:min(1, len(brief.Updates))]
		v.Items = append(v.Items, brief)
	}
	for _, m := range months {
		v.Months = append(v.Months, choice{"/history/" + m, b.monthName(m)})
	}
	if i+1 < len(months) {
		v.Older = v.Months[i+1].ID
	}
	if i > 0 {
		v.Newer = v.Months[i-1].ID
	}
	v.Months = slices.Clip(v.Months)
	return v
}

func (b *builder) monthName(m string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return m
	}
	return b.monthOf(t)
}
