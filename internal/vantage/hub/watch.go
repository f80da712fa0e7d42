package hub

import (
	"context"
	"slices"
	"time"
)

// How often the hub looks: for revocations by other processes of the core, and
// for checks that have changed, as when a secret's file has.
const (
	lookEvery  = 2 * time.Second
	freshEvery = 5 // looks
)

// Run watches until the context ends, and then closes all.
func (h *Hub) Run(ctx context.Context) error {
	defer h.close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		h.cutRevoked(ctx)
		if n%freshEvery == 0 {
			h.tellChanged()
		}
	}
}

// cutRevoked ends the connections of vantages that were revoked, wherever.
func (h *Hub) cutRevoked(ctx context.Context) {
	revoked, err := h.cfg.Door.Revoked(ctx)
	if err != nil {
		h.cfg.Log.Debug("vantage: it cannot be seen who is revoked", "error", err)
		return
	}
	for name := range h.seats {
		if slices.Contains(revoked, name) {
			h.Cut(name)
		}
	}
}

// tellChanged says to vantages whose checks are not what they were given that
// they should ask.
func (h *Hub) tellChanged() {
	for name, s := range h.seats {
		if h.Open(name) == 0 {
			continue
		}
		if _, tag, err := h.cfg.Door.Agenda(name); err == nil && s.tag.isStale(tag) {
			h.tell(name)
		}
	}
}
