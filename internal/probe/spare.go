package probe

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// farewell is how much of an attempt's time is kept for signing out.
const farewell = 300 * time.Millisecond

// Spare gives a context that ends a little before ctx, at most a tenth of what
// is left of it: a prober that has something to undo (an account online, a
// message in a mailbox) waits within it, and undoes it within ctx.
func Spare(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(farewell, time.Until(deadline)/10)))
}

// Timed is a run within spared time (see [Spare]) of an exchange that gives how
// long what matters of it took: up, "delivered in 12ms", or what went wrong.
func Timed(ctx context.Context, done string, exchange func(context.Context, *Trail) (time.Duration, error)) Result {
	trail := NewTrail()
	ctx, cancel := Spare(ctx)
	defer cancel()
	took, err := exchange(ctx, trail)
	if err != nil {
		return trail.End(Failed(err))
	}
	return trail.End(Good(done + " in " + Took(took)))
}

// Token is a word that no other run has, nor can guess.
func Token() string { return strings.ToLower(rand.Text()) }

// Took writes how long something took, for people.
func Took(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
