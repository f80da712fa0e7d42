package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// CommitTallies adds the deltas, and moves the partition's position from `from`
// to `to`, in one transaction: either both are on disk or neither. complete is
// the tick up to which every signal of the partition is counted; it never moves
// back.
//
// CodeConflict when the position is not `from`: another counter owns the
// partition, or an earlier attempt whose answer was lost did commit. With
// to equal to from only complete may move, so deltas are CodeInvalid.
func (s *Store) CommitTallies(ctx context.Context, partition int, from, to uint64, complete outcry.Tick, deltas []outcry.Tally) error {
	if err := checkCommit(partition, from, to, deltas); err != nil {
		return err
	}
	if err := s.writable(); err != nil {
		return err
	}
	if err := s.numberStreams(ctx, deltas); err != nil {
		return err
	}
	batch := s.numbered(deltas)
	return s.write(ctx, "committing tallies", func(t *txn) error {
		if err := t.movePosition(partition, from, to, complete); err != nil {
			return err
		}
		return t.addTallies(partition, batch)
	})
}

func checkCommit(partition int, from, to uint64, deltas []outcry.Tally) error {
	switch {
	case partition < 0:
		return outcry.FieldErrorf("partition", "%d is negative", partition)
	case to < from || to > math.MaxInt64:
		return outcry.FieldErrorf("to", "position cannot move from %d to %d", from, to)
	case to == from && len(deltas) > 0:
		return outcry.FieldErrorf("deltas", "tallies without a step of the position could be counted twice")
	}
	return nil
}

func (t *txn) movePosition(partition int, from, to uint64, complete outcry.Tick) error {
	moved, err := t.exec(`UPDATE positions SET seq = $1, complete = CASE WHEN complete < $2 THEN $2 ELSE complete END
		WHERE part = $3 AND seq = $4`, int64(to), int64(complete), partition, int64(from))
	if err == nil && moved == 0 && from == 0 {
		moved, err = t.exec(`INSERT INTO positions (part, seq, complete) VALUES ($1, $2, $3) ON CONFLICT (part) DO NOTHING`,
			partition, int64(to), int64(complete))
	}
	return must(moved, err, "partition %d is not at position %d", partition, from)
}

// Rewind sets the partition's position back from `from` to `to`: its stream was
// replaced by one that has less. CodeConflict when the position is not `from`.
func (s *Store) Rewind(ctx context.Context, partition int, from, to uint64) error {
	if to > from {
		return outcry.FieldErrorf("to", "position %d cannot be set back to %d", from, to)
	}
	if err := s.writable(); err != nil {
		return err
	}
	return s.write(ctx, "setting a position back", func(t *txn) error {
		moved, err := t.exec("UPDATE positions SET seq = $1 WHERE part = $2 AND seq = $3", int64(to), partition, int64(from))
		return must(moved, err, "partition %d is not at position %d", partition, from)
	})
}

// Position tells how far the partition is counted: the last sequence number,
// the complete tick, and the instant (the end of that tick, in stream time) from
// which a counter re-reads its memory backwards. All are zero of a partition
// that was never committed.
func (s *Store) Position(ctx context.Context, partition int) (seq uint64, complete outcry.Tick, at time.Time, err error) {
	var n int64
	err = s.reader.QueryRowContext(ctx, "SELECT seq, complete FROM positions WHERE part = $1", partition).Scan(&n, &complete)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, time.Time{}, nil
	}
	if err != nil {
		return 0, 0, time.Time{}, s.fail(err, "reading the position")
	}
	if complete != 0 {
		at = complete.End()
	}
	return uint64(n), complete, at, nil
}

// row is a tally under its stream's number.
type row struct {
	stream int64
	outcry.Tally
}

func (r row) compare(o row) int {
	return cmp.Or(cmp.Compare(r.stream, o.stream), cmp.Compare(r.Tick, o.Tick))
}

// numbered gives the deltas as rows in the order of the table, one per stream
// and tick. It leaves the caller's slices alone.
func (s *Store) numbered(deltas []outcry.Tally) []row {
	rows := make([]row, len(deltas))
	for i, d := range deltas {
		id, _ := s.streams.id(streamKey{d.Service, d.Kind}) // numberStreams saw to it
		rows[i] = row{id, d}
		if !slices.IsSortedFunc(d.Cells, compareCells) {
			rows[i].Cells = slices.SortedFunc(slices.Values(d.Cells), compareCells)
		}
	}
	slices.SortStableFunc(rows, row.compare)
	return mergeRows(rows)
}

func compareCells(a, b outcry.Cell) int { return a.CellKey.Compare(b.CellKey) }

// mergeRows adds neighbours of one stream and tick together, in place.
func mergeRows(rows []row) []row {
	out := rows[:0]
	for _, r := range rows {
		if n := len(out); n > 0 && out[n-1].compare(r) == 0 {
			out[n-1].Cells = slices.Clone(out[n-1].Cells)
			out[n-1].Add(r.Tally)
			continue
		}
		out = append(out, r)
	}
	return out
}
