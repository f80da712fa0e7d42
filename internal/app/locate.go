package app

import (
	"context"
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
)

// locate finds where to go on. A position is a number of one stream; when that
// one was lost, or an older copy of it brought back, the number would point past
// what is there, and what comes next would be passed over without a word. So
// the position is then set back to the end of what is there and counted, and
// this is said.
func (c *counter) locate(ctx context.Context) (pos uint64, complete outcry.Tick, at time.Time, err error) {
	if pos, complete, at, err = c.book.Position(ctx, c.partition); err != nil {
		return 0, 0, at, fmt.Errorf("find the position of partition %d: %w", c.partition, err)
	}
	known, err := knownBirth(ctx, c.memory, c.partition)
	if err != nil {
		return 0, 0, at, err
	}
	e, err := c.place.Extent(ctx)
	if err != nil {
		return 0, 0, at, err
	}
	c.born = e.Born
	to, why := foothold(pos, known, e)
	if to != pos {
		c.log.Error("counter: the stream is not as it was counted; signals that were acknowledged and not counted before are lost, all that it has now is counted",
			"why", why, "partition", c.partition, "position", pos, "goes_on_after", to, "counted_up_to", at)
		if err := c.book.Rewind(ctx, c.partition, pos, to); err != nil {
			return 0, 0, at, fmt.Errorf("set the position of partition %d back: %w", c.partition, err)
		}
	}
	if birth(e) == known {
		return to, complete, at, nil
	}
	if err := c.memory.PutSetting(ctx, bornKey(c.partition), []byte(birth(e))); err != nil {
		return 0, 0, at, fmt.Errorf("keep which stream partition %d is counted of: %w", c.partition, err)
	}
	return to, complete, at, nil
}

// foothold says after which message to go on, and why it is not the position.
func foothold(pos uint64, known string, e bus.Extent) (to uint64, why string) {
	switch {
	case pos == 0:
		return 0, ""
	case known != "" && known != birth(e):
		return 0, fmt.Sprintf("it was made at %s, the one that was counted at %s", birth(e), known)
	case pos > e.Last:
		return e.Last, fmt.Sprintf("it ends at message %d", e.Last)
	}
	return pos, ""
}

func birth(e bus.Extent) string { return e.Born.Format(time.RFC3339Nano) }

// knownBirth is that of the stream that the partition was last counted of; none
// before the first time.
func knownBirth(ctx context.Context, s settingReader, partition int) (string, error) {
	known, err := s.Setting(ctx, bornKey(partition))
	if err != nil && outcry.CodeOf(err) != outcry.CodeNotFound {
		return "", fmt.Errorf("find the stream that partition %d was counted of: %w", partition, err)
	}
	return string(known), nil
}

type settingReader interface {
	Setting(ctx context.Context, key string) ([]byte, error)
}

// bornKey is the setting that says which stream a partition is counted of.
func bornKey(partition int) string { return fmt.Sprintf("stream.%d", partition) }

// same fails with CodeConflict when the stream has been replaced while it was
// read, or has lost its end.
func (c *counter) same(ctx context.Context, seen uint64) error {
	e, err := c.place.Extent(ctx)
	if err != nil {
		return nil //nolint:nilerr // it cannot be reached now; whoever reads it says so
	}
	if e.Born.Equal(c.born) && seen <= e.Last {
		return nil
	}
	return outcry.Errorf(outcry.CodeConflict, "the stream was replaced while it was read: it was made at %s and ends at message %d; the one that was read was made at %s and had %d",
		birth(e), e.Last, c.born.Format(time.RFC3339Nano), seen)
}
