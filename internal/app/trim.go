package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
)

// trimmed is the stream that a trimmer looks after: the bus.
type trimmed interface {
	Extent(ctx context.Context) (bus.Extent, error)
	Before(ctx context.Context, e bus.Extent, at time.Time) (uint64, error)
	Trim(ctx context.Context, upTo uint64) error
}

// ends says how far a partition reaches, and positions how far it is counted.
type (
	ends interface {
		Partitions() int
		Last(ctx context.Context, partition int) (uint64, error)
	}
	positions interface {
		Position(ctx context.Context, partition int) (seq uint64, complete outcry.Tick, at time.Time, err error)
		settingReader
	}
)

// trimmer makes room in a stream that fills up, because a full one refuses
// signals. Until then messages stay for as long as max_age says, so that an
// older copy of the store can be brought up to date from them. What is not
// counted is never dropped.
type trimmer struct {
	stream    trimmed
	ends      ends
	positions positions
	rebuild   time.Duration // how far before its position a counter reads again
	log       *slog.Logger
}

// Parts of max_bytes.
const (
	crowdedStream = 0.75 // what no rebuild needs is dropped
	tightStream   = 0.9  // half of what is counted is dropped, though a rebuild needs it
)

const (
	trimEvery = 15 * time.Second
	// trimMargin is for a snapshot of the counter that is older than its position.
	trimMargin = time.Hour
)

func newTrimmer(b *bus.Bus, p positions, rebuild time.Duration, log *slog.Logger) *trimmer {
	return &trimmer{stream: b, ends: b, positions: p, rebuild: rebuild, log: log}
}

func (m *trimmer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := m.look(ctx); err != nil && ctx.Err() == nil {
			m.log.Warn("stream: could not see whether it has room; it is tried again", "error", err)
		}
		wait(ctx, trimEvery)
	}
	return nil
}

// look trims when the stream is crowded.
func (m *trimmer) look(ctx context.Context) error {
	e, err := m.stream.Extent(ctx)
	if err != nil || e.MaxBytes == 0 || float64(e.Bytes) < crowdedStream*float64(e.MaxBytes) {
		return err
	}
	counted, since, err := m.counted(ctx, e)
	if err != nil {
		return err
	}
	to, err := m.stream.Before(ctx, e, since.Add(-m.rebuild-trimMargin))
	if err != nil {
		return err
	}
	to = min(to, counted)
	if tight := float64(e.Bytes) >= tightStream*float64(e.MaxBytes); tight && to < e.First && counted >= e.First {
		to = e.First + (counted-e.First)/2
		m.log.Warn("stream: so full that counted signals are dropped which a restart would have read again; until then nothing changes, after one, people who repeat themselves may count as new. Give it more max_bytes",
			"bytes", e.Bytes, "max_bytes", e.MaxBytes)
	}
	if to < e.First {
		m.log.Warn("stream: fills up, and nothing can be dropped yet", "bytes", e.Bytes, "max_bytes", e.MaxBytes, "first", e.First, "counted", counted, "last", e.Last)
		return nil
	}
	if err := m.stream.Trim(ctx, to); err != nil {
		return err
	}
	m.log.Info("stream: dropped counted messages to make room", "from", e.First, "to", to, "bytes", e.Bytes, "max_bytes", e.MaxBytes)
	return nil
}

// counted is the last message of the extent of which, and of all before, every
// partition is counted; and the instant from which a counter would look back.
func (m *trimmer) counted(ctx context.Context, e bus.Extent) (seq uint64, since time.Time, err error) {
	seq, since = e.Last, time.Now()
	for n := range m.ends.Partitions() {
		last, err := m.ends.Last(ctx, n)
		if err != nil {
			return 0, since, err
		}
		pos, _, at, err := m.positions.Position(ctx, n)
		if err != nil {
			return 0, since, err
		}
		if at.Before(since) {
			since = at
		}
		known, err := knownBirth(ctx, m.positions, n)
		if err != nil {
			return 0, since, err
		}
		switch {
		case known != birth(e) || pos > e.Last: // of another stream: its counter has not been here yet
			return 0, since, nil
		case pos < last:
			seq = min(seq, pos)
		}
	}
	return seq, since, nil
}
