package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/web"
)

// commentBook is where comments are kept.
type commentBook interface {
	AddComment(ctx context.Context, c outcry.Comment, most int) (bool, error)
	ShownComments(ctx context.Context, perService int) ([]outcry.Comment, error)
}

// commentary takes comments from the front door to the store and from there to
// the board. Reports do not wait for it: what it cannot write in time is lost,
// and its report counted all the same.
type commentary struct {
	book  commentBook
	board *board
	touch func()
	modes map[string]config.CommentMode // of services that take comments
	most  int
	log   *slog.Logger
	queue chan outcry.Comment
}

const (
	commentQueue = 256
	// commentsShown is how many of a service's comments its page has.
	commentsShown = 20
	// commentsEndIn is how long a shutdown waits for those that are queued.
	commentsEndIn = 2 * time.Second
)

func newCommentary(cfg *config.Config, book commentBook, b *board, touch func(), log *slog.Logger) *commentary {
	c := &commentary{book: book, board: b, touch: touch, modes: map[string]config.CommentMode{}, most: cfg.Comments.Most, log: log, queue: make(chan outcry.Comment, commentQueue)}
	for i := range cfg.Services {
		if m := cfg.Services[i].Comments; m == config.CommentsHeld || m == config.CommentsOpen {
			c.modes[cfg.Services[i].ID] = m
		}
	}
	longest := min(cfg.Intake.MaxComment, 500)
	for id, m := range c.modes {
		b.takeRemarks(id, m == config.CommentsOpen, longest)
	}
	return c
}

// takeComments opens the way of comments, from the door to the board.
func (p *process) takeComments() {
	p.comments = newCommentary(p.Config, p.store, p.board, p.touch, p.Log)
	p.backs.work("comments", p.comments.work)
}

// Remark implements intake.Remarks.
func (c *commentary) Remark(r outcry.Comment) {
	r.State = c.stateOf(&r)
	if r.ID == "" {
		r.ID = newID()
	}
	select {
	case c.queue <- r:
	default:
		c.log.Debug("comment: too many at once; one is lost", "service", r.Service)
	}
}

// stateOf is where a new comment stands. One that leads elsewhere is what spam
// and attacks are for: a person reads it first, whatever the mode.
func (c *commentary) stateOf(r *outcry.Comment) outcry.CommentState {
	leads := strings.Contains(r.Text, "://") || strings.Contains(r.Text, "@") || strings.Contains(strings.ToLower(r.Text), "www.")
	if c.modes[r.Service] == config.CommentsOpen && !leads {
		return outcry.CommentShown
	}
	return outcry.CommentHeld
}

// work writes comments, and shows what other processes have, until ctx ends.
func (c *commentary) work(ctx context.Context) error {
	c.refresh(ctx)
	look := time.NewTicker(republish)
	defer look.Stop()
	for {
		select {
		case r := <-c.queue:
			c.keep(ctx, &r)
		case <-look.C:
			c.refresh(ctx)
		case <-ctx.Done():
			c.drain(context.WithoutCancel(ctx))
			return nil
		}
	}
}

// drain writes what is queued when the process ends.
func (c *commentary) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, commentsEndIn)
	defer cancel()
	for {
		select {
		case r := <-c.queue:
			c.keep(ctx, &r)
		default:
			return
		}
	}
}

func (c *commentary) keep(ctx context.Context, r *outcry.Comment) {
	added, err := c.book.AddComment(ctx, *r, c.most)
	switch {
	case err != nil:
		c.log.Error("comment: not kept", "service", r.Service, "error", err)
	case added && r.State == outcry.CommentShown:
		c.refresh(ctx)
	case added:
		c.log.Info("comment: waits for somebody to read it (outcry comments list)", "id", r.ID, "service", r.Service)
	}
}

// refresh puts on the board what the store says is shown.
func (c *commentary) refresh(ctx context.Context) {
	shown, err := c.book.ShownComments(ctx, commentsShown)
	if err != nil {
		if ctx.Err() == nil {
			c.log.Error("comment: those that are shown cannot be read; the pages stay as they are", "error", err)
		}
		return
	}
	by := map[string][]page.Remark{}
	for _, s := range shown {
		if _, on := c.modes[s.Service]; on {
			by[s.Service] = append(by[s.Service], page.Remark{At: s.At, Symptom: s.Symptom, Words: s.Text})
		}
	}
	if c.board.showRemarks(by) {
		c.touch()
	}
}

// moderator is the operators' side of it.
type moderator struct {
	*commentary
	store *store.Store
	now   func() time.Time
}

// Comments implements web.Moderator.
func (m moderator) Comments(ctx context.Context, q web.CommentQuery) ([]outcry.Comment, error) {
	return m.store.Comments(ctx, store.CommentQuery{State: q.State, Service: q.Service, Limit: q.Limit})
}

// JudgeComment implements web.Moderator. Who decided what is in the log too.
func (m moderator) JudgeComment(ctx context.Context, id string, to outcry.CommentState, by string) (outcry.Comment, error) {
	c, err := m.store.JudgeComment(ctx, id, to, by, m.now())
	if err != nil {
		return c, err
	}
	m.log.Info("comment: decided", "id", c.ID, "service", c.Service, "state", string(to), "by", by)
	m.refresh(ctx)
	return c, nil
}

// commentLimits are the intake's part.
func commentLimits(cfg *config.Config, c *intake.Config) {
	c.Comments = map[string]bool{}
	for i := range cfg.Services {
		s := &cfg.Services[i]
		c.Comments[s.ID] = s.Comments == config.CommentsHeld || s.Comments == config.CommentsOpen
	}
	c.CommentLimit = intake.Limit{Rate: cfg.Comments.Limit.PerSecond(), Burst: cfg.Comments.Burst}
}
