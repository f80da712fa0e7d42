package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// incident makes an open public one that was detected n minutes after noon.
func incident(id string, n int) outcry.Incident {
	at := noon.Add(time.Duration(n) * time.Minute)
	return outcry.Incident{
		ID: id, State: outcry.StateInvestigating, Title: "Mail <is> down\x00", Impact: outcry.ImpactMajor, Public: true,
		Services: []string{"mail"}, Affected: outcry.Affected{Regions: []string{"GB"}, Symptoms: []string{}},
		Onset:    outcry.Onset{At: at.Add(-time.Minute), From: at.Add(-2 * time.Minute), To: at},
		Evidence: []outcry.Evidence{{Stream: "report", Nats: 17.25, Words: "41 people"}},
		Size:     outcry.Size{Reporters: 41, Expected: 0.6},
		// Nanoseconds and another zone must survive.
		DetectedAt: at, PublishedAt: at.Add(1), UpdatedAt: at.In(time.FixedZone("CDT", -5*3600)),
		Updates: []outcry.Update{{ID: "u1", At: at, State: outcry.StateInvestigating, Body: "We look.", Author: outcry.AuthorAutomatic, Public: true}},
	}
}

func change(in outcry.Incident, notices ...outcry.Notice) []store.IncidentChange {
	return []store.IncidentChange{{Incident: in, Notices: notices}}
}

func TestIncidentComesBackAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		in := incident("a", 0)
		ok(t, s.Apply(t.Context(), store.Judged{}, change(in)))
		got, err := s.Incident(t.Context(), "a")
		ok(t, err)
		in.Version = 1
		if d := cmp.Diff(in, got, cmpopts.EquateApproxTime(0)); d != "" {
			t.Error(d)
		}
		_, err = s.Incident(t.Context(), "b")
		wantCode(t, err, outcry.CodeNotFound)
	})
}

func TestVersions(t *testing.T) {
	at := func(versions ...int64) []store.IncidentChange {
		var all []store.IncidentChange
		for _, v := range versions {
			in := incident("a", 0)
			in.Version = v
			all = append(all, store.IncidentChange{Incident: in})
		}
		return all
	}
	cases := []struct {
		says    string
		changes []store.IncidentChange
		want    outcry.Code
		version int64 // afterwards; 2 before
	}{
		{"the version that is stored may be changed", at(2), "", 3},
		{"an older one may not", at(1), outcry.CodeConflict, 2},
		{"a newer one may not", at(3), outcry.CodeConflict, 2},
		{"an incident is not opened twice", at(0), outcry.CodeConflict, 2},
		{"changes of one call may count up", at(2, 3, 4), "", 5},
		{"changes of one call may all carry the first version", at(2, 2, 2), "", 5},
		{"changes of one call may not skip", at(2, 4), outcry.CodeConflict, 2},
		{"one stale change undoes the whole call", append(change(incident("new", 0)), at(1)...), outcry.CodeConflict, 2},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				ok(t, s.Apply(t.Context(), store.Judged{}, at(0, 1)))
				wantCode(t, s.Apply(t.Context(), store.Judged{}, c.changes), c.want)
				list, err := s.Incidents(t.Context(), store.IncidentQuery{})
				ok(t, err)
				if len(list) != 1 || list[0].Version != c.version {
					t.Errorf("%d incidents, version %d, want %d", len(list), list[0].Version, c.version)
				}
			})
		})
	}
}

func TestApplyRefusesAnIncidentWithoutID(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		wantCode(t, s.Apply(t.Context(), store.Judged{}, change(outcry.Incident{})), outcry.CodeInvalid)
	})
}

func TestIncidents(t *testing.T) {
	closed := func(in outcry.Incident, minute int) outcry.Incident {
		in.State, in.ClosedAt = outcry.StateResolved, noon.Add(time.Duration(minute)*time.Minute)
		return in
	}
	private := incident("private", 30)
	private.Public = false
	other := incident("chat", 40)
	other.Services, other.Collateral = []string{"chat"}, []string{"home"}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	cases := []struct {
		says string
		q    store.IncidentQuery
		want []string
	}{
		{"all, newest first", store.IncidentQuery{}, []string{"chat", "private", "twin-b", "twin-a", "old"}},
		{"open ones", store.IncidentQuery{Open: true}, []string{"chat", "private", "twin-b", "twin-a"}},
		{"public ones", store.IncidentQuery{Public: true}, []string{"chat", "twin-b", "twin-a", "old"}},
		{"of a service", store.IncidentQuery{Service: "chat"}, []string{"chat"}},
		{"of a collateral service", store.IncidentQuery{Service: "home"}, []string{"chat"}},
		{"that went on from an instant", store.IncidentQuery{From: minute(6)}, []string{"chat", "private", "twin-b", "twin-a"}},
		{"that closed in the range", store.IncidentQuery{From: minute(5), To: minute(10)}, []string{"old"}},
		{"at most two", store.IncidentQuery{Limit: 2}, []string{"chat", "private"}},
		{"the next page", store.IncidentQuery{Limit: 2, Before: "private"}, []string{"twin-b", "twin-a"}},
		{"a page that begins between twins", store.IncidentQuery{Before: "twin-b"}, []string{"twin-a", "old"}},
		{"after an incident that is not there", store.IncidentQuery{Before: "nope"}, nil},
	}
	onEach(t, func(t *testing.T, s *store.Store) {
		var all []store.IncidentChange
		for _, in := range []outcry.Incident{closed(incident("old", 0), 5), incident("twin-a", 20), incident("twin-b", 20), private, other} {
			all = append(all, store.IncidentChange{Incident: in})
		}
		ok(t, s.Apply(t.Context(), store.Judged{}, all))
		for _, c := range cases {
			list, err := s.Incidents(t.Context(), c.q)
			ok(t, err)
			var got []string
			for _, in := range list {
				got = append(got, in.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.says, got, c.want)
			}
		}
	})
}

func TestServicesOfAnIncidentMayChange(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		in := incident("a", 0)
		ok(t, s.Apply(t.Context(), store.Judged{}, change(in)))
		in.Version, in.Services, in.Collateral = 1, []string{"chat", "chat"}, []string{"chat"}
		ok(t, s.Apply(t.Context(), store.Judged{}, change(in)))
		for service, want := range map[string]int{"mail": 0, "chat": 1} {
			list, err := s.Incidents(t.Context(), store.IncidentQuery{Service: service})
			ok(t, err)
			if len(list) != want {
				t.Errorf("%s has %d incidents, want %d", service, len(list), want)
			}
		}
	})
}
