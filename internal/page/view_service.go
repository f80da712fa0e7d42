package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// serviceView is the page of one service.
type serviceView struct {
	ID, Name, Description, Advice string
	Thanks                        bool
	Stale                         string
	Hero                          Hero
	Comments                      bool
	Choices                       []choice // symptoms to report
	RegionHints, CarrierHints     []choice
	Chart                         *Chart
	Shares                        []shareTable
	Probes                        []probeView
	Bulletins                     []bulletinView
	Current, Past                 []briefView
	Bars                          Bars
	DependsOn                     []rowView
}

type choice struct{ ID, Name string }

type shareTable struct {
	Title string
	Rows  []shareView
}

type shareView struct {
	Name    string
	Count   string
	Percent int
}

type probeView struct {
	Vantage string
	Status  Status
	Word    string
	Reason  string
	At      Moment
	Runs    string
}

type bulletinView struct {
	Source, Words string
	Status        Status
	At            Moment
}

// shownShares bounds the rows of each table of shares.
const shownShares = 8

func (b *builder) service(s *standing) View {
	v := serviceView{
		ID: s.ID, Name: s.name, Description: clean(s.Description, maxLine), Advice: clean(s.Advice, maxLine),
		Stale: b.staleness(), Hero: b.answer(s), Comments: b.opt.Comments,
		Choices: choices(s.Service), RegionHints: hints(s.Regions), CarrierHints: hints(s.Carriers),
		Chart:  b.chart(s.Series, s.incidents),
		Shares: b.shares(s), Bars: b.bars(s.Service, s.incidents),
	}
	for _, p := range s.Probes {
		v.Probes = append(v.Probes, b.probe(p))
	}
	for _, n := range s.Bulletins {
		v.Bulletins = append(v.Bulletins, b.bulletin(n))
	}
	b.pastAndPresent(s, &v)
	for _, id := range s.DependsOn {
		if d := b.byID[id]; d != nil {
			v.DependsOn = append(v.DependsOn, rowView{Name: d.name, Path: servicePath(d.ID), Status: d.status})
		}
	}
	return View{Path: servicePath(s.ID), template: "service", title: "Is " + s.name + " down?", mediaType: typeHTML, data: v}
}

func (b *builder) pastAndPresent(s *standing, v *serviceView) {
	const shownPast = 5
	for _, in := range s.incidents {
		switch {
		case in.Open():
			v.Current = append(v.Current, b.brief(in))
		case len(v.Past) < shownPast:
			brief := b.brief(in)
			brief.Updates = nil
			v.Past = append(v.Past, brief)
		}
	}
}

// choices are the symptoms of the report form; "something else" comes last. An
// ID that cleaning would change could not be sent back whole: it is left out.
func choices(s *Service) []choice {
	var out []choice
	for _, sym := range s.Service.Symptoms {
		if sym.ID != outcry.SymptomOther && clean(sym.ID, maxName) == sym.ID {
			out = append(out, choice{sym.ID, clean(sym.Name, maxName)})
		}
	}
	return append(out, choice{outcry.SymptomOther, "Something else"})
}

func (s *Service) symptomName(id string) string {
	for _, sym := range s.Service.Symptoms {
		if sym.ID == id {
			return clean(sym.Name, maxName)
		}
	}
	if id == outcry.SymptomOther || id == "" {
		return "Something else"
	}
	return clean(id, maxName)
}

// hints offers the values that others gave.
func hints(in []Share) []choice {
	var out []choice
	for _, s := range in {
		if s.Key != "" && s.Key != outcry.ScopeOther {
			out = append(out, choice{clean(s.Key, maxName), place(s.Key)})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return cmp.Compare(a.Name, b.Name) })
	return out[:min(len(out), 50)]
}

// shares are the tables of what, where and through whom; one without rows is
// left out.
func (b *builder) shares(s *standing) []shareTable {
	all := []shareTable{
		{"What fails", rank(s.Service.Symptoms, s.symptomName)}, {"Where", rank(s.Regions, scopeName)}, {"Carrier", rank(s.Carriers, scopeName)},
	}
	return slices.DeleteFunc(all, func(t shareTable) bool { return len(t.Rows) == 0 })
}

// scopeName names a region or carrier, or says that there is none to name.
func scopeName(key string) string {
	switch key {
	case "":
		return "Not known"
	case outcry.ScopeOther:
		return "Others"
	default:
		return place(key)
	}
}

// rank orders the counts, largest first, and names them.
func rank(in []Share, name func(string) string) []shareView {
	in = slices.DeleteFunc(slices.Clone(in), func(s Share) bool { return s.Count == 0 })
	slices.SortFunc(in, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	var all uint64
	for _, s := range in {
		all += uint64(s.Count)
	}
	var out []shareView
	for _, s := range in[:min(len(in), shownShares)] {
		out = append(out, shareView{name(s.Key), number(uint64(s.Count)), int(uint64(s.Count) * 100 / all)})
	}
	return out
}

func (b *builder) probe(p Probe) probeView {
	v := probeView{Vantage: clean(p.Vantage, maxName), Reason: clean(p.Reason, maxLine), At: b.moment(p.At)}
	switch p.Outcome {
	case outcry.Good:
		v.Status, v.Reason = Operational, ""
		v.Word = "Passes"
		if p.Latency > 0 {
			v.Word = fmt.Sprintf("Passes in %d ms", p.Latency.Milliseconds())
		}
	case outcry.Bad:
		v.Status, v.Word = Outage, "Fails"
	default:
		v.Word = "Cannot tell"
	}
	if p.Runs > 0 {
		v.Runs = fmt.Sprintf("%d of %d passed in the last hour", p.Runs-p.Failed, p.Runs)
	}
	return v
}

func (b *builder) bulletin(n Bulletin) bulletinView {
	v := bulletinView{Source: clean(n.Source, maxName), Words: clean(n.Words, maxLine), At: b.moment(n.At), Status: Degraded}
	if n.Good {
		v.Status = Operational
	}
	v.Words = strings.TrimSuffix(v.Words, ".")
	return v
}
