package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/outcry/outcry"
)

// word is a notice to subscribers in as much as a line of text needs: it is
// stored with each of them.
type word struct {
	Kind                                outcry.NoticeKind    `json:"k"`
	Channel                             string               `json:"c"`
	Made                                time.Time            `json:"m"`
	Version                             int64                `json:"v"`
	State                               outcry.IncidentState `json:"s"`
	Impact                              outcry.Impact        `json:"i,omitempty"`
	Confirmed                           bool                 `json:"y,omitempty"`
	Began, Detected, Over, Eased, Ended time.Time            `json:",omitzero"`
	Update                              outcry.Update        `json:"u"`
}

func wordOf(n *outcry.Notice) word {
	in := &n.Incident
	return word{
		Kind: n.Kind, Channel: n.Channel, Made: n.CreatedAt, Version: in.Version, State: in.State, Impact: in.Impact, Confirmed: in.Confirmed,
		Began: in.Onset.At, Detected: in.DetectedAt, Over: in.ClosedAt, Eased: in.MonitoringAt, Ended: in.EndedAt, Update: n.Update,
	}
}

func (w *word) notice(id, service, incident string, attempts int) outcry.Notice {
	in := outcry.Incident{
		ID: incident, Version: w.Version, State: w.State, Impact: w.Impact, Confirmed: w.Confirmed, Public: true, Services: []string{service},
		Onset: outcry.Onset{At: w.Began}, DetectedAt: w.Detected, ClosedAt: w.Over, MonitoringAt: w.Eased, EndedAt: w.Ended,
	}
	return outcry.Notice{
		ID: fmt.Sprintf("%s-%d", id, w.Version), Kind: w.Kind, Channel: w.Channel, To: id, Incident: in, Update: w.Update,
		CreatedAt: w.Made, NextAttempt: w.Made, Attempts: attempts,
	}
}

// ClaimWords takes up to limit words to subscribers that are due at now, under
// the rules of [Store.ClaimNotices].
func (s *Store) ClaimWords(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]outcry.Notice, error) {
	var out []outcry.Notice
	err := s.write(ctx, "claiming words to subscribers", func(t *txn) error {
		return t.each(func(rows *sql.Rows) error {
			var id, service, incident, doc string
			var attempts int
			if err := rows.Scan(&id, &service, &incident, &doc, &attempts); err != nil {
				return err
			}
			w, err := decodeDoc[word](doc)
			out = append(out, w.notice(id, service, incident, attempts))
			return err
		}, `UPDATE subscribers SET due = $1, held = 1, attempts = attempts + 1 WHERE id IN (
				SELECT id FROM subscribers WHERE due IS NOT NULL AND due <= $2 ORDER BY due, id LIMIT $3`+t.engine.skipLocked+`)
			RETURNING id, service, incident, word, attempts`, millis(now.Add(lease)), millis(now), limit)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// FinishWord stores what became of a claimed word. Who has been told the end,
// or cannot be reached, is forgotten: nothing of them stays. CodeConflict when
// another worker has taken the word since, or there is nobody any more.
func (s *Store) FinishWord(ctx context.Context, n outcry.Notice) error {
	return s.write(ctx, "finishing a word to a subscriber", func(t *txn) error {
		done, err := t.finishWord(&n)
		if err != nil || done > 0 {
			return err
		}
		done, err = t.newerWord(&n)
		return must(done, err, "the word %s is not this worker's any more", n.ID)
	})
}

// ReturnWord gives a claimed word back that was not tried; see
// [Store.ReturnNotice].
func (s *Store) ReturnWord(ctx context.Context, n outcry.Notice) error {
	return s.write(ctx, "giving a word to a subscriber back", func(t *txn) error {
		done, err := t.exec(`UPDATE subscribers SET due = $1, held = 0, attempts = attempts - 1
			WHERE id = $2 AND held = 1 AND attempts = $3 AND due IS NOT NULL AND seen = $4 AND ending = $5`,
			millis(n.NextAttempt), n.To, n.Attempts, millis(n.Update.At), b2i(n.Kind == outcry.NoticeResolved))
		if err != nil || done > 0 {
			return err
		}
		done, err = t.newerWord(&n)
		return must(done, err, "the word %s is not this worker's any more", n.ID)
	})
}

// sameWord chooses the row if what was sent is what it still has to hear, and
// no later worker has it; a delivery is always taken.
const sameWord = " WHERE id = $1 AND due IS NOT NULL AND seen = $2 AND ending = $3 AND (attempts <= $4 OR $5 = 1)"

func (t *txn) finishWord(n *outcry.Notice) (int64, error) {
	ending, delivered := n.Kind == outcry.NoticeResolved, !n.DeliveredAt.IsZero()
	row := []any{n.To, millis(n.Update.At), b2i(ending), n.Attempts, b2i(delivered)}
	switch {
	case !n.FailedAt.IsZero():
		return t.exec("DELETE FROM subscribers WHERE id = $1 AND due IS NOT NULL", n.To)
	case delivered && ending:
		return t.exec("DELETE FROM subscribers"+sameWord, row...)
	case delivered:
		return t.exec("UPDATE subscribers SET due = NULL, held = 0, attempts = 0"+sameWord, row...)
	default:
		return t.exec("UPDATE subscribers SET due = $6, held = 0"+sameWord, append(row, millis(n.NextAttempt))...)
	}
}

// newerWord makes the word due that has replaced what was sent.
func (t *txn) newerWord(n *outcry.Notice) (int64, error) {
	at := n.NextAttempt
	if !n.DeliveredAt.IsZero() {
		at = n.DeliveredAt
	}
	return t.exec("UPDATE subscribers SET due = $1, held = 0 WHERE id = $2 AND due IS NOT NULL AND NOT (seen = $3 AND ending = $4)",
		millis(at), n.To, millis(n.Update.At), b2i(n.Kind == outcry.NoticeResolved))
}
