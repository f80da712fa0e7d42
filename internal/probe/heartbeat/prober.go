package heartbeat

import (
	"context"
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

type prober struct {
	beats *Beats
	opts  Options
}

// Probe looks when the job has last called. Its one step is "heard".
func (p *prober) Probe(ctx context.Context) probe.Result {
	if p.beats == nil || p.beats.store == nil {
		return probe.Unknown(probe.ReasonUnsupported, "only a server, with its store, knows when a job has called")
	}
	trail := probe.NewTrail()
	var result probe.Result
	err := trail.Do("heard", func() (string, error) {
		key, err := p.opts.key()
		if err != nil {
			return "", err
		}
		var h heard
		if h, result, err = p.look(ctx, key); err != nil {
			return "", err
		}
		return h.last(), nil
	})
	if err != nil { // of the store or the token: nothing of the job
		return trail.End(probe.Unknown(probe.ReasonInternal, err.Error()))
	}
	return trail.End(result)
}

// last tells the newest call.
func (h *heard) last() string {
	word, at := "never", time.Time{}
	for w, t := range map[string]time.Time{"done": h.Done, "start": h.Began, "fail": h.Failed} {
		if t.After(at) {
			word, at = w, t
		}
	}
	if at.IsZero() {
		return word
	}
	return word + " at " + at.Format(time.RFC3339)
}

// look reads what there is of the job and judges it.
func (p *prober) look(ctx context.Context, key string) (h heard, r probe.Result, err error) {
	var w watched
	var a away
	for name, into := range map[string]any{nameHeard + key: &h, nameWatched + key: &w, nameAway: &a} {
		if err := p.beats.get(ctx, name, into); err != nil && outcry.CodeOf(err) != outcry.CodeNotFound {
			return h, r, err
		}
	}
	now := p.beats.now().UTC()
	was := w
	if w.Since.IsZero() {
		w.Since = now
	}
	r = p.opts.judge(now, &h, &w, a)
	w.Missed = r.Reason == ReasonMissed
	if w != was {
		err = p.beats.put(ctx, nameWatched+key, w)
	}
	return h, r, err
}

// judge says how the job is, now.
func (o *Options) judge(now time.Time, h *heard, w *watched, a away) probe.Result {
	switch {
	case !h.Failed.IsZero(): // also when it has begun again: until it succeeds
		return probe.Bad(ReasonJobFailed, sayFailure(h))
	case !h.Began.IsZero() && o.MaxRun > 0 && now.Sub(h.Began) > o.MaxRun:
		return probe.Bad(ReasonOverrun, fmt.Sprintf("it began %s ago and has not ended, wanted within %s", round(now.Sub(h.Began)), o.MaxRun))
	}
	from, what := h.Done, "its last call"
	if h.Began.After(from) {
		from, what = h.Began, "it began"
	}
	if from.Before(w.Since) && h.Done.IsZero() && h.Began.IsZero() {
		from, what = w.Since, "it was configured"
	}
	due := from.Add(o.Period + o.Grace)
	if !now.After(due) {
		if what == "it was configured" {
			return probe.Unknown(ReasonNotYet, "it has not called yet, and need not have before "+due.Format(time.RFC3339))
		}
		return probe.Good(fmt.Sprintf("%s since %s", round(now.Sub(from)), what))
	}
	if !w.Missed && o.excused(now, from, due, a) {
		return probe.Unknown(probe.ReasonVantage, fmt.Sprintf("no call was taken from %s to %s, when Outcry was away", a.From.Format(time.RFC3339), a.To.Format(time.RFC3339)))
	}
	return probe.Bad(ReasonMissed, fmt.Sprintf("%s since %s, wanted within %s and %s of grace", round(now.Sub(from)), what, o.Period, o.Grace))
}

// excused reports whether the call that is overdue may have come while nobody
// took it. It is believed until the next call would be due.
func (o *Options) excused(now, from, due time.Time, a away) bool {
	return a.To.Sub(a.From) > o.Grace && a.From.Before(due) && a.To.After(from) && now.Before(a.To.Add(o.Period+o.Grace))
}

func sayFailure(h *heard) string {
	s := "it said so at " + h.Failed.Format(time.RFC3339)
	if h.Message != "" {
		s += ": " + h.Message
	}
	return s
}

func round(d time.Duration) time.Duration { return d.Round(time.Second) }
