package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Retention says how long each width of counts, and the rest, is kept. Zero
// keeps it for good.
type Retention struct {
	Ticks     time.Duration // ten-second rows, then five-minute rows
	Minutes   time.Duration // five-minute rows, then hourly rows
	Hours     time.Duration // hourly rows, then nothing
	Incidents time.Duration // incidents, after they closed
	Notices   time.Duration // notices, after they were queued, that are done
	Comments  time.Duration // comments, after they were written, in whatever state
	// Salts are keys of pseudonyms: how long each is kept after Retain first met
	// it, by its period's class, which is the name up to the first dash. A class
	// that is not named is kept for good.
	Salts map[string]time.Duration
}

// DefaultRetention keeps a week in full, two months in five minutes, thirteen
// months in hours (so that a month can be compared with last year's), and every
// incident. It costs about what BenchmarkServiceYear prints.
func DefaultRetention() Retention {
	const day = 24 * time.Hour
	return Retention{Ticks: 7 * day, Minutes: 60 * day, Hours: 396 * day, Notices: 90 * day}
}

// The widths of roll-ups, in ticks. Their numbers are stored; they never change.
const (
	fiveMinutes = 30
	oneHour     = 360
)

// stage is one step of ageing: rows of one width past an age become rows of
// another, or nothing.
type stage struct {
	from, to outcry.Tick // widths; from 1: the table tallies, to 0: deleted
	age      time.Duration
	chunk    outcry.Tick // how many ticks' rows one transaction takes
}

func (r Retention) stages() []stage {
	return []stage{
		{from: 1, to: fiveMinutes, age: r.Ticks, chunk: 6 * oneHour},
		{from: fiveMinutes, to: oneHour, age: r.Minutes, chunk: 7 * 24 * oneHour},
		{from: oneHour, to: 0, age: r.Hours, chunk: 90 * 24 * oneHour},
	}
}

// Retain rolls up and deletes what is older at now than r keeps. It works in
// transactions of a few milliseconds, each of which moves counts whole, so it
// may be stopped, killed, repeated, and run by several instances at any time.
func (s *Store) Retain(ctx context.Context, now time.Time, r Retention) error {
	if err := s.loadStreams(ctx); err != nil {
		return err
	}
	for _, st := range r.stages() {
		if st.age <= 0 {
			continue
		}
		if err := s.ageAll(ctx, st, cutoff(now, st)); err != nil {
			return err
		}
	}
	if err := s.forget(ctx, now, r); err != nil || s.engine.shrink == "" {
		return err
	}
	_, err := s.writer.ExecContext(ctx, s.engine.shrink)
	return s.fail(err, "giving space back to the disk")
}

// cutoff is the tick before which rows are past the stage's age, rounded down
// to whole rows of the new width.
func cutoff(now time.Time, st stage) outcry.Tick {
	width := max(st.to, 1)
	return floor(outcry.TickOf(now.Add(-st.age)), width)
}

func floor(t, width outcry.Tick) outcry.Tick { return t - ((t%width)+width)%width }

func (s *Store) ageAll(ctx context.Context, st stage, before outcry.Tick) error {
	for _, stream := range s.streams.all() {
		for more := true; more; {
			var err error
			if more, err = s.ageSome(ctx, st, stream, before); err != nil {
				return err
			}
		}
	}
	return nil
}

// ageSome moves one chunk of one stream's oldest rows, and reports whether
// there was one.
func (s *Store) ageSome(ctx context.Context, st stage, stream int64, before outcry.Tick) (bool, error) {
	var oldest sql.NullInt64
	err := s.reader.QueryRowContext(ctx, "SELECT MIN(tick) FROM "+st.source()+" AND tick < $3", stream, int64(st.from), int64(before)).Scan(&oldest)
	if err != nil || !oldest.Valid {
		return false, s.fail(err, "looking for old counts")
	}
	from := outcry.Tick(oldest.Int64)
	end := min(before, floor(from, max(st.to, 1))+st.chunk)
	return true, s.write(ctx, "ageing counts", func(t *txn) error { return t.age(st, stream, from, end) })
}

// source names the stage's rows of stream $1; $2 is their width.
func (st stage) source() string {
	if st.from == 1 {
		return "tallies WHERE stream = $1 AND CAST($2 AS BIGINT) = 1"
	}
	return "rollups WHERE stream = $1 AND width = $2"
}

