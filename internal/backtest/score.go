package backtest

import (
	"cmp"
	"slices"
	"time"
)

// lead is how long before a window an alert may come and still be taken for
// it: labels come from people, who are late too.
const lead = time.Hour

func document(s *Series, bins []Bin, passes []*pass, o *Options) *Result {
	first := passes[0]
	r := &Result{
		Series: s.Name, From: s.at(bins[0].From), To: s.at(bins[len(bins)-1].To), ScoredFrom: o.From,
		Timezone: cmp.Or(o.Timezone, "UTC"), StepS: s.Step.Seconds(), Bins: len(bins), MissingBins: s.Missing, Seed: o.Seed,
		FalseAlarms: first.budget, Learned: first.learned(), Alerts: first.alerts, bins: first.drawn,
	}
	for _, b := range bins {
		r.Events += b.N
		if !s.at(b.From).Before(o.From) {
			r.Years += hours(b.To-b.From) / 24 / 365.25
		}
	}
	for _, p := range passes {
		labels, scores := score(p.alerts, o.Labels, r)
		b := Budget{FalseAlarms: p.budget, ThresholdNats: p.learned().ThresholdNats, Scores: scores}
		for i := range p.alerts {
			if !p.alerts[i].Learning {
				b.Alerts++
			}
		}
		b.AlertsPerYear = float64(b.Alerts) / r.Years
		r.Budgets = append(r.Budgets, b)
		if p == first {
			r.Labels, r.Scores = labels, scores
		}
	}
	if r.Alerts == nil {
		r.Alerts = []Alert{}
	}
	return r
}

// score matches alerts with windows. Without windows there are no scores.
func score(alerts []Alert, windows []Window, r *Result) ([]Label, *Scores) {
	labels := []Label{}
	if windows == nil {
		return labels, nil
	}
	s := &Scores{}
	var delays []float64
	for i, w := range windows {
		l := Label{From: w.From, To: w.To, Outcome: outcome(w, r)}
		if l.Outcome == "" {
			s.Windows++
			l.match(i, alerts)
			switch l.Outcome {
			case Detected:
				s.Detected++
				delays = append(delays, *l.DelayS)
			case Covered:
				s.Covered++
			default:
				s.Missed++
			}
		}
		labels = append(labels, l)
	}
	s.count(alerts, r.Years, delays)
	return labels, s
}

// outcome of a window that cannot be scored; else nothing.
func outcome(w Window, r *Result) string {
	switch {
	case !w.From.Before(r.To) || !w.To.After(r.From):
		return Outside
	case w.To.Before(r.ScoredFrom):
		return Learning
	default:
		return ""
	}
}

// match looks for the alerts of a window, and marks them as its.
func (l *Label) match(number int, alerts []Alert) {
	l.Outcome = Missed
	for i := range alerts {
		a := &alerts[i]
		early := l.From.Sub(a.DetectedAt)
		switch {
		case a.DetectedAt.After(l.To) || (early > lead && a.EndedAt != nil && !a.EndedAt.After(l.From)):
		case early > lead || early > 0 && a.Label != nil: // it is another window's
			if l.Outcome == Missed {
				l.Outcome = Covered
			}
		default:
			if a.Label == nil {
				a.Label = &number
			}
			if l.Outcome != Detected {
				at, delay := a.DetectedAt, -early.Seconds()
				l.Outcome, l.DetectedAt, l.DelayS = Detected, &at, &delay
			}
		}
	}
}

func (s *Scores) count(alerts []Alert, years float64, delays []float64) {
	for i := range alerts {
		if alerts[i].Learning {
			continue
		}
		s.Alerts++
		if alerts[i].Label == nil {
			s.FalseAlarms++
		}
	}
	s.FalsePerYear = float64(s.FalseAlarms) / years
	s.Precision = ratio(s.Alerts-s.FalseAlarms, s.Alerts)
	s.Recall = ratio(s.Detected, s.Windows)
	if len(delays) == 0 {
		return
	}
	slices.Sort(delays)
	mean := 0.0
	for _, d := range delays {
		mean += d / float64(len(delays))
	}
	median := (delays[(len(delays)-1)/2] + delays[len(delays)/2]) / 2
	s.DelayMedianS, s.DelayMeanS = &median, &mean
}

func ratio(a, b int) *float64 {
	if b == 0 {
		return nil
	}
	x := float64(a) / float64(b)
	return &x
}
