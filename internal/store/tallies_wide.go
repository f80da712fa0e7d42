package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// wideStmt takes n things at once: on SQLite the calls, on PostgreSQL the round
// trips, cost more than the rows.
type wideStmt struct {
	n int
	*sql.Stmt
}

const (
	countColumns = "total, bad, unsure, persons, fresh, networks, strange, hourly"
	tallyColumns = "stream, tick, part, " + countColumns + ", cells"
	tallyWidth   = 12
)

// prepareWide prepares the statements of commits, widest first.
func (s *Store) prepareWide(ctx context.Context) error {
	for _, n := range []int{128, 16, 1} {
		read, err := s.writer.PrepareContext(ctx, readWide(s.engine, n)+s.engine.forUpdate)
		if err != nil {
			return s.fail(err, "preparing to read tallies")
		}
		save, err := s.writer.PrepareContext(ctx, saveWide(s.engine, n))
		if err != nil {
			return s.fail(err, "preparing to write tallies")
		}
		s.read = append(s.read, wideStmt{n, read})
		s.save = append(s.save, wideStmt{n, save})
	}
	return nil
}

// readWide selects one partition's rows of n streams in a range of ticks. A join
// with the exact keys would read fewer, but PostgreSQL, planning it while the
// table is new and empty, may decide to read the whole table every time.
func readWide(e engine, n int) string {
	return "SELECT stream, tick, " + countColumns + ", cells FROM tallies WHERE part = " + e.arg(1) +
		" AND tick >= " + e.arg(2) + " AND tick <= " + e.arg(3) + " AND stream IN " + e.args(4, n)
}

func saveWide(e engine, n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = e.args(tallyWidth*i+1, tallyWidth)
	}
	return "INSERT INTO tallies (" + tallyColumns + ") VALUES " + strings.Join(rows, ", ") +
		" ON CONFLICT (stream, tick, part) DO UPDATE SET " + replaceAll(countColumns+", cells")
}

// replaceAll gives the SET list that takes the new row's values for the columns.
func replaceAll(columns string) string {
	set := strings.Split(columns, ", ")
	for i, c := range set {
		set[i] = c + " = excluded." + c
	}
	return strings.Join(set, ", ")
}

// addTallies adds sorted rows to those that are there.
func (t *txn) addTallies(partition int, rows []row) error {
	codec := newCellCodec()
	for _, span := range spansOf(rows) {
		if err := t.mergeSpan(codec, partition, span, rows); err != nil {
			return err
		}
	}
	for _, save := range t.save {
		for len(rows) >= save.n {
			if err := t.saveRows(save, codec, partition, rows[:save.n]); err != nil {
				return err
			}
			rows = rows[save.n:]
		}
	}
	return nil
}

func (t *txn) saveRows(save wideStmt, codec *cellCodec, partition int, rows []row) error {
	args := make([]any, 0, tallyWidth*save.n)
	for _, r := range rows {
		args = append(args, r.stream, int64(r.Tick), int64(partition))
		args = appendCounts(args, &r.Tally)
		args = append(args, codec.encode(r.Cells))
	}
	return t.on(save.Stmt, func(st *sql.Stmt) error { _, err := st.ExecContext(t.ctx, args...); return err })
}

// span is a range of ticks, ends included, in which rows are close together.
type span struct {
	first, last outcry.Tick
	streams     []int64
}

// spanGap is how many ticks apart rows may be to be read in one go: a few
// stragglers must not make a commit read all that lies between.
const spanGap = 30

// spansOf groups rows by when they are.
func spansOf(rows []row) []span {
	at := make([]*row, len(rows))
	for i := range rows {
		at[i] = &rows[i]
	}
	slices.SortFunc(at, func(a, b *row) int { return cmp.Or(cmp.Compare(a.Tick, b.Tick), cmp.Compare(a.stream, b.stream)) })
	var spans []span
	var seen map[int64]bool
	for _, r := range at {
		if n := len(spans); n == 0 || r.Tick > spans[n-1].last+spanGap {
			spans, seen = append(spans, span{first: r.Tick}), map[int64]bool{}
		}
		s := &spans[len(spans)-1]
		s.last = r.Tick
		if !seen[r.stream] {
			seen[r.stream] = true
			s.streams = append(s.streams, r.stream)
		}
	}
	return spans
}

// mergeSpan adds what is stored in the span to the rows that will replace it.
func (t *txn) mergeSpan(codec *cellCodec, partition int, sp span, rows []row) error {
	merge := func(r *sql.Rows) error { return mergeStored(r, codec, rows) }
	for streams := sp.streams; len(streams) > 0; {
		read := fitting(t.read, len(streams))
		now := streams[:min(read.n, len(streams))]
		args := append(make([]any, 0, 3+read.n), int64(partition), int64(sp.first), int64(sp.last))
		for i := range read.n {
			args = append(args, now[min(i, len(now)-1)]) // the last one fills the list up
		}
		err := t.on(read.Stmt, func(st *sql.Stmt) error {
			stored, err := st.QueryContext(t.ctx, args...)
			return eachRow(stored, err, merge)
		})
		if err != nil {
			return err
		}
		streams = streams[len(now):]
	}
	return nil
}

// fitting gives the narrowest statement that takes n, or the widest.
func fitting(widestFirst []wideStmt, n int) wideStmt {
	for _, st := range slices.Backward(widestFirst) {
		if st.n >= n {
			return st
		}
	}
	return widestFirst[0]
}

// mergeStored adds the row that was just read to the one that will replace it,
// if there is one.
func mergeStored(stored *sql.Rows, codec *cellCodec, rows []row) error {
	var old row
	var n counts
	if err := stored.Scan(append([]any{&old.stream, (*int64)(&old.Tick)}, n.into()...)...); err != nil {
		return err
	}
	i, found := slices.BinarySearchFunc(rows, old, row.compare)
	if !found {
		return nil
	}
	if err := n.fill(&old.Tally, codec); err != nil {
		return err
	}
	old.Add(rows[i].Tally)
	old.Service, old.Kind = rows[i].Service, rows[i].Kind
	rows[i] = old
	return nil
}
