package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func subscriber(id, service, in string, updates bool) outcry.Subscriber {
	return outcry.Subscriber{
		ID: id, Service: service, Incident: in, Endpoint: "https://push.example/" + id, Key: []byte{4, 1}, Auth: []byte{2},
		Language: "de", Updates: updates, Expires: noon.Add(48 * time.Hour),
	}
}

// said is a word about a service's incident, n minutes after noon.
func said(kind outcry.NoticeKind, service, in string, n int) outcry.Notice {
	at := noon.Add(time.Duration(n) * time.Minute)
	return outcry.Notice{
		Kind: kind, Channel: "web-push", CreatedAt: at, NextAttempt: at,
		Incident: outcry.Incident{ID: in, Version: int64(n), State: outcry.StateIdentified, Services: []string{service}, Public: true, Onset: outcry.Onset{At: noon}},
		Update:   outcry.Update{ID: fmt.Sprint("u", n), At: at, Body: "We know why.", Public: true},
	}
}

func tell(t *testing.T, s *store.Store, n outcry.Notice, want int64) {
	t.Helper()
	got, err := s.TellSubscribers(t.Context(), n)
	ok(t, err)
	if got != want {
		t.Fatalf("%s of %s at %s is told to %d, want %d", n.Kind, n.Incident.Services[0], n.CreatedAt.Format("15:04"), got, want)
	}
}

func claimWords(t *testing.T, s *store.Store, at time.Time) []outcry.Notice {
	t.Helper()
	got, err := s.ClaimWords(t.Context(), at, lease, 100)
	ok(t, err)
	slices.SortFunc(got, func(a, b outcry.Notice) int { return strings.Compare(a.To, b.To) })
	return got
}

func whom(notices []outcry.Notice) []string {
	var out []string
	for _, n := range notices {
		out = append(out, n.To+" "+string(n.Kind))
	}
	return out
}

func TestSubscriberComesBackAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		want := subscriber("a", "mail", "i1", true)
		ok(t, s.PutSubscriber(t.Context(), want, noon, 1))
		want.Incident, want.Updates, want.Language = "i2", false, "pl"
		ok(t, s.PutSubscriber(t.Context(), want, noon, 1)) // the same one again is no other
		got, err := s.Subscriber(t.Context(), "a")
		ok(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		wantCode(t, s.PutSubscriber(t.Context(), subscriber("b", "mail", "i2", false), noon, 1), outcry.CodeTooMany)
		ok(t, s.PutSubscriber(t.Context(), subscriber("b", "shop", "i2", false), noon, 1)) // the bound is each service's own
		wantCode(t, s.DropSubscriber(t.Context(), "shop", "a"), outcry.CodeNotFound)
		ok(t, s.DropSubscriber(t.Context(), "mail", "a"))
		wantCode(t, s.DropSubscriber(t.Context(), "mail", "a"), outcry.CodeNotFound)
		_, err = s.Subscriber(t.Context(), "a")
		wantCode(t, err, outcry.CodeNotFound)
	})
}

func TestReclaimWords(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"a", "b"} {
			ok(t, s.PutSubscriber(t.Context(), subscriber(id, "mail", "i1", true), noon, 10))
		}
		tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 5), 2)
		at := noon.Add(5 * time.Minute)
		words := claimWords(t, s, at)
		words[0].DeliveredAt = at
		ok(t, s.FinishWord(t.Context(), words[0]))
		if n, err := s.ReclaimNotices(t.Context(), at); err != nil || n != 1 {
			t.Errorf("of one that is told and one that was being told %d are taken back, %v", n, err)
		}
		if d := cmp.Diff([]string{"b incident.updated"}, whom(claimWords(t, s, at))); d != "" {
			t.Error(d)
		}
	})
}

// Who is told what: the end goes to all of the service and incident, an update
// to those who want it, each once.
func TestTellSubscribers(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for _, sub := range []outcry.Subscriber{
			subscriber("a", "mail", "i1", false), subscriber("b", "mail", "i1", true),
			subscriber("c", "mail", "i2", true), subscriber("d", "shop", "i1", true),
		} {
			ok(t, s.PutSubscriber(t.Context(), sub, noon, 10))
		}
		got, err := s.WaitingSubscribers(t.Context())
		ok(t, err)
		want := []outcry.Waiting{
			{Service: "mail", Incident: "i1", Seen: time.UnixMilli(0).UTC(), Count: 1}, {Service: "mail", Incident: "i1", Updates: true, Seen: noon, Count: 1},
			{Service: "mail", Incident: "i2", Updates: true, Seen: noon, Count: 1}, {Service: "shop", Incident: "i1", Updates: true, Seen: noon, Count: 1},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", -1), 0) // the page has told it before
		tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 5), 1)
		tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 5), 0)
		words := claimWords(t, s, noon.Add(5*time.Minute))
		if d := cmp.Diff([]string{"b incident.updated"}, whom(words)); d != "" {
			t.Fatal(d)
		}
		n := said(outcry.NoticeUpdated, "mail", "i1", 5)
		n.ID, n.To, n.Attempts = "b-5", "b", 1
		if d := cmp.Diff(n, words[0]); d != "" {
			t.Errorf("the word has changed on its way:\n%s", d)
		}
		words[0].DeliveredAt = noon.Add(5 * time.Minute)
		ok(t, s.FinishWord(t.Context(), words[0]))
		if again := claimWords(t, s, noon.Add(time.Hour)); len(again) > 0 {
			t.Errorf("who has been told is told again: %v", whom(again))
		}
		tell(t, s, said(outcry.NoticeResolved, "mail", "i1", 9), 2)
		tell(t, s, said(outcry.NoticeResolved, "mail", "i1", 9), 0)
		words = claimWords(t, s, noon.Add(2*time.Hour))
		if d := cmp.Diff([]string{"a incident.resolved", "b incident.resolved"}, whom(words)); d != "" {
			t.Fatal(d)
		}
		for _, n := range words {
			n.DeliveredAt = noon.Add(2 * time.Hour)
			ok(t, s.FinishWord(t.Context(), n))
			_, err := s.Subscriber(t.Context(), n.To)
			wantCode(t, err, outcry.CodeNotFound) // told the end: forgotten
			wantCode(t, s.FinishWord(t.Context(), n), outcry.CodeConflict)
		}
		_, err = s.Subscriber(t.Context(), "c")
		ok(t, err)
	})
}

