package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/outcry/outcry"
)

// PutSubscriber keeps a subscriber, over the one of the same ID. CodeTooMany
// when its service has most others already.
func (s *Store) PutSubscriber(ctx context.Context, sub outcry.Subscriber, now time.Time, most int) error {
	doc, err := json.Marshal(&sub)
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "writing a subscriber as JSON")
	}
	seen := int64(0)
	if sub.Updates {
		seen = millis(now) // what was said before, the page has told
	}
	return s.write(ctx, "keeping a subscriber", func(t *txn) error {
		var others int
		err := t.tx.QueryRowContext(t.ctx, "SELECT COUNT(*) FROM subscribers WHERE service = $1 AND id <> $2", sub.Service, sub.ID).Scan(&others)
		if err != nil {
			return err
		}
		if others >= most {
			return outcry.Errorf(outcry.CodeTooMany, "so many want to be told about this service that nobody can be added now")
		}
		_, err = t.exec(`INSERT INTO subscribers (id, service, incident, updates, seen, ending, expires, due, attempts, word, doc)
			VALUES ($1, $2, $3, $4, $5, 0, $6, NULL, 0, '', $7)
			ON CONFLICT (id) DO UPDATE SET incident = excluded.incident, updates = excluded.updates, seen = excluded.seen, ending = 0,
				expires = excluded.expires, due = NULL, attempts = 0, word = '', doc = excluded.doc`,
			sub.ID, sub.Service, sub.Incident, b2i(sub.Updates), seen, millis(sub.Expires), string(doc))
		return err
	})
}

// Subscriber gives one, or CodeNotFound.
func (s *Store) Subscriber(ctx context.Context, id string) (outcry.Subscriber, error) {
	var doc string
	err := s.reader.QueryRowContext(ctx, "SELECT doc FROM subscribers WHERE id = $1", id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return outcry.Subscriber{}, outcry.Errorf(outcry.CodeNotFound, "there is no such subscriber")
	}
	if err != nil {
		return outcry.Subscriber{}, s.fail(err, "reading a subscriber")
	}
	return decodeDoc[outcry.Subscriber](doc)
}

// DropSubscriber forgets a subscriber of a service; CodeNotFound when there is
// no such one.
func (s *Store) DropSubscriber(ctx context.Context, service, id string) error {
	return s.write(ctx, "forgetting a subscriber", func(t *txn) error {
		n, err := t.exec("DELETE FROM subscribers WHERE id = $1 AND service = $2", id, service)
		if err == nil && n == 0 {
			return outcry.Errorf(outcry.CodeNotFound, "there is no such subscriber")
		}
		return err
	})
}

// WaitingSubscribers gives who waits for a word, in groups.
func (s *Store) WaitingSubscribers(ctx context.Context) ([]outcry.Waiting, error) {
	var out []outcry.Waiting
	err := s.each(ctx, func(rows *sql.Rows) error {
		var w outcry.Waiting
		var updates int
		var seen int64
		err := rows.Scan(&w.Service, &w.Incident, &updates, &seen, &w.Count)
		w.Updates, w.Seen = updates == 1, time.UnixMilli(seen).UTC()
		out = append(out, w)
		return err
	}, `SELECT service, incident, updates, MIN(seen), COUNT(*) FROM subscribers WHERE ending = 0
		GROUP BY service, incident, updates ORDER BY service, incident, updates`)
	if err != nil {
		return nil, s.fail(err, "looking for who waits to be told")
	}
	return out, nil
}

// tellChunk is how many subscribers one transaction is told in.
const tellChunk = 1000

// TellSubscribers makes a word due at n.CreatedAt to those who wait for it: of
// the notice's incident and the one service that it names; its end to all,
// another update to those who want updates and have not had it. A word that
// still waits to be sent is replaced by the newer one.
func (s *Store) TellSubscribers(ctx context.Context, n outcry.Notice) (told int64, err error) {
	if len(n.Incident.Services) != 1 {
		return 0, outcry.FieldErrorf("services", "a word to subscribers is about one service")
	}
	word, err := json.Marshal(wordOf(&n))
	if err != nil {
		return 0, outcry.Wrap(outcry.CodeInternal, err, "writing a word to subscribers as JSON")
	}
	ending, at := b2i(n.Kind == outcry.NoticeResolved), millis(n.Update.At)
	for {
		var chunk int64
		err := s.write(ctx, "telling subscribers", func(t *txn) (err error) {
			chunk, err = t.exec(`UPDATE subscribers SET word = $1, seen = $2, ending = $3, attempts = 0, due = COALESCE(due, $4) WHERE id IN (
				SELECT id FROM subscribers WHERE service = $5 AND incident = $6 AND ending = 0 AND ($3 = 1 OR (updates = 1 AND seen < $2))
				LIMIT $7`+t.engine.skipLocked+`)`,
				string(word), at, ending, millis(n.CreatedAt), n.Incident.Services[0], n.Incident.ID, tellChunk)
			return err
		})
		if told += chunk; err != nil || chunk == 0 {
			return told, err
		}
	}
}
