package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func comment(id, service string, state outcry.CommentState, after time.Duration) outcry.Comment {
	return outcry.Comment{ID: id, Service: service, Symptom: "slow", At: noon.Add(after), State: state, Text: "“words” of " + id + " 💬"}
}

func TestComments(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		all := []outcry.Comment{
			comment("d", "mail", outcry.CommentHeld, 3*time.Second), comment("c", "shop", outcry.CommentHeld, 2*time.Second),
			comment("b", "shop", outcry.CommentShown, 2*time.Second), comment("a", "shop", outcry.CommentHeld, time.Second),
		}
		for _, c := range all {
			if added, err := s.AddComment(ctx, c, 10); err != nil || !added {
				t.Fatalf("%s: %v, %v", c.ID, added, err)
			}
		}
		if added, err := s.AddComment(ctx, comment("a", "shop", outcry.CommentShown, 0), 10); err != nil || added {
			t.Errorf("one of an ID that is there was added: %v", err)
		}
		for _, c := range []struct {
			says string
			q    store.CommentQuery
			want []outcry.Comment
		}{
			{"all, newest first", store.CommentQuery{}, all},
			{"those that are held", store.CommentQuery{State: outcry.CommentHeld}, []outcry.Comment{all[0], all[1], all[3]}},
			{"those of a service", store.CommentQuery{Service: "shop"}, all[1:]},
			{"the newest of both", store.CommentQuery{State: outcry.CommentHeld, Service: "shop", Limit: 1}, all[1:2]},
			{"none of those", store.CommentQuery{State: outcry.CommentRejected}, nil},
		} {
			got, err := s.Comments(ctx, c.q)
			ok(t, err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.says, diff)
			}
		}
	})
}

func TestJudgeComment(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		want := comment("a", "shop", outcry.CommentHeld, 0)
		_, err := s.AddComment(ctx, want, 1)
		ok(t, err)
		_, err = s.JudgeComment(ctx, "b", outcry.CommentShown, "mara", noon)
		wantCode(t, err, outcry.CodeNotFound)
		for _, to := range []outcry.CommentState{outcry.CommentShown, outcry.CommentRejected} {
			want.State, want.DecidedBy, want.DecidedAt = to, "mara", noon.Add(time.Minute)
			got, err := s.JudgeComment(ctx, "a", to, "mara", noon.Add(time.Minute))
			ok(t, err)
			listed, err := s.Comments(ctx, store.CommentQuery{State: to})
			ok(t, err)
			if diff := cmp.Diff([]outcry.Comment{want, want}, append(listed, got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", to, diff)
			}
		}
	})
}

// A service has so many comments in one state and no more, also when many are
// written at once: the oldest make room.
func TestCommentsAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		write := func(i int) func() error {
			return func() error {
				_, err := s.AddComment(t.Context(), comment(fmt.Sprint(i), "shop", outcry.CommentHeld, time.Duration(i)*time.Second), 3)
				return err
			}
		}
		_, err := s.AddComment(t.Context(), comment("mail", "mail", outcry.CommentHeld, 0), 3)
		ok(t, err)
		_, err = s.AddComment(t.Context(), comment("shown", "shop", outcry.CommentShown, 0), 3)
		ok(t, err)
		race(t, write(0), write(1), write(2), write(3), write(4), write(5), write(6), write(7))
		left, err := s.Comments(t.Context(), store.CommentQuery{})
		ok(t, err)
		var ids []string
		for _, c := range left {
			ids = append(ids, c.ID)
		}
		if diff := cmp.Diff([]string{"7", "6", "5", "shown", "mail"}, ids); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// The pages have the newest of each service that are shown, however many
// another service has.
func TestShownComments(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		add := func(c outcry.Comment) outcry.Comment {
			_, err := s.AddComment(t.Context(), c, 9)
			ok(t, err)
			return c
		}
		old := add(comment("m", "mail", outcry.CommentShown, 0))
		add(comment("s1", "shop", outcry.CommentShown, time.Second))
		second := add(comment("s2", "shop", outcry.CommentShown, 2*time.Second))
		first := add(comment("s3", "shop", outcry.CommentShown, 2*time.Second))
		add(comment("s4", "shop", outcry.CommentHeld, 3*time.Second))
		add(comment("s5", "shop", outcry.CommentRejected, 4*time.Second))
		got, err := s.ShownComments(t.Context(), 2)
		ok(t, err)
		if diff := cmp.Diff([]outcry.Comment{first, second, old}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRetainDeletesComments(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for i, state := range []outcry.CommentState{outcry.CommentHeld, outcry.CommentShown, outcry.CommentRejected} {
			_, err := s.AddComment(ctx, comment(fmt.Sprint(i), "shop", state, 0), 9)
			ok(t, err)
		}
		_, err := s.AddComment(ctx, comment("young", "shop", outcry.CommentShown, time.Millisecond), 9)
		ok(t, err)
		ok(t, s.Retain(ctx, noon.Add(1000*time.Hour), store.Retention{})) // keeps them for good
		if left, err := s.Comments(ctx, store.CommentQuery{}); err != nil || len(left) != 4 {
			t.Errorf("%d are left without a retention, %v", len(left), err)
		}
		ok(t, s.Retain(ctx, noon.Add(time.Hour+time.Millisecond), store.Retention{Comments: time.Hour}))
		if left, err := s.Comments(ctx, store.CommentQuery{}); err != nil || len(left) != 1 || left[0].ID != "young" {
			t.Errorf("left are %v, %v; want the young one", left, err)
		}
	})
}
