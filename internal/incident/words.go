package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/outcry/outcry"
)

const (
	mostNames  = 4  // services named in a title
	mostPlaces = 5  // regions, carriers … named in a title
	mostRunes  = 64 // of a name that came from outside
)

// title says in one line what fails, for whom.
func (l *Ledger) title(e *entry) string {
	if e.carrier != "" {
		return l.carrierTitle(&outcry.Incident{Services: e.names(), Affected: e.doc.Affected}, e.carrier)
	}
	names := l.list(e.names())
	where := whereWords(&e.doc.Affected)
	switch {
	case e.doc.Confirmed && len(e.members) == 1:
		return names + " is failing" + where
	case e.doc.Confirmed:
		return names + " are failing" + where
	case reported(e.doc.Evidence):
		return "People report problems with " + names + where
	default:
		return "Possible problem with " + names + where
	}
}

// carrierTitle is the title of a fault that is a carrier's.
func (l *Ledger) carrierTitle(in *outcry.Incident, carrier string) string {
	what := "several services"
	if len(in.Services) == 1 {
		what = l.list(in.Services)
	}
	rest := in.Affected
	rest.Carriers = nil
	return plain(carrier) + ": trouble in " + what + whereWords(&rest)
}

func reported(evidence []outcry.Evidence) bool {
	for _, x := range evidence {
		if x.Stream == outcry.KindReport.String() && x.Nats > 0 {
			return true
		}
	}
	return false
}

// checks tells what our own checks say: nothing, when there are none.
func checks(evidence []outcry.Evidence) (fail, known bool) {
	for _, x := range evidence {
		if x.Stream == outcry.KindProbe.String() {
			return x.Nats > 0, true
		}
	}
	return false, false
}

// whereWords is " in DE, on T-Mobile", or nothing when not confined.
func whereWords(a *outcry.Affected) string {
	var parts []string
	for _, d := range []struct {
		word   string
		values []string
		more   string
	}{
		{"in ", a.Regions, "regions"}, {"on ", a.Carriers, "carriers"}, {"on ", a.Platforms, "platforms"},
		{"with version ", a.Versions, "versions"}, {"for ", a.Segments, "groups of users"},
	} {
		if len(d.values) == 0 {
			continue
		}
		clean := make([]string, len(d.values))
		for i, v := range d.values {
			clean[i] = plain(v)
		}
		parts = append(parts, d.word+joined(clean, mostPlaces, d.more))
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, ", ")
}

// plain makes a scope's value, which strangers may have chosen, fit for a
// sentence: letters, digits and a little punctuation; no markup, no addresses.
func plain(s string) string {
	n := 0
	out := strings.Map(func(r rune) rune {
		ok := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" -&.'+", r)
		if !ok || n >= mostRunes {
			return -1
		}
		n++
		return r
	}, s)
	if out = strings.TrimSpace(out); out == "" {
		return "unnamed"
	}
	return out
}

func (l *Ledger) name(service string) string {
	if n := l.services[service].Name; n != "" {
		return n
	}
	return service
}

// list names services as a sentence does, in the order of the configuration.
func (l *Ledger) list(services []string) string {
	names := make([]string, 0, len(services))
	for _, s := range l.cfg.Services {
		if slices.Contains(services, s.ID) {
			names = append(names, l.name(s.ID))
		}
	}
	for _, s := range services {
		if _, known := l.services[s]; !known {
			names = append(names, s)
		}
	}
	return joined(names, mostNames, "services")
}

// joined is "a, b and c", or "a, b and 7 more services" when there are many.
func joined(words []string, most int, what string) string {
	switch n := len(words); {
	case n == 0:
		return "no " + what
	case n == 1:
		return words[0]
	case n > most:
		return strings.Join(words[:most-1], ", ") + " and " + strconv.Itoa(n-most+1) + " more " + what
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// clock is an instant as people say it today.
func (l *Ledger) clock(t time.Time) string { return t.In(l.cfg.Location).Format("15:04 MST") }

// day is an instant with its date.
func (l *Ledger) day(t time.Time) string {
	return t.In(l.cfg.Location).Format("15:04 MST on Monday 2 January 2006")
}

// soon is a short duration in words.
func soon(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return lasting(d)
}

func lasting(d time.Duration) string {
	d = d.Round(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d h %d min", h, m)
	}
}
