package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"

	"github.com/outcry/outcry"
)

// streamKey names a stream; its number in the database is its short form.
type streamKey struct {
	service string
	kind    outcry.Kind
}

func (k streamKey) compare(o streamKey) int {
	return cmp.Or(cmp.Compare(k.service, o.service), cmp.Compare(k.kind, o.kind))
}

// streamTable is the part of the table streams that this process has seen.
// Numbers are given once and never change.
type streamTable struct {
	mu   sync.RWMutex
	ids  map[streamKey]int64
	keys map[int64]streamKey
}

func (t *streamTable) id(k streamKey) (int64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	id, ok := t.ids[k]
	return id, ok
}

func (t *streamTable) key(id int64) (streamKey, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	k, ok := t.keys[id]
	return k, ok
}

// all lists the known numbers, in order.
func (t *streamTable) all() []int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Sorted(maps.Keys(t.keys))
}

func (t *streamTable) put(id int64, k streamKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ids == nil {
		t.ids, t.keys = map[streamKey]int64{}, map[int64]streamKey{}
	}
	t.ids[k], t.keys[id] = id, k
}

// loadStreams reads what other processes, or this one before, have numbered.
func (s *Store) loadStreams(ctx context.Context) error {
	err := s.each(ctx, func(rows *sql.Rows) error {
		var id int64
		var k streamKey
		if err := rows.Scan(&id, &k.service, &k.kind); err != nil {
			return err
		}
		s.streams.put(id, k)
		return nil
	}, "SELECT id, service, kind FROM streams")
	return s.fail(err, "reading the list of streams")
}

// streamKey tells what a number stands for; another process may have given it.
func (s *Store) streamKey(ctx context.Context, id int64) (streamKey, error) {
	if k, ok := s.streams.key(id); ok {
		return k, nil
	}
	if err := s.loadStreams(ctx); err != nil {
		return streamKey{}, err
	}
	k, ok := s.streams.key(id)
	if !ok {
		return k, outcry.Errorf(outcry.CodeInternal, "tallies of stream %d, which has no name", id)
	}
	return k, nil
}

// numberStreams makes sure that every stream of the deltas has its number. A
// number without tallies does no harm, so this needs no part in their
// transaction.
func (s *Store) numberStreams(ctx context.Context, deltas []outcry.Tally) error {
	var missing []streamKey
	for i := range deltas {
		k := streamKey{deltas[i].Service, deltas[i].Kind}
		if _, ok := s.streams.id(k); !ok && !slices.Contains(missing, k) {
			missing = append(missing, k)
		}
	}
	if missing == nil {
		return nil
	}
	slices.SortFunc(missing, streamKey.compare) // one order for everybody: no deadlock
	if err := s.write(ctx, "numbering new streams", func(t *txn) error { return t.insertStreams(missing) }); err != nil {
		return err
	}
	return s.loadStreams(ctx)
}

func (t *txn) insertStreams(keys []streamKey) error {
	if t.engine.alone != "" { // two may not take the same next number
		if _, err := t.exec(t.engine.alone); err != nil {
			return err
		}
	}
	for _, k := range keys {
		_, err := t.exec(`INSERT INTO streams (id, service, kind)
			SELECT COALESCE(MAX(id), 0) + 1, CAST($1 AS TEXT), CAST($2 AS INTEGER) FROM streams WHERE 1 = 1
			ON CONFLICT (service, kind) DO NOTHING`, k.service, int64(k.kind))
		if err != nil {
			return err
		}
	}
	return nil
}