// age deletes the rows of [from, end) and adds what they held to those of the
// new width.
func (t *txn) age(st stage, stream int64, from, end outcry.Tick) error {
	if t.engine.alone != "" {
		if _, err := t.exec(t.engine.alone); err != nil {
			return err
		}
	}
	sums, codec := rollupSums{}, newCellCodec()
	err := t.each(sums.adder(st.to, codec), "DELETE FROM "+st.source()+" AND tick >= $3 AND tick < $4 RETURNING tick, "+countColumns+", cells",
		stream, int64(st.from), int64(from), int64(end))
	if err != nil || st.to == 0 {
		return err
	}
	err = t.each(sums.adder(st.to, codec), "SELECT tick, "+countColumns+", cells FROM rollups WHERE stream = $1 AND width = $2 AND tick >= $3 AND tick < $4",
		stream, int64(st.to), int64(floor(from, st.to)), int64(end))
	if err != nil {
		return err
	}
	return t.saveRollups(st, stream, sums, codec)
}

func (t *txn) saveRollups(st stage, stream int64, sums rollupSums, codec *cellCodec) error {
	for _, tick := range sums.ticks() {
		sum := sums[tick]
		args := appendCounts([]any{stream, int64(st.to), int64(tick)}, &sum.Tally)
		args = append(args, codec.encode(sum.cells.sorted()))
		_, err := t.exec("INSERT INTO rollups (stream, width, tick, "+countColumns+", cells) VALUES "+t.engine.args(1, tallyWidth)+
			" ON CONFLICT (stream, width, tick) DO UPDATE SET "+replaceAll(countColumns+", cells"), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// rollupSums are roll-ups in the making, by the tick that they begin with.
type rollupSums map[outcry.Tick]*rollupSum

type rollupSum struct {
	outcry.Tally
	cells cellSum
}

// adder gives a scan that adds rows to the sums of the width.
func (m rollupSums) adder(width outcry.Tick, codec *cellCodec) func(*sql.Rows) error {
	var n counts
	return func(rows *sql.Rows) error {
		var t outcry.Tally
		if err := rows.Scan(append([]any{(*int64)(&t.Tick)}, n.into()...)...); err != nil {
			return err
		}
		if err := n.fill(&t, codec); err != nil || width == 0 {
			return err
		}
		begin := floor(t.Tick, width)
		sum := m[begin]
		if sum == nil {
			sum = &rollupSum{cells: cellSum{}}
			m[begin] = sum
		}
		sum.cells.add(t.Cells)
		t.Cells = nil
		sum.Add(t)
		return nil
	}
}

func (m rollupSums) ticks() []outcry.Tick {
	ticks := make([]outcry.Tick, 0, len(m))
	for t := range m {
		ticks = append(ticks, t)
	}
	slices.Sort(ticks)
	return ticks
}

// forget deletes incidents, notices, comments, subscribers and salts that are past keeping.
func (s *Store) forget(ctx context.Context, now time.Time, r Retention) error {
	ago := func(d time.Duration) int64 { return millis(now.Add(-d)) }
	type step struct {
		keep  time.Duration
		doing string
		query string
		args  []any
	}
	steps := []step{
		{r.Incidents, "deleting old incidents", "DELETE FROM incidents WHERE is_open = 0 AND closed < $1", []any{ago(r.Incidents)}},
		{r.Notices, "deleting old notices", "DELETE FROM notices WHERE due IS NULL AND created < $1", []any{ago(r.Notices)}},
		{1, "forgetting subscribers who have waited for too long", "DELETE FROM subscribers WHERE expires < $1", []any{millis(now)}},
		{r.Comments, "deleting old comments", "DELETE FROM comments WHERE at < $1", []any{ago(r.Comments)}},
		{staleAlert, "forgetting alerts that are not told of any more", "DELETE FROM alerts WHERE seen < $1", []any{ago(staleAlert)}},
	}
	for _, class := range slices.Sorted(maps.Keys(r.Salts)) {
		keep, names := r.Salts[class], class+"-%"
		steps = append(steps, step{keep, "dating new salts", "UPDATE salts SET seen = $1 WHERE seen = 0 AND period LIKE $2", []any{millis(now), names}},
			step{keep, "deleting old salts", "DELETE FROM salts WHERE seen > 0 AND seen < $1 AND period LIKE $2", []any{ago(keep), names}})
	}
	for _, st := range steps {
		if st.keep <= 0 {
			continue
		}
		err := s.write(ctx, st.doing, func(t *txn) error { _, err := t.exec(st.query, st.args...); return err })
		if err != nil {
			return err
		}
	}
	return nil
}
