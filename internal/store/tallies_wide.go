package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// wideStmts read and write n rows of tallies at once: on SQLite the calls, on
// PostgreSQL the round trips, cost more than the rows.
type wideStmts struct {
	n          int
	read, save *sql.Stmt
}

const (
	countColumns = "total, bad, unsure, persons, fresh, networks, strange"
	tallyColumns = "stream, tick, part, " + countColumns + ", cells"
	tallyWidth   = 11
)

// prepareWide prepares the statements for wide and for narrow commits.
func (s *Store) prepareWide(ctx context.Context) error {
	for _, n := range []int{128, 16, 1} {
		read, err := s.writer.PrepareContext(ctx, readWide(n)+s.engine.forUpdate)
		if err != nil {
			return s.fail(err, "preparing to read tallies")
		}
		save, err := s.writer.PrepareContext(ctx, saveWide(n))
		if err != nil {
			return s.fail(err, "preparing to write tallies")
		}
		s.wide = append(s.wide, wideStmts{n, read, save})
	}
	return nil
}

// readWide selects partition $1's rows of n pairs of stream and tick. CROSS JOIN
// keeps SQLite from scanning tallies to look its rows up among the pairs.
func readWide(n int) string {
	var b strings.Builder
	b.WriteString("WITH k (stream, tick) AS (VALUES (CAST($2 AS BIGINT), CAST($3 AS BIGINT))")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, ", ($%d, $%d)", 2*i+2, 2*i+3)
	}
	b.WriteString(") SELECT t.stream, t.tick, t." + strings.ReplaceAll(countColumns, ", ", ", t.") + `, t.cells
		FROM k CROSS JOIN tallies t WHERE t.stream = k.stream AND t.tick = k.tick AND t.part = $1`)
	return b.String()
}

func saveWide(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = placeholders(tallyWidth*i+1, tallyWidth)
	}
	return "INSERT INTO tallies (" + tallyColumns + ") VALUES " + strings.Join(rows, ", ") +
		" ON CONFLICT (stream, tick, part) DO UPDATE SET " + replaceAll(countColumns+", cells")
}

// placeholders gives "($first, …)" for n arguments.
func placeholders(first, n int) string {
	p := make([]string, n)
	for i := range p {
		p[i] = fmt.Sprintf("$%d", first+i)
	}
	return "(" + strings.Join(p, ", ") + ")"
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
	for _, w := range t.wide {
		for len(rows) >= w.n {
			if err := t.addChunk(w, codec, partition, rows[:w.n]); err != nil {
				return err
			}
			rows = rows[w.n:]
		}
	}
	return nil
}

func (t *txn) addChunk(w wideStmts, codec *cellCodec, partition int, chunk []row) error {
	args := make([]any, 1, 1+2*w.n)
	args[0] = int64(partition)
	for _, r := range chunk {
		args = append(args, r.stream, int64(r.Tick))
	}
	rows, err := t.tx.StmtContext(t.ctx, w.read).QueryContext(t.ctx, args...)
	err = eachRow(rows, err, func(rows *sql.Rows) error { return mergeStored(rows, codec, chunk) })
	if err != nil {
		return err
	}
	args = make([]any, 0, tallyWidth*w.n)
	for _, r := range chunk {
		args = append(args, r.stream, int64(r.Tick), int64(partition))
		args = appendCounts(args, &r.Tally)
		args = append(args, codec.encode(r.Cells))
	}
	_, err = t.tx.StmtContext(t.ctx, w.save).ExecContext(t.ctx, args...)
	return err
}

// mergeStored adds the row of the chunk to the stored one that was just read,
// and puts the sum in its place.
func mergeStored(rows *sql.Rows, codec *cellCodec, chunk []row) error {
	var old row
	var n counts
	if err := rows.Scan(append([]any{&old.stream, &old.Tick}, n.into()...)...); err != nil {
		return err
	}
	if err := n.fill(&old.Tally, codec); err != nil {
		return err
	}
	i, found := slices.BinarySearchFunc(chunk, old, row.compare)
	if !found {
		return outcry.Errorf(outcry.CodeInternal, "a tally came back that was not asked for")
	}
	old.Add(chunk[i].Tally)
	old.Service, old.Kind = chunk[i].Service, chunk[i].Kind
	chunk[i] = old
	return nil
}
