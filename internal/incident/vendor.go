package incident

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

const (
	saidFor  = 24 * time.Hour // how long a vendor's word is kept, beyond the last one
	saidMost = 200            // words kept of one service
	lateWord = 6 * time.Hour  // a word this long after the end may still be about the incident
	mostSaid = 100            // words kept with one incident
)

// Hear takes what vendors' pages say, in order of time: it is put beside the
// incidents that it is about, and told on their timelines. Whether it is true
// is the judge's matter. It returns the changes to incidents that are over;
// what concerns open ones comes with the next call of [Ledger.Judge].
func (l *Ledger) Hear(at time.Time, bulletins []outcry.Bulletin) []Change {
	var out []Change
	for _, b := range bulletins {
		if _, known := l.services[b.Service]; !known || !l.keep(b) {
			continue
		}
		if e := l.by[b.Service]; e != nil {
			l.quote(e, b)
			continue
		}
		if e := l.lately(b); e != nil {
			e.dirty = true
			out = append(out, l.emit(e, at))
		}
	}
	return out
}

// keep remembers a bulletin, unless its source says what it said before.
func (l *Ledger) keep(b outcry.Bulletin) bool {
	list := l.said[b.Service]
	last, seen := outcry.Bulletin{}, false
	for _, x := range list {
		if x.Source == b.Source {
			last, seen = x, true
		}
	}
	if seen && last.Outcome == b.Outcome {
		return false
	}
	list = append(list, b)
	old := b.At.Add(-saidFor)
	list = slices.DeleteFunc(list, func(x outcry.Bulletin) bool {
		return x.At.Before(old) && slices.ContainsFunc(list, func(y outcry.Bulletin) bool { return y.Source == x.Source && y.At.After(x.At) })
	})
	l.said[b.Service] = list[max(0, len(list)-saidMost):]
	return true
}

// quote tells the public of an open incident when its vendor first admits it,
// and when it says that it is over.
func (l *Ledger) quote(e *entry, b outcry.Bulletin) {
	e.dirty = true
	admitted := slices.ContainsFunc(l.bulletins(&e.doc), func(x outcry.Bulletin) bool {
		return x.Source == b.Source && x.Outcome == outcry.Bad && x.At.Before(b.At)
	})
	if !e.doc.Public || admitted || b.Outcome != outcry.Bad || slices.ContainsFunc(e.pending, func(u outcry.Update) bool { return strings.Contains(u.Body, admission) }) {
		return
	}
	text := admission
	if on := e.doc.Onset.At; !on.IsZero() && b.At.After(on) {
		text += ", " + minutes(b.At.Sub(on)) + " after it began"
	}
	e.say(text+".", outcry.NoticeUpdated)
}

const admission = "The vendor's own page now admits a fault"

// lately finds a closed incident that a bulletin may still be about: one whose
// vendor had not had its last word yet.
func (l *Ledger) lately(b outcry.Bulletin) *entry {
	for _, e := range slices.Backward(l.closed) {
		if e.doc.State != outcry.StateResolved || b.At.Sub(e.doc.ClosedAt) > lateWord || !slices.Contains(e.names(), b.Service) {
			continue
		}
		return e
	}
	return nil
}

// bulletins are those that an incident has, with those that are remembered of
// its services: the last of each source before it began, and all since.
func (l *Ledger) bulletins(in *outcry.Incident) []outcry.Bulletin {
	began, until := in.Onset.At, in.UpdatedAt
	if began.IsZero() {
		began = firstWord(in)
	}
	if in.State == outcry.StateDismissed || in.State == outcry.StateResolved {
		until = in.ClosedAt.Add(lateWord)
	}
	out := slices.Clone(in.Bulletins)
	for _, s := range in.Services {
		list := l.said[s]
		for i, b := range list {
			next := slices.IndexFunc(list[i+1:], func(x outcry.Bulletin) bool { return x.Source == b.Source })
			standing := next < 0 || list[i+1+next].At.After(began)
			late := !in.Open() && b.At.After(until)
			if (standing || b.At.After(began)) && !late {
				out = append(out, b)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b outcry.Bulletin) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Source, b.Source), strings.Compare(a.Service, b.Service))
	})
	out = slices.CompactFunc(out, func(a, b outcry.Bulletin) bool {
		return a.At.Equal(b.At) && a.Source == b.Source && a.Service == b.Service
	})
	if !in.Open() {
		out = l.lastWords(out, in.ClosedAt)
	}
	return out[:min(len(out), mostSaid)]
}

// lastWords drops what sources said after the end that is about something
// else: all but a late admission and the all-clear that answers one.
func (l *Ledger) lastWords(list []outcry.Bulletin, end time.Time) []outcry.Bulletin {
	type key struct{ source, service string }
	state := make(map[key]outcry.Outcome)
	over := make(map[key]bool)
	return slices.DeleteFunc(list, func(b outcry.Bulletin) bool {
		k := key{b.Source, b.Service}
		last, spoke := state[k]
		if b.At.After(end) && (over[k] || spoke && last == b.Outcome) {
			return true
		}
		over[k] = over[k] || b.Outcome == outcry.Good && spoke && last == outcry.Bad && b.At.After(end)
		state[k] = b.Outcome
		return false
	})
}

// vendorWords say how long the vendor's own page took, and when it said that it
// was over.
func (l *Ledger) vendorWords(in *outcry.Incident) string {
	words := in.VendorWords()
	var out []string
	for i := range words {
		w := &words[i]
		who := "The vendor's own page"
		if len(words) > 1 {
			who += " (" + plain(w.Source) + ")"
		}
		out = append(out, l.vendorSentence(in, w, who))
	}
	return join(out)
}

func (l *Ledger) vendorSentence(in *outcry.Incident, w *outcry.VendorWord, who string) string {
	lag, known := w.Lag(in.Onset.At)
	switch {
	case w.Admitted.IsZero() && !w.Heard:
		return ""
	case w.Admitted.IsZero():
		return who + tense(in, " has not said a word of it.", " never said a word of it.")
	case !known || lag <= 0:
		return who + " had admitted a fault before it began."
	}
	text := who + " first admitted it after " + minutes(lag)
	if lasted := in.Over().Sub(in.Onset.At); !in.Over().IsZero() && lag < lasted {
		text += " of " + strings.TrimSuffix(minutes(lasted), " minutes")
	}
	text += ", at " + l.clock(w.Admitted)
	if !w.Cleared.IsZero() {
		text += ", and said at " + l.clock(w.Cleared) + " that it was over"
	}
	return text + "."
}

// Recall remembers what vendors said before the ledger was made: it changes no
// incident.
func (l *Ledger) Recall(bulletins []outcry.Bulletin) {
	for _, b := range bulletins {
		if _, known := l.services[b.Service]; known {
			l.keep(b)
		}
	}
}

// minutes writes a lag: in minutes up to two hours, as lags are told.
func minutes(d time.Duration) string {
	d = d.Round(time.Minute)
	switch {
	case d < 2*time.Minute:
		return "1 minute"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " minutes"
	default:
		return lasting(d)
	}
}
