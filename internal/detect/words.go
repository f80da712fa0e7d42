package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/outcry/outcry"
)

// ledger puts the evidence of the best window into nats and words, the
// strongest stream first.
func (s *service) ledger(b belief, networks float64) []outcry.Evidence {
	p := b.Parts
	var out []outcry.Evidence
	add := func(kind outcry.Kind, nats float64, words string) {
		out = append(out, outcry.Evidence{Stream: kind.String(), Nats: nats, Words: words})
	}
	if b.Win.C > 0 {
		words := plural(b.Win.C, "distinct reporter") + " where " + number(b.Win.B) + " are usual"
		if networks > 0 {
			words += ", from " + plural(networks, "network")
		}
		add(outcry.KindReport, p.Reports, words)
	}
	if p.Runs > 0 {
		add(outcry.KindProbe, p.Probes, s.probeWords(p))
	}
	if b.Post.C > 0 {
		add(outcry.KindPost, p.Posts, plural(b.Post.C, "complaining post")+" where "+number(b.Post.B)+" are usual")
	}
	if s.Trend.On && (!s.State.active() || s.Trend.Began <= s.Posts.Told.Tick) {
		add(outcry.KindTrend, p.Trend, s.trendWords())
	}
	if b.Meter.C > 0 {
		add(outcry.KindMetric, p.Metrics, meterWords(b.Meter))
	}
	if len(s.Fixed.Admits) > 0 {
		add(outcry.KindBulletin, bulletinNats, "the vendor's own page admits a fault")
	}
	if s.Fixed.Alerts > 0 {
		add(outcry.KindAlert, min(float64(s.Fixed.Alerts)*alertNats, alertsMost), plural(float64(s.Fixed.Alerts), "alert")+" firing")
	}
	slices.SortStableFunc(out, func(x, y outcry.Evidence) int { return cmp.Compare(y.Nats, x.Nats) })
	return out
}

// meterWords name the metric, which is one of several that may be listened to.
func meterWords(m reading) string {
	words := plural(m.C, "error")
	if m.Name != "" {
		words += " in " + m.Name
	}
	return words + " where " + number(m.B) + " are usual"
}

func (s *service) probeWords(p parts) string {
	if p.Fails == 0 {
		return "all " + plural(p.Runs, "check") + " passed"
	}
	return fmt.Sprintf("%s of %s failed, at %s", number(p.Fails), plural(p.Runs, "check"), plural(float64(p.Failing), "vantage"))
}

func plural(n float64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return number(n) + " " + word + "s"
}

// number writes a count with as many digits as a reader can use.
func number(x float64) string {
	switch {
	case x >= 10 || x == float64(int(x)):
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 0.095:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'g', 1, 64)
	}
}
