package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/outcry/outcry"
)

// TallyQuery selects tallies.
type TallyQuery struct {
	Service  string      // empty: all
	Kind     outcry.Kind // 0: all
	From, To outcry.Tick // half open
	Cells    bool        // with their cells, at about twice the cost
}

// Tallies gives the ten-second rows of the range, merged over partitions, in
// the order of tick, service, kind; ticks without signals have none. What
// Retain has rolled up is only in [Store.Series] and [Store.Scopes].
func (s *Store) Tallies(ctx context.Context, q TallyQuery) ([]outcry.Tally, error) {
	r := tallyReader{store: s}
	columns := countColumns + ", NULL"
	if q.Cells {
		r.codec = newCellCodec()
		columns = countColumns + ", cells"
	}
	err := s.each(ctx, r.scan, "SELECT stream, tick, "+columns+` FROM tallies
		WHERE stream IN (`+ofStreams+`) AND tick >= $3 AND tick < $4 ORDER BY stream, tick`,
		q.Service, int64(q.Kind), int64(q.From), int64(q.To))
	if err == nil {
		err = r.name(ctx)
	}
	if err != nil {
		return nil, s.fail(err, "reading tallies")
	}
	slices.SortFunc(r.out, compareTallies)
	return r.out, nil
}

// ofStreams selects the numbers of service $1 (or all) and kind $2 (or all).
const ofStreams = `SELECT id FROM streams WHERE (CAST($1 AS TEXT) = '' OR service = $1) AND (CAST($2 AS INTEGER) = 0 OR kind = $2)`

func compareTallies(a, b outcry.Tally) int {
	return cmp.Or(cmp.Compare(a.Tick, b.Tick), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Kind, b.Kind))
}

// tallyReader collects rows that come in the order of stream and tick.
type tallyReader struct {
	store *Store
	codec *cellCodec // nil: without cells
	out   []outcry.Tally
	runs  []streamRun
	n     counts
}

// streamRun says that the tallies from `start` on are of the stream.
type streamRun struct {
	stream int64
	start  int
}

func (r *tallyReader) scan(rows *sql.Rows) error {
	var stream int64
	var t outcry.Tally
	into := append([]any{&stream, (*int64)(&t.Tick)}, r.n.into()...)
	if err := rows.Scan(into...); err != nil {
		return err
	}
	if err := r.n.fill(&t, r.codec); err != nil {
		return err
	}
	if n := len(r.runs); n == 0 || r.runs[n-1].stream != stream {
		r.runs = append(r.runs, streamRun{stream, len(r.out)})
	} else if last := &r.out[len(r.out)-1]; last.Tick == t.Tick {
		last.Add(t) // another partition's
		return nil
	}
	r.out = append(r.out, t)
	return nil
}

// name fills in what the numbers of the streams stand for.
func (r *tallyReader) name(ctx context.Context) error {
	end := len(r.out)
	for _, run := range slices.Backward(r.runs) {
		key, err := r.store.streamKey(ctx, run.stream)
		if err != nil {
			return err
		}
		for i := run.start; i < end; i++ {
			r.out[i].Service, r.out[i].Kind = key.service, key.kind
		}
		end = run.start
	}
	return nil
}
