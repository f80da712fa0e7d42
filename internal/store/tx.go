package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/outcry/outcry"
)

// write runs do in one transaction of the writer: committed when do returns
// nil, else rolled back. What it returns went through fail.
func (s *Store) write(ctx context.Context, doing string, do func(*txn) error) error {
	if err := s.writable(); err != nil {
		return err
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return s.fail(err, doing)
	}
	if err := do(&txn{Store: s, ctx: ctx, tx: tx}); err != nil {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			s.log.Warn("store: rolling back", "while", doing, "err", rerr)
		}
		return s.fail(err, doing)
	}
	return s.fail(tx.Commit(), doing)
}

// begin starts a transaction. Where another process holds SQLite's file for
// longer than busy_timeout, it goes on waiting, until the caller's context
// ends: busy is not broken.
func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	for {
		tx, err := s.writer.BeginTx(ctx, nil)
		if !isBusy(err) || ctx.Err() != nil {
			return tx, err
		}
		s.log.Warn("store: another process holds the database; waiting", "err", err)
	}
}

func isBusy(err error) bool {
	e, ok := errors.AsType[coder](err)
	return ok && e.Code()&0xff == sqliteBusy
}

// txn is one running transaction.
type txn struct {
	*Store
	ctx context.Context
	tx  *sql.Tx
}

func (t *txn) exec(query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// each runs the query and calls scan for every row.
func (t *txn) each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	return eachRow(rows, err, scan)
}

// on runs do with a statement of the writer, in this transaction.
func (t *txn) on(st *sql.Stmt, do func(*sql.Stmt) error) (err error) {
	here := t.tx.StmtContext(t.ctx, st)
	defer func() { err = errors.Join(err, here.Close()) }()
	return do(here)
}

// must turns "nothing was changed" into a conflict that says why.
func must(changed int64, err error, conflict string, args ...any) error {
	if err != nil {
		return err
	}
	if changed == 0 {
		return outcry.Errorf(outcry.CodeConflict, conflict, args...)
	}
	return nil
}

// each runs the query on a reader and calls scan for every row.
func (s *Store) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	return eachRow(rows, err, scan)
}

func eachRow(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
