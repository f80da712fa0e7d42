package notify

import (
	"context"
	"errors"
	"time"

	"github.com/outcry/outcry"
)

// Channel sends one notice. It returns nil once the receiver has said that it
// has it; a [*Failure] where it knows more than that it did not work. It must
// honour ctx, and must keep secrets and addresses out of its errors.
type Channel interface {
	Send(ctx context.Context, n outcry.Notice) error
}

// Store is where notices wait. Claiming counts as an attempt; what was claimed
// comes back by FinishNotice, or untried, which was no attempt then, by
// ReturnNotice; or it is due again when the lease is over.
type Store interface {
	ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]outcry.Notice, error)
	FinishNotice(ctx context.Context, n outcry.Notice) error
	ReturnNotice(ctx context.Context, n outcry.Notice) error
}

// Failure is why a notice was not delivered.
type Failure struct {
	Permanent bool          // trying again will not help
	After     time.Duration // the receiver asked to wait so long; 0: it did not
	Err       error
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// failureOf finds the failure in an error's chain; any other error is worth
// another attempt.
func failureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Err: err}
}

// Destination is a channel that the configuration names.
type Destination struct {
	Channel Channel
	GiveUp  time.Duration // after the notice was made; 0: 24 hours
	Timeout time.Duration // of an attempt; 0: Options.Timeout
	// Crowd is a channel of many subscribers, each of whom is a stranger: what
	// becomes of one is counted, and logged for debugging only.
	Crowd bool
}
