package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/outcry/outcry"
)

// handle does what can be done now about one claimed notice.
func (d *Dispatcher) handle(ctx context.Context, l lane, j *job) {
	if at, wait := d.behind(l, &j.Notice); wait {
		d.handBack(ctx, &j.Notice, at)
		return
	}
	release, ok := d.slot(ctx, l.channel)
	if !ok || d.isStopping() {
		release()
		d.handBack(ctx, &j.Notice, d.o.Now())
		return
	}
	defer release()
	if d.o.Now().Add(d.timeout(l.channel)).After(j.until) {
		return // the lease ends too soon: whoever claims it next sends it
	}
	began := d.o.Now()
	err := d.attempt(ctx, &j.Notice)
	d.m.seconds.WithLabelValues(l.channel).Observe(d.o.Now().Sub(began).Seconds())
	if err != nil && ctx.Err() != nil {
		d.handBack(ctx, &j.Notice, d.o.Now()) // shutdown has cut it off
		return
	}
	d.conclude(ctx, l, &j.Notice, err)
}

func (d *Dispatcher) isStopping() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopping
}

// slot waits for a free one of a channel's parallel attempts.
func (d *Dispatcher) slot(ctx context.Context, channel string) (release func(), ok bool) {
	slots := d.slots[channel]
	if slots == nil {
		return func() {}, true // an unknown channel: attempt says so
	}
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, true
	case <-ctx.Done():
		return func() {}, false
	}
}

func (d *Dispatcher) attempt(ctx context.Context, n *outcry.Notice) error {
	to, ok := d.to[n.Channel]
	if !ok {
		return outcry.Errorf(outcry.CodeNotFound, "no channel of this name is configured")
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout(n.Channel))
	defer cancel()
	return to.Channel.Send(ctx, *n)
}

// conclude stores what became of an attempt.
func (d *Dispatcher) conclude(ctx context.Context, l lane, n *outcry.Notice, err error) {
	now := d.o.Now()
	log := d.log.With("notice", n.ID, "channel", n.Channel, "incident", n.Incident.ID, "attempt", n.Attempts)
	if err == nil {
		n.DeliveredAt, n.LastError = now, ""
		d.m.delay.WithLabelValues(l.channel).Observe(now.Sub(n.CreatedAt).Seconds())
		d.m.count(l.channel, "delivered")
		log.Log(ctx, d.level(l, slog.LevelInfo), "notice delivered")
		d.finish(ctx, n)
		d.settle(l, n, time.Time{})
		return
	}
	f := failureOf(err)
	n.LastError = bounded(err.Error())
	next := now.Add(max(d.backoff(n.Attempts), f.After))
	switch {
	case f.Permanent:
		n.FailedAt = now
		log.Log(ctx, d.level(l, slog.LevelError), "notice refused for good", "error", n.LastError)
	case next.Sub(n.CreatedAt) > d.giveUp(n.Channel):
		n.FailedAt = now
		log.Log(ctx, d.level(l, slog.LevelError), "notice given up", "after", now.Sub(n.CreatedAt).Round(time.Second), "error", n.LastError)
	default:
		n.NextAttempt = next
		log.Log(ctx, d.level(l, slog.LevelWarn), "notice not delivered; trying again", "at", next, "error", n.LastError)
	}
	if n.FailedAt.IsZero() {
		d.m.count(l.channel, "retried")
		d.settle(l, n, next)
	} else {
		d.m.count(l.channel, "failed")
		d.settle(l, n, time.Time{})
	}
	d.finish(ctx, n)
}

// handBack makes a claimed notice due again at an instant, untried: what waits
// behind another for hours begins with the shortest wait of its own.
func (d *Dispatcher) handBack(ctx context.Context, n *outcry.Notice, at time.Time) {
	n.NextAttempt = at
	d.keep(ctx, n, d.store.ReturnNotice)
}

// storeTimeout bounds the writing of an outcome, also during shutdown.
const storeTimeout = 5 * time.Second

// finish stores a notice's outcome.
func (d *Dispatcher) finish(ctx context.Context, n *outcry.Notice) {
	d.keep(ctx, n, d.store.FinishNotice)
}

// keep stores what became of a notice. Where that fails, the notice is due again
// when the lease is over, and may be sent twice: a duplicate beats a miss.
func (d *Dispatcher) keep(ctx context.Context, n *outcry.Notice, store func(context.Context, outcry.Notice) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := store(ctx, *n)
	switch {
	case err == nil:
	case outcry.CodeOf(err) == outcry.CodeConflict:
		d.log.Log(ctx, d.level(laneOf(n), slog.LevelWarn), "notice was taken over by another worker meanwhile", "notice", n.ID, "channel", n.Channel)
	default:
		d.log.Error("what became of a notice cannot be stored; it may be sent again", "notice", n.ID, "channel", n.Channel, "error", err)
	}
}

// level is that of a message about one notice.
func (d *Dispatcher) level(l lane, of slog.Level) slog.Level {
	if d.to[l.channel].Crowd {
		return slog.LevelDebug
	}
	return of
}

func (d *Dispatcher) giveUp(channel string) time.Duration {
	if g := d.to[channel].GiveUp; g > 0 {
		return g
	}
	return giveUp
}

func (d *Dispatcher) timeout(channel string) time.Duration {
	if t := d.to[channel].Timeout; t > 0 {
		return t
	}
	return d.o.Timeout
}

// backoff is the wait after so many attempts: doubling, with a fifth of jitter
// to either side so that receivers do not meet a herd.
func (d *Dispatcher) backoff(attempts int) time.Duration {
	base := float64(d.o.First) * math.Pow(2, float64(max(attempts-1, 0)))
	return time.Duration(min(base, float64(d.o.Longest)) * (0.8 + 0.4*d.o.Random()))
}

// maxError bounds what is stored of a receiver's answer, in bytes.
const maxError = 500

// bounded makes an error's text fit to be stored and shown: one line, bounded.
func bounded(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxError {
		s = strings.ToValidUTF8(s[:maxError], "") + fmt.Sprintf("… (%d bytes)", len(s))
	}
	return s
}
