package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"
)

// commentsCmd talks to a running server about what people wrote.
type commentsCmd struct {
	remote

	List    commentsList    `cmd:"" help:"List them, newest first: those that wait for somebody to read them."`
	Approve commentsApprove `cmd:"" help:"Show comments on their services' pages."`
	Reject  commentsReject  `cmd:"" help:"Show comments no more, or never."`
}

func (c *commentsCmd) call(ctx context.Context, method, path string, into any) error {
	return c.remote.call(ctx, method, "/api/v1/comments"+path, nil, into)
}

// remoteComment is a comment as the API gives it.
type remoteComment struct {
	ID        string     `json:"id"`
	Service   string     `json:"service"`
	Symptom   string     `json:"symptom"`
	At        time.Time  `json:"at"`
	State     string     `json:"state"`
	Text      string     `json:"text"`
	DecidedAt *time.Time `json:"decided_at"`
	DecidedBy string     `json:"decided_by"`
}

type commentsList struct {
	State   string `help:"held (nobody has decided), shown, rejected or all." enum:"held,shown,rejected,all" default:"held"`
	Service string `help:"Only those about one service." short:"s"`
	Limit   int    `help:"At most so many." default:"100"`
	JSON    bool   `name:"json" help:"As JSON."`
}

// Run carries out outcry comments list.
func (l *commentsList) Run(ctx context.Context, s *streams, c *cli) error {
	q := url.Values{"limit": {fmt.Sprint(l.Limit)}}
	if l.State != "all" {
		q.Set("state", l.State)
	}
	if l.Service != "" {
		q.Set("service", l.Service)
	}
	var all struct {
		Comments []remoteComment `json:"comments"`
	}
	if err := c.Comments.call(ctx, http.MethodGet, "?"+q.Encode(), &all); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, all)
	}
	w := tabwriter.NewWriter(s.text(), 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tSERVICE\tSYMPTOM\tAT\tTEXT")
	for i := range all.Comments {
		x := &all.Comments[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.State, x.Service, harmless(x.Symptom), clock(&x.At), harmless(x.Text))
	}
	return w.Flush()
}

// commentsDecide is a decision about some comments.
type commentsDecide struct {
	IDs []string `arg:"" name:"id" help:"The comments."`
}

func (x *commentsDecide) do(ctx context.Context, s *streams, c *cli, verb string) error {
	for _, id := range x.IDs {
		var now remoteComment
		if err := c.Comments.call(ctx, http.MethodPost, "/"+url.PathEscape(id)+"/"+verb, &now); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.text(), "%s  %s: %s\n", now.ID, now.Service, now.State); err != nil {
			return err
		}
	}
	return nil
}

type (
	commentsApprove struct{ commentsDecide }
	commentsReject  struct{ commentsDecide }
)

// Run carries out outcry comments approve.
func (x *commentsApprove) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "approve")
}

// Run carries out outcry comments reject.
func (x *commentsReject) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "reject")
}
