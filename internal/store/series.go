package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/outcry/outcry"
)

// maxBins bounds what one call of Series may ask for.
const maxBins = 200_000

// Bin is one bar of a chart: the sums of [At, At+step).
type Bin struct {
	At time.Time
	outcry.Counts
}

// Series sums one service's counts into bins of the step, a multiple of
// outcry.TickLength, from `from` (rounded down to a tick) until `to`; every bin
// is there, empty or not. An empty service means all, kind 0 every kind. Counts
// that have been rolled up fall, whole, into the bin of their roll-up's start:
// for times past Retention.Ticks use steps of five minutes and whole ones, past
// Retention.Minutes of an hour.
func (s *Store) Series(ctx context.Context, service string, kind outcry.Kind, from, to time.Time, step time.Duration) ([]Bin, error) {
	if step < outcry.TickLength || step%outcry.TickLength != 0 {
		return nil, outcry.FieldErrorf("step", "%v is not a multiple of %v", step, outcry.TickLength)
	}
	first, end, width := outcry.TickOf(from), outcry.TickOf(to.Add(outcry.TickLength-1)), outcry.Ticks(step)
	if end < first || (end-first)/width > maxBins {
		return nil, outcry.FieldErrorf("to", "want 0 to %d steps from the start", maxBins)
	}
	bins := make([]Bin, (end-first+width-1)/width)
	for i := range bins {
		bins[i].At = (first + outcry.Tick(i)*width).Start()
	}
	var n counts
	err := s.each(ctx, func(rows *sql.Rows) error {
		var i int64
		if err := rows.Scan(&i, &n.n[0], &n.n[1], &n.n[2], &n.n[3], &n.n[4]); err != nil {
			return err
		}
		bins[i].Add(n.counts())
		return nil
	}, seriesOf("tallies")+" UNION ALL "+seriesOf("rollups"), service, int64(kind), int64(first), int64(end), int64(width))
	if err != nil {
		return nil, s.fail(err, "reading a series of counts")
	}
	return bins, nil
}

// seriesOf sums a table's rows by their bin's number.
func seriesOf(table string) string {
	sum := func(c string) string { return ", CAST(SUM(" + c + ") AS BIGINT)" }
	return "SELECT (tick - CAST($3 AS BIGINT)) / CAST($5 AS BIGINT) AS bin" +
		sum("total") + sum("bad") + sum("unsure") + sum("persons") + sum("fresh") +
		" FROM " + table + " WHERE stream IN (" + ofStreams + ") AND tick >= $3 AND tick < $4 GROUP BY bin"
}

// Scopes sums the cells of the range: how many signals came from where and said
// what. Roll-ups count whole if they begin in the range. An empty service means
// all, kind 0 every kind.
func (s *Store) Scopes(ctx context.Context, service string, kind outcry.Kind, from, to time.Time) ([]outcry.Cell, error) {
	codec, sum := newCellCodec(), cellSum{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var blob sql.RawBytes
		if err := rows.Scan(&blob); err != nil {
			return err
		}
		cells, err := codec.decode(blob)
		sum.add(cells)
		return err
	}, cellsOf("tallies")+" UNION ALL "+cellsOf("rollups"),
		service, int64(kind), int64(outcry.TickOf(from)), int64(outcry.TickOf(to.Add(outcry.TickLength-1))))
	if err != nil {
		return nil, s.fail(err, "reading the scopes of counts")
	}
	return sum.sorted(), nil
}

func cellsOf(table string) string {
	return "SELECT cells FROM " + table + " WHERE stream IN (" + ofStreams + ") AND tick >= $3 AND tick < $4 AND cells IS NOT NULL"
}
