package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"

	"github.com/outcry/outcry"
)

// Setting gives a value that PutSetting stored, or CodeNotFound.
func (s *Store) Setting(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := s.reader.QueryRowContext(ctx, "SELECT data FROM settings WHERE name = $1", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, outcry.Errorf(outcry.CodeNotFound, "no setting %q", key)
	}
	return value, s.fail(err, "reading a setting")
}

// PutSetting stores a value under the key, over any that is there.
func (s *Store) PutSetting(ctx context.Context, key string, value []byte) error {
	if value == nil {
		value = []byte{} // a nil slice would be NULL
	}
	return s.write(ctx, "writing a setting", func(t *txn) error {
		_, err := t.exec("INSERT INTO settings (name, data) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET data = excluded.data", key, value)
		return err
	})
}

// KeepSetting gives the value under the key, and stores fresh as that when there
// is none: of several instances that start together, all get the first one's.
func (s *Store) KeepSetting(ctx context.Context, key string, fresh []byte) ([]byte, error) {
	known, err := s.Setting(ctx, key)
	if outcry.CodeOf(err) != outcry.CodeNotFound {
		return known, err
	}
	err = s.write(ctx, "writing a setting", func(t *txn) error {
		_, err := t.exec("INSERT INTO settings (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", key, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Setting(ctx, key)
}

// saltBytes is the length of a salt: as much as the keyed hash takes in.
const saltBytes = 32

// Salt gives the period's random key of pseudonyms, the same to every instance.
// Whoever asks first makes it; Retain forgets it, and with it the way back from
// an address to its pseudonym.
func (s *Store) Salt(ctx context.Context, period string) ([]byte, error) {
	salt, err := s.readSalt(ctx, period)
	if !errors.Is(err, sql.ErrNoRows) {
		return salt, s.fail(err, "reading a salt")
	}
	fresh := make([]byte, saltBytes)
	if _, err := rand.Read(fresh); err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "drawing a salt")
	}
	err = s.write(ctx, "writing a salt", func(t *txn) error {
		_, err := t.exec("INSERT INTO salts (period, salt, seen) VALUES ($1, $2, 0) ON CONFLICT (period) DO NOTHING", period, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	salt, err = s.readSalt(ctx, period) // another instance's, if it was first
	return salt, s.fail(err, "reading a salt")
}

func (s *Store) readSalt(ctx context.Context, period string) (salt []byte, err error) {
	err = s.reader.QueryRowContext(ctx, "SELECT salt FROM salts WHERE period = $1", period).Scan(&salt)
	return salt, err
}
