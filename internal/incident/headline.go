package incident

import (
	"math"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// openingWords are the first public word.
func (l *Ledger) openingWords(e *entry) string {
	var b strings.Builder
	if !e.doc.Confirmed {
		b.WriteString("Unconfirmed: ")
	}
	b.WriteString(e.doc.Title + ", since about " + l.clock(e.doc.Onset.At) + ". ")
	if words := evidenceWords(e.doc.Evidence); words != "" {
		b.WriteString("What we see: " + words + ". ")
	}
	if fail, known := checks(e.doc.Evidence); known && !fail {
		b.WriteString("Our own checks pass. ")
	}
	for _, m := range e.members {
		if advice := strings.TrimSpace(l.services[m.service].Advice); advice != "" {
			b.WriteString("Meanwhile, for " + l.name(m.service) + ": " + strings.TrimSuffix(advice, ".") + ". ")
		}
	}
	return strings.TrimSpace(b.String())
}

// recoveringWords tell that things get better, in the words of what was seen.
func (l *Ledger) recoveringWords(e *entry, mood health) string {
	switch {
	case mood == well:
		return "Things look as usual again. We keep watching."
	case reported(e.doc.Evidence):
		return "It is recovering: reports are dying down and no check fails. We keep watching."
	default:
		return "It is recovering. We keep watching."
	}
}

func (l *Ledger) resolvedWords(e *entry) string {
	text := "This is over: all has been as usual for " + lasting(e.doc.ClosedAt.Sub(e.quiet)) + "."
	e.doc.EndedAt = e.ended()
	if !e.doc.Onset.At.IsZero() && !e.doc.MonitoringAt.IsZero() {
		text += " It lasted from about " + l.clock(e.doc.Onset.At) + " to " + l.clock(e.doc.Over()) + "."
	}
	return text
}

// evidenceWords lists what speaks for the fault, strongest first.
func evidenceWords(evidence []outcry.Evidence) string {
	var words []string
	for _, x := range evidence {
		if x.Nats > 0 && x.Words != "" {
			words = append(words, x.Words)
		}
	}
	return strings.Join(words, "; ")
}

// headline is the incident in one paragraph: what, since when, where, how many,
// by what evidence, when over.
func (l *Ledger) headline(in *outcry.Incident) string {
	parts := []string{l.whatAndWhen(in)}
	if in.Manual && in.DetectedAt.IsZero() {
		return join(parts, l.endWords(in), l.vendorWords(in), causeWords(in))
	}
	parts = append(parts, whereSentence(in), sizeWords(in))
	if words := evidenceWords(in.Evidence); words != "" {
		parts = append(parts, "Evidence: "+words+".")
	}
	if fail, known := checks(in.Evidence); known && !fail {
		parts = append(parts, tense(in, "Our own checks pass.", "Our own checks passed all the while."))
	}
	if len(in.Collateral) > 0 {
		parts = append(parts, "Reports about "+l.list(in.Collateral)+" were raised by it; nothing was wrong there.")
	}
	parts = append(parts, l.certaintyWords(in))
	return join(parts, l.endWords(in), l.vendorWords(in), causeWords(in))
}

func join(parts []string, more ...string) string {
	var out []string
	for _, p := range append(parts, more...) {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

func (l *Ledger) whatAndWhen(in *outcry.Incident) string {
	title := strings.TrimRight(in.Title, ".")
	if !in.Open() {
		title = strings.NewReplacer(" is failing", " was failing", " are failing", " were failing", "People report ", "People reported ").Replace(title)
	}
	if in.Onset.At.IsZero() {
		return title + "."
	}
	text := title + tense(in, ": since about ", ": from about ") + l.day(in.Onset.At)
	if from, to := l.clock(in.Onset.From), l.clock(in.Onset.To); from != to && in.Onset.To.Sub(in.Onset.From) > 2*outcry.TickLength {
		text += " (between " + from + " and " + to + ")"
	}
	return text + "."
}

func whereSentence(in *outcry.Incident) string {
	if where := whereWords(&in.Affected); where != "" {
		return tense(in, "It is", "It was") + " confined to people" + where + "."
	}
	return tense(in, "It is", "It was") + " not confined to a region or carrier."
}

func sizeWords(in *outcry.Incident) string {
	s := in.Size
	if s.Reporters < 1 {
		return ""
	}
	who := count(s.Reporters) + tense(in, " people have", " people")
	if s.Reporters < 1.5 {
		who = tense(in, "1 person has", "1 person")
	}
	text := who + " reported it, where " + count(s.Expected) + tense(in, " would be", " would have been") + " usual in that time"
	if s.Peak >= 1 {
		text += "; at its worst " + count(s.Peak) + " a minute"
	}
	return text + "."
}

func (l *Ledger) certaintyWords(in *outcry.Incident) string {
	switch {
	case !in.Confirmed:
		return tense(in, "It is not confirmed.", "It was never confirmed.")
	case in.Public && in.ConfirmedAt.After(in.PublishedAt):
		return "It was published unconfirmed at " + l.clock(in.PublishedAt) + ", and confirmed " + soon(in.ConfirmedAt.Sub(in.PublishedAt)) + " later."
	default:
		return ""
	}
}

func (l *Ledger) endWords(in *outcry.Incident) string {
	switch {
	case in.State == outcry.StateDismissed:
		return "It was dismissed at " + l.clock(in.ClosedAt) + "."
	case in.State == outcry.StateResolved && !in.MonitoringAt.IsZero():
		text := "It was back by " + l.clock(in.Over())
		if !in.Onset.At.IsZero() {
			text += ", after about " + lasting(in.Over().Sub(in.Onset.At))
		}
		return text + ", and closed at " + l.clock(in.ClosedAt) + "."
	case in.State == outcry.StateResolved:
		return "It was closed at " + l.clock(in.ClosedAt) + "."
	case in.State == outcry.StateMonitoring:
		return "It has been recovering since " + l.clock(in.MonitoringAt) + "."
	default:
		return "It goes on."
	}
}

// tense picks the words for an incident that goes on, or that is over.
func tense(in *outcry.Incident, on, over string) string {
	if in.Open() {
		return on
	}
	return over
}

func causeWords(in *outcry.Incident) string {
	if in.Cause == "" {
		return ""
	}
	return "Cause: " + strings.TrimRight(in.Cause, ".") + "."
}

// count writes a number of people: whole when there are some, else to a tenth.
func count(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0) || x < 0:
		return "an unknown number"
	case x >= 9.95:
		return grouped(int64(math.Round(min(x, 1e15))))
	case x < 0.05:
		return "hardly any"
	default:
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	}
}

func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
