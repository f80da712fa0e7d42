package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/outcry/outcry"
)

// Moderator keeps what people write with their reports.
type Moderator interface {
	Comments(ctx context.Context, q CommentQuery) ([]outcry.Comment, error)
	// JudgeComment moves a comment to a state, and gives it as it is then. It fails
	// with CodeNotFound when there is none.
	JudgeComment(ctx context.Context, id string, to outcry.CommentState, by string) (outcry.Comment, error)
}

// CommentQuery chooses comments, newest first.
type CommentQuery struct {
	State   outcry.CommentState // empty: any
	Service string              // empty: any
	Limit   int
}

// commentBody is a comment in the API.
type commentBody struct {
	ID        string              `json:"id"`
	Service   string              `json:"service"`
	Symptom   string              `json:"symptom"`
	At        time.Time           `json:"at"`
	State     outcry.CommentState `json:"state"`
	Text      string              `json:"text"`
	DecidedAt *time.Time          `json:"decided_at"`
	DecidedBy string              `json:"decided_by"`
}

func commentOf(c *outcry.Comment) commentBody {
	return commentBody{ID: c.ID, Service: c.Service, Symptom: c.Symptom, At: c.At.UTC(), State: c.State, Text: c.Text, DecidedAt: maybe(c.DecidedAt), DecidedBy: c.DecidedBy}
}

// commentRoutes are for operators only: what nobody has read yet is for nobody
// else, and what is shown stands on the pages.
func (s *Server) commentRoutes() []route {
	return []route{
		{"GET /api/v1/comments", s.operator(s.listComments), fromHere},
		{"POST /api/v1/comments/{id}/approve", s.operator(s.judgeComment(outcry.CommentShown)), fromHere},
		{"POST /api/v1/comments/{id}/reject", s.operator(s.judgeComment(outcry.CommentRejected)), fromHere},
	}
}

// listComments serves GET /api/v1/comments?state&service&limit.
func (s *Server) listComments(w http.ResponseWriter, r *http.Request, _ string) error {
	if s.deps.Moderator == nil {
		return noComments()
	}
	q, err := commentQuery(r)
	if err != nil {
		return err
	}
	all, err := s.deps.Moderator.Comments(r.Context(), q)
	if err != nil {
		return fmt.Errorf("list the comments: %w", err)
	}
	out := make([]commentBody, 0, len(all))
	for i := range all {
		out = append(out, commentOf(&all[i]))
	}
	return answer(w, http.StatusOK, map[string][]commentBody{"comments": out})
}

func commentQuery(r *http.Request) (CommentQuery, error) {
	v := r.URL.Query()
	q := CommentQuery{State: outcry.CommentState(v.Get("state")), Service: v.Get("service"), Limit: incidentsDefault}
	switch q.State {
	case "", outcry.CommentHeld, outcry.CommentShown, outcry.CommentRejected:
	default:
		return q, outcry.FieldErrorf("state", "is held, shown or rejected")
	}
	if l := v.Get("limit"); l != "" {
		n, err := strconv.Atoi(l)
		if err != nil || n < 1 || n > incidentsMost {
			return q, outcry.FieldErrorf("limit", "is a number from 1 to %d", incidentsMost)
		}
		q.Limit = n
	}
	return q, nil
}

// judgeComment serves POST /api/v1/comments/{id}/approve and /reject.
func (s *Server) judgeComment(to outcry.CommentState) func(http.ResponseWriter, *http.Request, string) error {
	return func(w http.ResponseWriter, r *http.Request, by string) error {
		if s.deps.Moderator == nil {
			return noComments()
		}
		c, err := s.deps.Moderator.JudgeComment(r.Context(), r.PathValue("id"), to, by)
		if err != nil {
			return err
		}
		return answer(w, http.StatusOK, commentOf(&c))
	}
}

func noComments() error {
	return outcry.Errorf(outcry.CodeUnavailable, "this process keeps no comments")
}
