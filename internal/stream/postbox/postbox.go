// Package postbox takes posts and help-desk tickets over HTTP, from callers with
// a token:
//
//	POST /api/v1/posts                NDJSON, a post a line: {"text","author","source","at","id","service","repost"}
//	POST /api/v1/tickets/{desk}       a webhook of zendesk, intercom, freshdesk, or generic
//
// Only text is required of a post. A ticket that complains becomes a report,
// with the customer's organisation as its segment: often the earliest crowd that
// an operator has. An answer of 202 means that the stream has it on disk.
package postbox

import (
	"context"
	"net/http"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
)

// Reader reads a post into signals. It may be called by several goroutines.
type Reader interface {
	Read(p posts.Post) []outcry.Signal
}

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Door is who comes in, and how errors are said.
type Door interface {
	// Allowed reports whether a request has a token that may report.
	Allowed(r *http.Request) bool
	// Fail answers with an error.
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Box takes posts and tickets.
type Box struct {
	Reader   Reader
	Sender   Sender
	Door     Door
	Services map[string]bool // IDs that a post or ticket may be said to be about
}

// Handlers are what to mount, by ServeMux pattern.
func (b *Box) Handlers() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/posts":          b.guarded(b.posts),
		"POST /api/v1/tickets/{desk}": b.guarded(b.ticket),
	}
}

// guarded asks for a token before anything is read.
func (b *Box) guarded(next func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !b.Door.Allowed(r) {
			b.Door.Fail(w, r, outcry.Errorf(outcry.CodeUnauthorized, "this needs a token with the role report, as Authorization: Bearer TOKEN"))
			return
		}
		if err := next(w, r); err != nil {
			b.Door.Fail(w, r, err)
		}
	})
}

func (b *Box) known(service string) error {
	if service != "" && !b.Services[service] {
		return outcry.FieldErrorf("service", "%q is no service", service)
	}
	return nil
}
