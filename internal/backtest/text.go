package backtest

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
)

// Text writes the result for people.
func (r *Result) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d bins of %s from %s to %s, %d events", r.Series, r.Bins, length(r.StepS), stamp(r.From), stamp(r.To), r.Events)
	if r.MissingBins > 0 {
		fmt.Fprintf(&b, ", %d bins missing (not watched)", r.MissingBins)
	}
	fmt.Fprintf(&b, "\nlearns until %s, scored from there: %.2f years\n\n", stamp(r.ScoredFrom), r.Years)
	r.textLearned(&b)
	r.textAlerts(&b)
	r.textLabels(&b)
	r.textBudgets(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) textLearned(b *strings.Builder) {
	l := &r.Learned
	fmt.Fprintf(b, "Learned: %s an hour, over the week %s to %s; a slow swing of the rate of sd %.0f%% (correlation %s); ",
		number(l.PerHour), number(l.extreme(math.Min)), number(l.extreme(math.Max)), 100*math.Sqrt(l.Dispersion), length(l.CorrelationS))
	fmt.Fprintf(b, "threshold %.1f nats for %g false incidents a year.\nUsual in each hour of the week (%s):\n", l.ThresholdNats, r.FalseAlarms, r.Timezone)
	t := tabwriter.NewWriter(b, 0, 0, 1, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\t")
	for h := 0; h < 24; h += 2 {
		fmt.Fprintf(t, "%02d\t", h)
	}
	fmt.Fprintln(t)
	for day := range 7 {
		fmt.Fprintf(t, "%s\t", time.Weekday(day).String()[:3])
		for h := 0; h < 24; h += 2 {
			fmt.Fprintf(t, "%s\t", number(l.Baseline[24*day+h].PerHour))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // into memory
}

func (l *Learned) extreme(pick func(a, b float64) float64) float64 {
	x := l.Baseline[0].PerHour
	for _, e := range l.Baseline {
		x = pick(x, e.PerHour)
	}
	return x
}

func (r *Result) textAlerts(b *strings.Builder) {
	fmt.Fprintf(b, "\nAlerts at %g false incidents a year: %d\n", r.FalseAlarms, len(r.Alerts))
	for i := range r.Alerts {
		a := &r.Alerts[i]
		end := "goes on"
		if a.EndedAt != nil {
			end = "ends " + stamp(*a.EndedAt)
		}
		fmt.Fprintf(b, "  %s  onset %s (%s to %s), %s; %s; %s\n", stamp(a.DetectedAt), a.near(a.Onset), a.near(a.OnsetInterval[0]), a.near(a.OnsetInterval[1]), end, a.Words, a.kind(r))
	}
}

// kind says what an alert was, as far as that is known.
func (a *Alert) kind(r *Result) string {
	switch {
	case a.Learning:
		return "while it learned"
	case r.Scores == nil:
		return fmt.Sprintf("%.0f in all where %s are usual", a.Events, number(a.Usual))
	case a.Label != nil:
		return fmt.Sprintf("window %d", *a.Label+1)
	default:
		return "FALSE ALARM: in no window"
	}
}

func (r *Result) textLabels(b *strings.Builder) {
	if r.Scores == nil {
		return
	}
	fmt.Fprintf(b, "\nWindows: %d\n", len(r.Labels))
	for i, l := range r.Labels {
		fmt.Fprintf(b, "  %d  %s to %s: %s", i+1, stamp(l.From), stamp(l.To), l.Outcome)
		if l.DelayS != nil {
			fmt.Fprintf(b, " after %s", length(*l.DelayS))
		}
		fmt.Fprintln(b)
	}
	s := r.Scores
	fmt.Fprintf(b, "\nScores: %d of %d windows detected, %d missed, %d covered by an earlier alert; %d of %d alerts false (%.2f a year)\n",
		s.Detected, s.Windows, s.Missed, s.Covered, s.FalseAlarms, s.Alerts, s.FalsePerYear)
	fmt.Fprintf(b, "        precision %s, recall %s, delay %s median, %s mean\n", share(s.Precision), share(s.Recall), span(s.DelayMedianS), span(s.DelayMeanS))
}

func (r *Result) textBudgets(b *strings.Builder) {
	if len(r.Budgets) < 2 {
		return
	}
	fmt.Fprint(b, "\nWhat another budget would have done:\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "false incidents a year\tthreshold, nats\talerts\ta year\tdetected\tmissed\tfalse\tdelay, median\t\n")
	for i := range r.Budgets {
		x := &r.Budgets[i]
		fmt.Fprintf(t, "%g\t%.1f\t%d\t%.1f\t", x.FalseAlarms, x.ThresholdNats, x.Alerts, x.AlertsPerYear)
		if s := x.Scores; s != nil {
			fmt.Fprintf(t, "%d\t%d\t%d\t%s\t\n", s.Detected, s.Missed, s.FalseAlarms, span(s.DelayMedianS))
		} else {
			fmt.Fprint(t, "–\t–\t–\t–\t\n")
		}
	}
	_ = t.Flush() // into memory
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// near is an instant, without its day when that is the alert's.
func (a *Alert) near(t time.Time) string {
	if t.UTC().Format(time.DateOnly) == a.DetectedAt.UTC().Format(time.DateOnly) {
		return t.UTC().Format("15:04:05Z")
	}
	return stamp(t)
}

func length(s float64) string { return (time.Duration(s) * time.Second).String() }

func span(s *float64) string {
	if s == nil {
		return "–"
	}
	return length(*s)
}

func share(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *x)
}

func number(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}
