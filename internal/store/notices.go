package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// insertNotices queues notices; one that is queued already stays as it is.
func (t *txn) insertNotices(notices []outcry.Notice) error {
	for i := range notices {
		n := &notices[i]
		doc, err := json.Marshal(n)
		if err != nil {
			return outcry.Wrap(outcry.CodeInternal, err, "writing notice %s as JSON", n.ID)
		}
		_, err = t.exec(`INSERT INTO notices (id, created, due, attempts, doc) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
			n.ID, millis(n.CreatedAt), max(millis(n.NextAttempt), millis(n.CreatedAt)), n.Attempts, string(doc))
		if err != nil {
			return err
		}
	}
	return nil
}

// ClaimNotices takes up to limit notices that are due at now, oldest first, for
// one worker: nobody else gets them until the lease is over. Taking counts as an
// attempt: Attempts of what comes back includes this one, and goes back with it
// to FinishNotice unchanged. Whose worker dies is due again after the lease.
func (s *Store) ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]outcry.Notice, error) {
	var out []outcry.Notice
	err := s.write(ctx, "claiming notices", func(t *txn) error {
		return t.each(func(rows *sql.Rows) error {
			var doc string
			var attempts int
			if err := rows.Scan(&doc, &attempts); err != nil {
				return err
			}
			n, err := decodeDoc[outcry.Notice](doc)
			n.Attempts = attempts
			out = append(out, n)
			return err
		}, `UPDATE notices SET due = $1, held = 1, attempts = attempts + 1 WHERE id IN (
				SELECT id FROM notices WHERE due IS NOT NULL AND due <= $2 ORDER BY due, id LIMIT $3`+t.engine.skipLocked+`)
			RETURNING doc, attempts`, millis(now.Add(lease)), millis(now), limit)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b outcry.Notice) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// FinishNotice stores what became of a claimed notice: DeliveredAt or FailedAt
// set, it is done; else it is due again at NextAttempt. CodeConflict when the
// lease ran out and another worker has taken it since, or it is done already;
// but that it was delivered is always taken.
func (s *Store) FinishNotice(ctx context.Context, n outcry.Notice) error {
	doc, err := json.Marshal(&n)
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "writing notice %s as JSON", n.ID)
	}
	due := sql.NullInt64{Int64: millis(n.NextAttempt), Valid: n.DeliveredAt.IsZero() && n.FailedAt.IsZero()}
	return s.write(ctx, "finishing a notice", func(t *txn) error {
		done, err := t.exec(`UPDATE notices SET due = $1, held = 0, doc = $2 WHERE id = $3 AND due IS NOT NULL AND (attempts <= $4 OR $5 = 1)`,
			due, string(doc), n.ID, n.Attempts, b2i(!n.DeliveredAt.IsZero()))
		return must(done, err, "notice %s is not this worker's any more", n.ID)
	})
}

// ReturnNotice gives a claimed notice back that was not tried: it is due at
// NextAttempt, and the claim was no attempt. CodeConflict as of FinishNotice.
func (s *Store) ReturnNotice(ctx context.Context, n outcry.Notice) error {
	return s.write(ctx, "giving a notice back", func(t *txn) error {
		done, err := t.exec("UPDATE notices SET due = $1, held = 0, attempts = attempts - 1 WHERE id = $2 AND held = 1 AND attempts = $3 AND due IS NOT NULL",
			millis(n.NextAttempt), n.ID, n.Attempts)
		return must(done, err, "notice %s is not this worker's any more", n.ID)
	})
}

// ReclaimNotices makes due at now what workers have claimed, notices and words
// to subscribers, and gives how many there were. It is for the start of the only
// process of a database: whoever held them is dead, and their leases need not be
// waited for. What came of those attempts is not known, so they do not count,
// else a process that is killed again and again would wait longer and longer.
func (s *Store) ReclaimNotices(ctx context.Context, now time.Time) (n int64, err error) {
	err = s.write(ctx, "taking back what was being sent", func(t *txn) error {
		n = 0
		for _, table := range []string{"notices", "subscribers"} {
			taken, err := t.exec("UPDATE "+table+" SET due = $1, held = 0, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"+
				" WHERE held = 1 AND due IS NOT NULL", millis(now))
			if err != nil {
				return err
			}
			n += taken
		}
		return nil
	})
	return n, err
}
