package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/outcry/outcry"
)

// CommentQuery selects comments; the zero query is all of them.
type CommentQuery struct {
	State   outcry.CommentState // empty: any
	Service string              // empty: any
	Limit   int                 // at most so many; 0 is no bound
}

// AddComment keeps a comment; it is false when one of its ID is there. Of those of
// its service in its state, the newest so many stay.
func (s *Store) AddComment(ctx context.Context, c outcry.Comment, most int) (added bool, err error) {
	err = s.write(ctx, "writing a comment", func(t *txn) error {
		if t.engine.alone != "" { // of two that do not see each other, neither would make room
			if _, err := t.exec(t.engine.alone); err != nil {
				return err
			}
		}
		n, err := t.exec(`INSERT INTO comments (id, service, symptom, at, state, decided, decider, body)
			VALUES ($1, $2, $3, $4, $5, 0, '', $6) ON CONFLICT (id) DO NOTHING`, c.ID, c.Service, c.Symptom, millis(c.At), string(c.State), c.Text)
		if added = n > 0; err != nil || !added {
			return err
		}
		_, err = t.exec(`DELETE FROM comments WHERE service = $1 AND state = $2 AND id NOT IN
			(SELECT id FROM comments WHERE service = $1 AND state = $2 ORDER BY at DESC, id DESC LIMIT $3)`, c.Service, string(c.State), int64(most))
		return err
	})
	return added && err == nil, err
}

// ShownComments lists what is on the pages: the newest so many of each service,
// newest first.
func (s *Store) ShownComments(ctx context.Context, perService int) ([]outcry.Comment, error) {
	var out []outcry.Comment
	err := s.each(ctx, func(rows *sql.Rows) error {
		c, err := scanComment(rows)
		out = append(out, c)
		return err
	}, "SELECT "+commentColumns+" FROM (SELECT "+commentColumns+`, ROW_NUMBER() OVER (PARTITION BY service ORDER BY at DESC, id DESC) AS place
		FROM comments WHERE state = $1) AS ranked WHERE place <= $2 ORDER BY at DESC, id DESC`, string(outcry.CommentShown), int64(perService))
	if err != nil {
		return nil, s.fail(err, "listing the comments that are shown")
	}
	return out, nil
}

const commentColumns = "id, service, symptom, at, state, decided, decider, body"

// Comments lists comments, newest first.
func (s *Store) Comments(ctx context.Context, q CommentQuery) ([]outcry.Comment, error) {
	limit := int64(math.MaxInt32)
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	var out []outcry.Comment
	err := s.each(ctx, func(rows *sql.Rows) error {
		c, err := scanComment(rows)
		out = append(out, c)
		return err
	}, "SELECT "+commentColumns+` FROM comments WHERE (CAST($1 AS TEXT) = '' OR state = $1) AND (CAST($2 AS TEXT) = '' OR service = $2)
		ORDER BY at DESC, id DESC LIMIT $3`, string(q.State), q.Service, limit)
	if err != nil {
		return nil, s.fail(err, "listing comments")
	}
	return out, nil
}

// JudgeComment moves a comment to a state, and gives it as it is then; it fails
// with CodeNotFound when there is none of this ID.
func (s *Store) JudgeComment(ctx context.Context, id string, to outcry.CommentState, by string, at time.Time) (c outcry.Comment, err error) {
	err = s.write(ctx, "judging a comment", func(t *txn) error {
		found := false
		err := t.each(func(rows *sql.Rows) (err error) {
			found = true
			c, err = scanComment(rows)
			return err
		}, "UPDATE comments SET state = $1, decided = $2, decider = $3 WHERE id = $4 RETURNING "+commentColumns, string(to), millis(at), by, id)
		if err == nil && !found {
			return outcry.Errorf(outcry.CodeNotFound, "there is no comment %q", id)
		}
		return err
	})
	return c, err
}

func scanComment(rows *sql.Rows) (c outcry.Comment, err error) {
	var at, decided int64
	err = rows.Scan(&c.ID, &c.Service, &c.Symptom, &at, &c.State, &decided, &c.DecidedBy, &c.Text)
	c.At = time.UnixMilli(at).UTC()
	if decided != 0 {
		c.DecidedAt = time.UnixMilli(decided).UTC()
	}
	return c, err
}
