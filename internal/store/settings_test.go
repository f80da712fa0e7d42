package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func TestSettings(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		_, err := s.Setting(t.Context(), "a")
		wantCode(t, err, outcry.CodeNotFound)
		for _, value := range [][]byte{{0, 255}, {1}, nil} {
			ok(t, s.PutSetting(t.Context(), "a", value))
			got, err := s.Setting(t.Context(), "a")
			ok(t, err)
			if !bytes.Equal(got, value) {
				t.Errorf("got %v, want %v", got, value)
			}
		}
	})
}

func TestSaltIsMadeOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		salts := make([][]byte, 8)
		ask := func(i int) func() error {
			return func() (err error) { salts[i], err = s.Salt(t.Context(), "2024-05-16"); return err }
		}
		race(t, ask(0), ask(1), ask(2), ask(3), ask(4), ask(5), ask(6), ask(7))
		for _, salt := range salts {
			if len(salt) != 32 || !bytes.Equal(salt, salts[0]) {
				t.Fatalf("instances have different salts: %x and %x", salts[0], salt)
			}
		}
		other, err := s.Salt(t.Context(), "2024-05-17")
		ok(t, err)
		if bytes.Equal(other, salts[0]) {
			t.Error("two periods share a salt")
		}
	})
}

func TestRetainForgetsSalts(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		salts := func() (out [3][]byte) {
			for i, period := range []string{"person-2026-11-23", "network-2026-10-01", "agent"} {
				salt, err := s.Salt(t.Context(), period)
				ok(t, err)
				out[i] = salt
			}
			return out
		}
		first := salts()
		keep := store.Retention{Salts: map[string]time.Duration{"person": time.Hour, "network": 100 * time.Hour}}
		ok(t, s.Retain(t.Context(), noon, keep)) // meets them
		ok(t, s.Retain(t.Context(), noon.Add(time.Hour), keep))
		if cmp.Diff(first, salts()) != "" {
			t.Error("a salt was forgotten too early")
		}
		ok(t, s.Retain(t.Context(), noon.Add(time.Hour+time.Millisecond), keep))
		later := salts()
		if bytes.Equal(first[0], later[0]) {
			t.Error("a person's salt that is past keeping was kept")
		}
		if !bytes.Equal(first[1], later[1]) {
			t.Error("a network's salt was forgotten with those of people")
		}
		ok(t, s.Retain(t.Context(), noon.Add(1000*time.Hour), keep))
		last := salts()
		if bytes.Equal(first[1], last[1]) {
			t.Error("a network's salt that is past keeping was kept")
		}
		if !bytes.Equal(first[2], last[2]) {
			t.Error("the salt of a class that is kept for good was forgotten")
		}
	})
}
