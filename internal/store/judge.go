package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/outcry/outcry"
)

// Judged says which ticks an [Store.Apply] is about: those after Prev up to and
// including Tick. The zero Judged is a change by people.
type Judged struct {
	Prev outcry.Tick // the last tick applied before, 0 the first time
	Tick outcry.Tick
	// Snapshot is the judge's whole memory after Tick, by name; nil leaves the
	// one that is stored.
	Snapshot map[string][]byte
}

func (j Judged) byPeople() bool { return j.Prev == 0 && j.Tick == 0 && j.Snapshot == nil }

// JudgeState is where the judge stands.
type JudgeState struct {
	Tick       outcry.Tick // last tick judged and applied; 0 never
	SnapshotAt outcry.Tick // tick that Snapshot stands at; 0 never. Ticks between are judged again, in silence, to catch up
	Snapshot   map[string][]byte
}

// LoadJudge gives the last judged tick and the memory saved last.
func (s *Store) LoadJudge(ctx context.Context) (JudgeState, error) {
	st := JudgeState{Snapshot: map[string][]byte{}}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var name sql.NullString
		var data []byte
		if err := rows.Scan(&st.Tick, &st.SnapshotAt, &name, &data); err != nil {
			return err
		}
		if name.Valid {
			st.Snapshot[name.String] = data
		}
		return nil
	}, "SELECT j.tick, j.snapshot, m.name, m.data FROM judge j LEFT JOIN judge_memory m ON 1 = 1 WHERE j.id = 1")
	return st, s.fail(err, "reading the judge's memory")
}

// SaveJudge stores the judge's memory at the tick that it judged last.
// CodeConflict when another judge has gone on.
func (s *Store) SaveJudge(ctx context.Context, tick outcry.Tick, memory map[string][]byte) error {
	if memory == nil {
		memory = map[string][]byte{}
	}
	return s.Apply(ctx, Judged{Prev: tick, Tick: tick, Snapshot: memory}, nil)
}

// moveJudge is the fence: of those who judged from one Prev, one gets through.
func (t *txn) moveJudge(j Judged) error {
	if j.Tick < j.Prev || (j.Tick == j.Prev && j.Snapshot == nil) {
		return outcry.FieldErrorf("tick", "the judge cannot move from tick %d to %d", j.Prev, j.Tick)
	}
	moved, err := t.exec("UPDATE judge SET tick = $1 WHERE id = 1 AND tick = $2", int64(j.Tick), int64(j.Prev))
	if err := must(moved, err, "the last judged tick is not %d", j.Prev); err != nil || j.Snapshot == nil {
		return err
	}
	return t.saveMemory(j.Tick, j.Snapshot)
}

func (t *txn) saveMemory(tick outcry.Tick, memory map[string][]byte) error {
	if _, err := t.exec("UPDATE judge SET snapshot = $1 WHERE id = 1", int64(tick)); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM judge_memory"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(memory)) {
		data := memory[name]
		if data == nil {
			data = []byte{} // a nil slice would be NULL
		}
		if _, err := t.exec("INSERT INTO judge_memory (name, data) VALUES ($1, $2)", name, data); err != nil {
			return err
		}
	}
	return nil
}
