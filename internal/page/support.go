package page

import (
	"time"

	"github.com/outcry/outcry"
)

// support is a sentence that a support desk can paste into an answer: what,
// since when, how to do without, and when the next word comes. It is empty
// while the service works.
func (b *builder) support(s *standing) string {
	in := s.incident
	if in == nil {
		return ""
	}
	out := b.t("We know of a problem with %[1]s since about %[2]s and are following it.", s.name, b.moment(began(in)).Words)
	switch {
	case !in.Confirmed:
		out = b.t("People have reported problems with %[1]s since about %[2]s; we are looking into it.", s.name, b.moment(began(in)).Words)
	case in.State == outcry.StateMonitoring:
		out = b.t("%[1]s had a problem from about %[2]s on and is coming back.", s.name, b.moment(began(in)).Words)
	}
	if a := clean(s.Advice, maxLine); a != "" {
		out += " " + b.t("Meanwhile: %s", a)
	}
	if t := b.nextWord(in); !t.IsZero() {
		out += " " + b.t("The next word follows by %s.", b.moment(t).Words)
	}
	if b.opt.URL != "" {
		out += " " + b.opt.URL + incidentPath(in.ID)
	}
	return out
}

// nextWord is when the operator has promised to say more: so long after the
// last public update. It is zero without such a promise, and once it is due.
func (b *builder) nextWord(in *outcry.Incident) time.Time {
	if b.opt.NextWord == 0 || len(in.Updates) == 0 {
		return time.Time{}
	}
	t := in.Updates[len(in.Updates)-1].At.Add(b.opt.NextWord).Truncate(time.Minute)
	if !b.now.before(t) {
		return time.Time{}
	}
	return t
}

// vendorLag says how late the vendor's own word on the present incident is, or
// was. It is empty without an incident, or when no vendor is listened to.
func (b *builder) vendorLag(s *standing) string {
	in := s.incident
	if in == nil {
		return ""
	}
	for _, w := range in.VendorWords() {
		lag, told := w.Lag(began(in))
		switch {
		case told && lag > 0:
			return b.t("The vendor admitted it %s after it began.", b.lasting(lag.Truncate(time.Minute)))
		case told:
			return b.t("The vendor was the first to say so.")
		case w.Heard && w.Admitted.IsZero():
			return b.t("The vendor has not admitted it: it began %s ago.", b.age(began(in)))
		}
	}
	return ""
}

// cardURL is the address of the preview picture. Those who fetch it want a
// whole one, which only the operator knows; a header of the request may lie.
func (b *builder) cardURL(s *standing) string {
	if b.opt.URL == "" {
		return ""
	}
	return b.opt.URL + servicePath(s.ID) + "/card.png"
}
