package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// Public gives the world as strangers may know it: no private service, no
// unpublished incident, no internal update, newest incident first.
//
// An incident over private and public services stays, for its public part:
// everything that the machine has written about it (title, headline, evidence,
// automatic updates) may name what is private and is replaced; what people
// wrote for the public stays.
func (w World) Public() World {
	hidden := make(map[string]bool)
	shown := make(map[string]string) // name by ID
	services := make([]Service, 0, len(w.Services))
	for _, s := range w.Services {
		if s.Private {
			hidden[s.ID] = true
			continue
		}
		shown[s.ID] = clean(s.Name, maxName)
		s.DependsOn = without(s.DependsOn, hidden)
		services = append(services, s)
	}
	for i := range services { // a private one may have come after
		services[i].DependsOn = without(services[i].DependsOn, hidden)
	}
	w.Services = services
	w.Sources = publicSources(w.Sources, hidden)
	w.Incidents = publicIncidents(w.Incidents, hidden, shown)
	w.Pages = publicPages(w.Pages, hidden)
	w.Maintenances = publicMaintenances(w.Maintenances, hidden)
	return w
}

// publicMaintenances keeps planned work on public services, for its public
// part; what a person wrote for the page stays.
func publicMaintenances(all []Maintenance, hidden map[string]bool) []Maintenance {
	out := make([]Maintenance, 0, len(all))
	for _, m := range all {
		if m.Services = without(m.Services, hidden); len(m.Services) > 0 {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Maintenance) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return out
}

func publicIncidents(all []outcry.Incident, hidden map[string]bool, shown map[string]string) []outcry.Incident {
	out := make([]outcry.Incident, 0, len(all))
	for _, in := range all {
		if in, ok := publicIncident(in, hidden, shown); ok {
			out = append(out, in)
		}
	}
	slices.SortFunc(out, func(a, b outcry.Incident) int {
		return cmp.Or(began(&b).Compare(began(&a)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func publicIncident(in outcry.Incident, hidden map[string]bool, shown map[string]string) (outcry.Incident, bool) {
	if !in.Public || in.PublishedAt.IsZero() {
		return in, false
	}
	before := len(in.Services) + len(in.Collateral)
	in.Services, in.Collateral = without(in.Services, hidden), without(in.Collateral, hidden)
	in.Bulletins = slices.DeleteFunc(slices.Clone(in.Bulletins), func(b outcry.Bulletin) bool { return hidden[b.Service] })
	if before > 0 && len(in.Services)+len(in.Collateral) == 0 {
		return in, false
	}
	in.Updates = slices.DeleteFunc(slices.Clone(in.Updates), func(u outcry.Update) bool { return !u.Public })
	if before > len(in.Services)+len(in.Collateral) {
		redact(&in, shown)
	}
	return in, true
}

// redact rewrites what the machine has said about an incident that a private
// service takes part in.
func redact(in *outcry.Incident, shown map[string]string) {
	in.Title = "Problem with " + list(names(append(slices.Clone(in.Services), in.Collateral...), shown))
	in.Headline, in.Evidence = "", nil
	in.Size, in.Affected = outcry.Size{}, outcry.Affected{}
	for i := range in.Updates {
		if in.Updates[i].Author == outcry.AuthorAutomatic {
			in.Updates[i].Body = stateWord(in.Updates[i].State)
		}
	}
}

// publicSources leaves out what speaks for private services only.
func publicSources(all []Source, hidden map[string]bool) []Source {
	out := make([]Source, 0, len(all))
	for _, s := range all {
		if s.Services = without(s.Services, hidden); len(s.Services) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func publicPages(pages []Page, hidden map[string]bool) []Page {
	out := make([]Page, 0, len(pages))
	for _, p := range pages {
		all := len(p.Services) == 0
		p.Services = without(p.Services, hidden)
		if all || len(p.Services) > 0 {
			out = append(out, p)
		}
	}
	return out
}

func without(ids []string, hidden map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return hidden[id] })
}

func names(ids []string, shown map[string]string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if n, ok := shown[id]; ok {
			out = append(out, n)
		} else {
			out = append(out, clean(id, maxName))
		}
	}
	return out
}

// list joins names as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
