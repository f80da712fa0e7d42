package page

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// incidentView is the page of one incident.
type incidentView struct {
	briefView
	Headline  []string
	Cause     string
	Facts     []fact
	Scope     []scopeLine
	Evidence  []evidenceView
	Links     []rowView // the services that failed
	Raised    []rowView // those that it only raised
	Automatic bool
}

type fact struct {
	Term string
	At   Moment
	Note string
}

type scopeLine struct{ Term, Words string }

type evidenceView struct {
	Stream, Nats, Words string
	For                 bool // speaks for an outage, not against it
	Percent             int  // of the strongest
}

func (b *builder) incident(in *outcry.Incident) View {
	v := incidentView{
		briefView: b.brief(in), Headline: paragraphs(in.Headline), Cause: clean(in.Cause, maxText),
		Facts: b.facts(in), Scope: b.scope(in), Evidence: ledger(in.Evidence), Automatic: !in.Manual,
		Links: b.links(in.Services), Raised: b.links(in.Collateral),
	}
	return View{Path: incidentPath(in.ID), template: "incident", title: v.Title, mediaType: typeHTML, data: v}
}

func (b *builder) links(ids []string) []rowView {
	var out []rowView
	for _, id := range ids {
		if s := b.byID[id]; s != nil {
			out = append(out, rowView{Name: s.name, Path: servicePath(id), Status: s.status})
		}
	}
	return out
}

// facts are the instants of an incident's life, with how long after its onset
// each was.
func (b *builder) facts(in *outcry.Incident) []fact {
	var out []fact
	on := in.Onset
	if !on.At.IsZero() {
		f := fact{Term: "Began", At: b.moment(on.At), Note: b.t("estimated")}
		if !on.From.IsZero() && on.To.After(on.From) {
			f.Note = b.t("between %[1]s and %[2]s", on.From.In(b.loc).Format("15:04:05"), on.To.In(b.loc).Format("15:04:05"))
		}
		out = append(out, f)
	}
	for _, e := range []struct {
		term string
		at   time.Time
	}{
		{"Detected", in.DetectedAt}, {"Published", in.PublishedAt}, {"Confirmed", in.ConfirmedAt},
		{"Recovering", in.MonitoringAt}, {endTerm(in), in.ClosedAt},
	} {
		if e.at.IsZero() {
			continue
		}
		f := fact{Term: e.term, At: b.moment(e.at)}
		if !on.At.IsZero() && !e.at.Before(on.At) {
			f.Note = b.t("%s after it began", b.lasting(e.at.Sub(on.At)))
		}
		out = append(out, f)
	}
	return append(out, b.vendorFacts(in)...)
}

func endTerm(in *outcry.Incident) string {
	if in.State == outcry.StateDismissed {
		return "Withdrawn"
	}
	return "Over"
}

// scope says where it reached; a list that is empty is not confined.
func (b *builder) scope(in *outcry.Incident) []scopeLine {
	line := func(term string, in []string, name func(string) string, none string) scopeLine {
		if len(in) == 0 {
			return scopeLine{term, b.t(none)}
		}
		var out []string
		for _, v := range in {
			out = append(out, name(v))
		}
		return scopeLine{term, b.list(out)}
	}
	a := in.Affected
	out := []scopeLine{
		line("Where", a.Regions, b.place, "Not confined to a region"),
		line("Carriers", a.Carriers, named, "Not confined to a carrier"),
	}
	for _, more := range []scopeLine{
		line("Platforms", a.Platforms, named, ""), line("Versions", a.Versions, named, ""), line("Segments", a.Segments, named, ""),
		line("What fails", a.Symptoms, b.symptomOf(in), ""),
	} {
		if more.Words != "" {
			out = append(out, more)
		}
	}
	if s := in.Size; s.Reporters > 0 {
		words := b.t("%[1]s people, where %[2]s would be usual", b.tongue.about(s.Reporters), b.tongue.about(s.Expected))
		if s.Peak > 0 {
			words = b.t("%[1]s; at most %[2]s a minute", words, b.tongue.about(s.Peak))
		}
		out = append(out, scopeLine{"Reported by", words})
	}
	return out
}

// symptomOf names symptoms by the lists of the incident's services.
func (b *builder) symptomOf(in *outcry.Incident) func(string) string {
	return func(id string) string {
		for _, sid := range in.Services {
			if s := b.byID[sid]; s != nil && slices.ContainsFunc(s.Service.Service.Symptoms, func(y outcry.Symptom) bool { return y.ID == id }) {
				return b.symptomName(s.Service, id)
			}
		}
		return b.symptomName(&Service{}, id)
	}
}

var streamWords = map[string]string{
	"report": "People’s reports", "probe": "Our checks", "post": "Public posts",
	"bulletin": "The vendor’s word", "alert": "Alerts", "metric": "Error counts", "trend": "Trending",
}

// ledger puts the evidence in order of weight, for and against.
func ledger(in []outcry.Evidence) []evidenceView {
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(a, b outcry.Evidence) int { return cmp.Compare(b.Nats, a.Nats) })
	strongest := 0.0
	for _, e := range in {
		strongest = max(strongest, e.Nats, -e.Nats)
	}
	var out []evidenceView
	for _, e := range in {
		v := evidenceView{Nats: fmt.Sprintf("%+.1f", e.Nats), Words: clean(e.Words, maxLine), For: e.Nats > 0}
		if v.Stream = streamWords[e.Stream]; v.Stream == "" {
			v.Stream = clean(e.Stream, maxName)
		}
		if strongest > 0 {
			v.Percent = int(max(e.Nats, -e.Nats) * 100 / strongest)
		}
		out = append(out, v)
	}
	return out
}