// A word that is given back untried has had no attempt; one that a newer one has
// replaced meanwhile makes that due.
func TestReturnWord(t *testing.T) {
	now := noon.Add(5 * time.Minute)
	onEach(t, func(t *testing.T, s *store.Store) {
		ok(t, s.PutSubscriber(t.Context(), subscriber("a", "mail", "i1", true), noon, 10))
		tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 5), 1)
		for i := range 3 {
			n := claimWords(t, s, now)[0]
			if n.Attempts != 1 {
				t.Fatalf("claimed after %d returns, it has %d attempts", i, n.Attempts)
			}
			now = now.Add(time.Minute)
			n.NextAttempt = now
			ok(t, s.ReturnWord(t.Context(), n))
			wantCode(t, s.ReturnWord(t.Context(), n), outcry.CodeConflict) // it is nobody's
		}
		n := claimWords(t, s, now)[0]
		tell(t, s, said(outcry.NoticeResolved, "mail", "i1", 6), 1)
		n.NextAttempt = now
		ok(t, s.ReturnWord(t.Context(), n))
		if d := cmp.Diff([]string{"a incident.resolved"}, whom(claimWords(t, s, now))); d != "" {
			t.Error(d)
		}
	})
}

// What becomes of a word that could not be delivered, and of one that a newer
// one has replaced while it was under way.
func TestFinishWord(t *testing.T) {
	now := noon.Add(5 * time.Minute)
	for _, c := range []struct {
		says   string
		before func(t *testing.T, s *store.Store)
		finish func(n *outcry.Notice)
		want   outcry.Code
		kept   bool
		due    []string // an hour later
	}{
		{"a retry is due at its time", nil, func(n *outcry.Notice) { n.NextAttempt = now.Add(time.Minute) }, "", true, []string{"a incident.updated"}},
		{"a delivery is the end of this word, not of the subscriber", nil, func(n *outcry.Notice) { n.DeliveredAt = now }, "", true, nil},
		{"who is gone is forgotten", nil, func(n *outcry.Notice) { n.FailedAt = now }, "", false, nil},
		{"a newer word follows the one that was under way",
			func(t *testing.T, s *store.Store) { tell(t, s, said(outcry.NoticeResolved, "mail", "i1", 6), 1) },
			func(n *outcry.Notice) { n.DeliveredAt = now }, "", true, []string{"a incident.resolved"}},
		{"and takes the place of one that failed for now",
			func(t *testing.T, s *store.Store) { tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 6), 1) },
			func(n *outcry.Notice) { n.NextAttempt = now.Add(time.Minute) }, "", true, []string{"a incident.updated"}},
		{"who unsubscribed meanwhile is not brought back",
			func(t *testing.T, s *store.Store) { ok(t, s.DropSubscriber(t.Context(), "mail", "a")) },
			func(n *outcry.Notice) { n.DeliveredAt = now }, outcry.CodeConflict, false, nil},
		{"a failure after the lease leaves it to the other worker",
			func(t *testing.T, s *store.Store) { claimWords(t, s, now.Add(lease)) },
			func(n *outcry.Notice) { n.NextAttempt = now.Add(3 * lease) }, outcry.CodeConflict, true, []string{"a incident.updated"}},
	} {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				ok(t, s.PutSubscriber(t.Context(), subscriber("a", "mail", "i1", true), noon, 10))
				tell(t, s, said(outcry.NoticeUpdated, "mail", "i1", 5), 1)
				n := claimWords(t, s, now)[0]
				if c.before != nil {
					c.before(t, s)
				}
				if early := claimWords(t, s, now); len(early) > 0 {
					t.Errorf("two workers have one subscriber at a time: %v", whom(early))
				}
				c.finish(&n)
				wantCode(t, s.FinishWord(t.Context(), n), c.want)
				if _, err := s.Subscriber(t.Context(), "a"); (err == nil) != c.kept {
					t.Errorf("afterwards: %v", err)
				}
				if d := cmp.Diff(c.due, whom(claimWords(t, s, now.Add(time.Hour)))); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// More than one transaction's worth are told, each once; who has waited for too
// long is forgotten.
func TestManySubscribers(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for i := range 1003 {
			sub := subscriber(fmt.Sprint("s", i), "mail", "i1", false)
			if i < 3 {
				sub.Expires = noon.Add(time.Minute)
			}
			ok(t, s.PutSubscriber(t.Context(), sub, noon, 2000))
		}
		tell(t, s, said(outcry.NoticeResolved, "mail", "i1", 1), 1003)
		ok(t, s.Retain(t.Context(), noon.Add(time.Hour), store.Retention{}))
		if got, err := s.ClaimWords(t.Context(), noon.Add(time.Hour), lease, 5000); err != nil || len(got) != 1000 {
			t.Errorf("%d words are due, %v; want 1000", len(got), err)
		}
	})
}

func TestKeepSetting(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for _, fresh := range []string{"first", "second"} {
			got, err := s.KeepSetting(t.Context(), "key", []byte(fresh))
			ok(t, err)
			if string(got) != "first" {
				t.Errorf("the setting is %q", got)
			}
		}
	})
}
