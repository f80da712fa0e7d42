package bus

import (
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
)

// health is whether the embedded server can store.
type health struct {
	sick  atomic.Pointer[error] // why not; nil when it can
	broke chan error            // holds one
}

// fail notes that a write has failed; the first one counts.
func (h *health) fail(err error) {
	select {
	case h.broke <- err:
	default: // heal knows already
	}
	h.sick.CompareAndSwap(nil, &err)
}

func (h *health) check() error {
	if sick := h.sick.Load(); sick != nil {
		return outcry.Wrap(outcry.CodeUnavailable, *sick, "reports cannot be stored at the moment")
	}
	return nil
}

// healEvery is how often a full disk is tried again.
const healEvery = time.Second

// heal reopens the embedded server after a write that failed for want of room,
// once there is room: the server itself never writes to a stream again that
// failed once. Until then what is stored can still be read.
func (b *Bus) heal() {
	for {
		select {
		case <-b.ctx.Done():
			return
		case err := <-b.health.broke:
			if !lacksSpace(err) {
				b.log.Error("writing the stream failed, and not for want of space: nothing more is accepted until the disk has been looked at and Outcry restarted", "error", err)
				continue
			}
			b.log.Error("writing the stream failed: nothing is accepted until there is space", "error", err)
			if !b.awaitSpace() {
				return
			}
		}
	}
}

// awaitSpace reopens the server when the disk takes writes again; it gives up,
// false, only when the Bus is closed.
func (b *Bus) awaitSpace() bool {
	tick := time.NewTicker(healEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return false
		case <-tick.C:
		}
		err := b.space.probe()
		if err == nil {
			err = b.reopen()
		}
		if err == nil {
			b.log.Info("the stream has space and is open again")
			return true
		}
		b.log.Warn("the stream still cannot be written", "error", err)
	}
}

func (b *Bus) reopen() error {
	b.server.halt()
	select { // what the dying server said is no news
	case <-b.health.broke:
	default:
	}
	if err := b.server.start(); err != nil {
		return err
	}
	b.health.sick.Store(nil)
	return nil
}
