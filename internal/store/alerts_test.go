package store_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/store"
)

func TestFiringAlerts(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2024, 5, 16, 21, 39, 0, 0, time.UTC)
		fires := func(says, name, service, symptom string, want bool) {
			t.Helper()
			a, b, firing, err := s.FiringAlert(t.Context(), name)
			ok(t, err)
			if firing != want || a != service || b != symptom {
				t.Errorf("%s: %q of %q fires: %t", says, b, a, firing)
			}
		}
		fires("none is there", "am/1", "", "", false)
		ok(t, s.KeepAlert(t.Context(), "am/1", "shop", "slow", at))
		ok(t, s.KeepAlert(t.Context(), "am/1", "mail", "", at.Add(time.Minute)))
		ok(t, s.KeepAlert(t.Context(), "am/2", "mail", "", at.Add(-40*24*time.Hour)))
		fires("what it was mapped to first stays", "am/1", "shop", "slow", true)
		ok(t, s.Retain(t.Context(), at, store.Retention{}))
		fires("one that is told of stays", "am/1", "shop", "slow", true)
		fires("one that nobody has told of for a month is forgotten", "am/2", "", "", false)
		ok(t, s.DropAlert(t.Context(), "am/1"))
		ok(t, s.DropAlert(t.Context(), "am/1"))
		fires("it is over", "am/1", "", "", false)
	})
}
