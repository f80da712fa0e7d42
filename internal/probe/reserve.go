package probe

import (
	"context"
	"errors"
	"time"
)

// Of an attempt's time, what is kept for its end.
const (
	maxReserve = 2 * time.Second
	parting    = 500 * time.Millisecond // when it is called off
)

// Reserve is [Spare] for what must be put right also when the attempt is called
// off. It splits an attempt's time for a prober that must put right what it
// has done: hang up, switch back. Work ends a fifth, and at most 2 s, before
// the attempt does. Last goes on to its end, and for a moment longer when the
// attempt is called off, as at a shutdown.
func Reserve(ctx context.Context) (work, last context.Context, stop func()) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(DefaultTimeout)
	}
	kept := min(maxReserve, time.Until(deadline)/5)
	work, stopWork := context.WithDeadline(ctx, deadline.Add(-kept))
	last, stopLast := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	unhook := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			time.AfterFunc(parting, stopLast)
		}
	})
	return work, last, func() { unhook(); stopWork(); stopLast() }
}
