package vantage

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Settings are the store's named values.
type Settings interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

// Place is how far a vantage has been heard, and what it last said of itself.
type Place struct {
	Spool   string    `json:"spool"`
	Through uint64    `json:"through"`
	Heard   time.Time `json:"heard"`
	Waiting int       `json:"waiting"` // results that it still had then
	Region  string    `json:"region"`
	Carrier string    `json:"carrier"`
	// Ahead is by how much its clock was ahead of ours, the way of the request
	// included, in seconds.
	Ahead float64 `json:"ahead_s"`
}

// Book keeps in the store, for every process that has a door, how far each
// vantage has been heard and which are revoked.
type Book struct {
	settings Settings
	mu       sync.Mutex // one revocation at a time
}

// NewBook makes one.
func NewBook(s Settings) *Book { return &Book{settings: s} }

const revokedKey = "vantages/revoked"

// Junction is where a vantage is connected: in which process of the core, and
// when that was last so.
type Junction struct {
	Process string    `json:"process"`
	At      time.Time `json:"at"`
}

func junctionKey(vantage string) string { return "vantages/joined/" + vantage }

// Junction is a vantage's; the zero one when it was never connected.
func (b *Book) Junction(ctx context.Context, vantage string) (j Junction, err error) {
	err = b.read(ctx, junctionKey(vantage), &j)
	return j, err
}

func (b *Book) keepJunction(ctx context.Context, vantage string, j Junction) error {
	return b.write(ctx, junctionKey(vantage), j)
}

func placeKey(vantage string) string { return "vantages/place/" + vantage }

// Place is a vantage's; the zero one when it was never heard.
func (b *Book) Place(ctx context.Context, vantage string) (p Place, err error) {
	err = b.read(ctx, placeKey(vantage), &p)
	return p, err
}

func (b *Book) keep(ctx context.Context, vantage string, p Place) error {
	return b.write(ctx, placeKey(vantage), p)
}

// Revoked are the names of vantages whose tokens are not accepted any more.
func (b *Book) Revoked(ctx context.Context) (names []string, err error) {
	err = b.read(ctx, revokedKey, &names)
	return names, err
}

// Revoke ends a vantage's right to speak, at once and in every process; with
// on false it gives it back.
func (b *Book) Revoke(ctx context.Context, vantage string, on bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	names, err := b.Revoked(ctx)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == vantage })
	if on {
		names = append(names, vantage)
	}
	return b.write(ctx, revokedKey, names)
}

func (b *Book) read(ctx context.Context, key string, into any) error {
	data, err := b.settings.Setting(ctx, key)
	switch {
	case outcry.CodeOf(err) == outcry.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "read the setting %s", key)
	}
	return nil
}

func (b *Book) write(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "write the setting %s", key)
	}
	return b.settings.PutSetting(ctx, key, data)
}
