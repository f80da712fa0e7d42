package bus

import (
	"context"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// health is whether the embedded server can store.
type health struct {
	broke chan error // holds one: for heal

	mu    sync.Mutex
	sick  error           // why it cannot; nil when it can
	fit   context.Context // ends when it falls sick
	unfit context.CancelFunc
}

func newHealth() *health {
	h := &health{broke: make(chan error, 1)}
	h.fit, h.unfit = context.WithCancel(context.Background())
	return h
}

// fail notes that a write has failed; the first one counts.
func (h *health) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sick != nil {
		return
	}
	h.sick = err
	h.unfit()
	h.broke <- err // there is room: heal took the last one before recover
}

func (h *health) recover() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sick = nil
	h.fit, h.unfit = context.WithCancel(context.Background())
}

// check gives a context that ends when the server falls sick, or says that it
// is.
func (h *health) check() (context.Context, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sick != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, h.sick, "reports cannot be stored at the moment")
	}
	return h.fit, nil
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
	if err := b.server.start(); err != nil {
		return err
	}
	b.health.recover()
	return nil
}
