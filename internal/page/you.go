package page

import (
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// Visitor is what is known of somebody who asks whether it is just them.
type Visitor struct {
	Region, Carrier string // by their address; empty: not known
	Lang            int
	Asked           bool // for the language, in the address
}

// youView answers "is it just me?".
type youView struct {
	Name, Path string
	Status     Status
	Sentence   string
	More       []string
	Try        []string
	Places     []scopeLine
}

// You renders the answer for one visitor: their own region and carrier against
// the others. ok is false when strangers know no such service.
func (r *Renderer) You(w World, service string, v Visitor) (body []byte, ok bool, err error) {
	b := newBuilder(r.opt, w.only(service), r.tongues[v.Lang])
	s := b.byID[service]
	if s == nil {
		return nil, false, nil
	}
	view := View{template: "you", Path: servicePath(service) + "/you", title: b.t("Is it just me?"), mediaType: typeHTML, data: b.you(s, v), tongue: v.Lang, asked: v.Asked}
	body, err = r.html(view, w.Now, 0)
	return body, true, err
}

// only gives the world of one service, so that one visitor's question costs
// the same however many others there are.
func (w World) only(service string) World {
	w.Services = slices.DeleteFunc(slices.Clone(w.Services), func(s Service) bool { return s.ID != service })
	w.Incidents = slices.DeleteFunc(slices.Clone(w.Incidents), func(in outcry.Incident) bool {
		return !in.Open() || !slices.Contains(in.Services, service)
	})
	return w
}

func (b *builder) you(s *standing, v Visitor) youView {
	out := youView{Name: s.name, Path: servicePath(s.ID), Status: s.status}
	felt := b.against(s.Regions, v.Region, scopeLine{"Your region", b.place(v.Region)}, &out)
	felt = b.against(s.Carriers, v.Carrier, scopeLine{"Your carrier", named(v.Carrier)}, &out) || felt
	advice := clean(s.Advice, maxLine)
	switch in := s.incident; {
	case s.status == Unknown:
		out.Sentence = b.t("We cannot tell whether it is just you.")
		out.More = append(out.More, b.blindness(s))
	case in != nil && confined(in.Affected, v):
		out.Sentence = b.t("Others like you are fine.")
		out.More = append([]string{b.t("The fault that is known is %s.", b.reach(in))}, out.More...)
	case in != nil:
		out.Sentence = b.t("It is not just you.")
		out.More = append([]string{b.answer(s).Sentence, b.course(in)}, out.More...)
		if advice != "" {
			out.Try = append(out.Try, advice)
		}
		out.Try = append(out.Try, b.t("There is nothing to mend on your side: wait, and look here again."))
		return out
	case felt:
		out.Sentence = b.t("Others near you report it too.")
	default:
		out.Sentence = b.t("It may be just you.")
		out.More = append(out.More, b.level(s)...)
	}
	out.Try = append(out.Try, b.t("Switch between Wi-Fi and mobile data."), b.t("Restart the app, and then the device."),
		b.t("Report it here all the same: you may be the first."))
	return out
}

// against says how reports from the visitor's own place compare with the usual
// ones, and whether they stand out.
func (b *builder) against(shares []Share, key string, place scopeLine, out *youView) (felt bool) {
	if key == "" {
		return false
	}
	name := place.Words
	out.Places = append(out.Places, place)
	i := slices.IndexFunc(shares, func(s Share) bool { return strings.EqualFold(s.Key, key) })
	if i < 0 {
		country, _, split := strings.Cut(key, "-")
		if i = slices.IndexFunc(shares, func(s Share) bool { return s.Key == country }); !split || i < 0 {
			out.More = append(out.More, b.t("%s: nobody reports a problem.", name))
			return false
		}
	}
	if shares[i].Usual <= 0 {
		out.More = append(out.More, b.n(uint64(shares[i].Count), "%[2]s: %[1]s report", "%[2]s: %[1]s reports", name)+".")
		return false
	}
	words, level := b.rate(shares[i])
	out.More = append(out.More, b.t("%[1]s: %[2]s", name, words)+".")
	return level > 0
}

// confined reports whether a fault is known to be elsewhere than the visitor.
func confined(a outcry.Affected, v Visitor) bool {
	elsewhere := func(list []string, key string) bool {
		return len(list) > 0 && key != "" && !slices.ContainsFunc(list, func(x string) bool {
			country, _, _ := strings.Cut(key, "-")
			return strings.EqualFold(x, key) || x == country
		})
	}
	return elsewhere(a.Regions, v.Region) || elsewhere(a.Carriers, v.Carrier)
}

// searchView is the answer to a search over services.
type searchView struct {
	Query string
	Rows  []rowView
}

// Limits of a search.
const (
	maxQuery   = 80
	shownFound = 50
)

// Search renders the services whose name, group or description has all the
// words of a query; an empty query lists the first ones.
func (r *Renderer) Search(w World, query string, v Visitor) ([]byte, error) {
	w.Incidents = slices.DeleteFunc(slices.Clone(w.Incidents), func(in outcry.Incident) bool { return !in.Open() })
	b := newBuilder(r.opt, w, r.tongues[v.Lang])
	out := searchView{Query: clean(query, maxQuery)}
	words := strings.Fields(strings.ToLower(out.Query))
	for _, s := range b.standings {
		text := strings.ToLower(s.name + " " + s.Group + " " + s.Description)
		if len(out.Rows) < shownFound && !slices.ContainsFunc(words, func(x string) bool { return !strings.Contains(text, x) }) {
			out.Rows = append(out.Rows, rowView{Name: s.name, Path: servicePath(s.ID), Status: s.status})
		}
	}
	view := View{template: "search", Path: "/search", title: b.t("Find a service"), mediaType: typeHTML, data: out, tongue: v.Lang, asked: v.Asked}
	return r.html(view, w.Now, 0)
}
