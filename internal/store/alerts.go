package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// staleAlert is how long an alert is remembered whose sender has fallen silent.
const staleAlert = 30 * 24 * time.Hour

// FiringAlert gives what an alert was mapped to when it began to fire; false
// when it does not fire.
func (s *Store) FiringAlert(ctx context.Context, name string) (service, symptom string, firing bool, err error) {
	err = s.reader.QueryRowContext(ctx, "SELECT service, symptom FROM alerts WHERE name = $1", name).Scan(&service, &symptom)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, nil
	}
	return service, symptom, err == nil, s.fail(err, "reading an alert")
}

// KeepAlert notes that an alert fires, or that it still does.
func (s *Store) KeepAlert(ctx context.Context, name, service, symptom string, at time.Time) error {
	return s.write(ctx, "writing an alert", func(t *txn) error {
		_, err := t.exec(`INSERT INTO alerts (name, service, symptom, since, seen) VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT (name) DO UPDATE SET seen = excluded.seen`, name, service, symptom, at.UnixMilli())
		return err
	})
}

// DropAlert notes that an alert does not fire any more.
func (s *Store) DropAlert(ctx context.Context, name string) error {
	return s.write(ctx, "removing an alert", func(t *txn) error {
		_, err := t.exec("DELETE FROM alerts WHERE name = $1", name)
		return err
	})
}
