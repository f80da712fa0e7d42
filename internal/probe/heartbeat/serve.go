package heartbeat

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Refuse answers a call with an error, as the site answers.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// Word is what a call says.
type Word string

// The words: the last part of the address.
const (
	Done  Word = ""
	Start Word = "start"
	Fail  Word = "fail"
)

// maxMessage is how much of a failure's message is read, in bytes.
const maxMessage = 10 << 10

// Handlers are the routes of the calls, by ServeMux pattern.
func (b *Beats) Handlers() map[string]http.Handler {
	const path = "POST /api/v1/heartbeat/{token}"
	return map[string]http.Handler{path: b.handler(Done), path + "/start": b.handler(Start), path + "/fail": b.handler(Fail)}
}

func (b *Beats) handler(word Word) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := b.take(r.Context(), r.PathValue("token"), word, r.Body); err != nil {
			if outcry.CodeOf(err) == outcry.CodeTooMany {
				w.Header().Set("Retry-After", "1")
			}
			b.refuse(w, discreet(r), err)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, "{\"status\":\"ok\"}\n") //nolint:errcheck // the job has gone
	})
}

// discreet is the request without the token in its address, for the log.
func discreet(r *http.Request) *http.Request {
	quiet := *r
	u := *r.URL
	u.Path, u.RawPath, u.RawQuery = "/api/v1/heartbeat/…", "", ""
	quiet.URL, quiet.RequestURI = &u, ""
	return &quiet
}

// take keeps one call.
func (b *Beats) take(ctx context.Context, token string, word Word, body io.Reader) error {
	key := digest(token) // looking up a digest tells nothing by its time
	b.mu.Lock()
	j := b.jobs[key]
	b.mu.Unlock()
	switch {
	case j == nil && !b.strangers.AllowN(b.now(), 1), j != nil && !j.limit.AllowN(b.now(), 1):
		return outcry.Errorf(outcry.CodeTooMany, "too many calls: one a second is enough")
	case j == nil:
		return outcry.Errorf(outcry.CodeNotFound, "no job has this token")
	case b.store == nil:
		return outcry.Errorf(outcry.CodeUnavailable, "this process does not take heartbeats")
	}
	message := ""
	if word == Fail {
		text, err := io.ReadAll(io.LimitReader(body, maxMessage))
		if err != nil {
			return outcry.Wrap(outcry.CodeInvalid, err, "the message could not be read")
		}
		message = probe.Printable(strings.TrimSpace(string(text)))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return b.note(ctx, key, word, message)
}

// note puts a call behind those that were heard before.
func (b *Beats) note(ctx context.Context, key string, word Word, message string) error {
	var h heard
	if err := b.get(ctx, nameHeard+key, &h); err != nil && outcry.CodeOf(err) != outcry.CodeNotFound {
		return err
	}
	now := b.now().UTC().Truncate(time.Millisecond)
	switch word {
	case Start:
		h.Began = now
	case Fail:
		h.Failed, h.Message, h.Began = now, message, time.Time{}
	default:
		h = heard{Done: now} // whatever was before is over
	}
	return b.put(ctx, nameHeard+key, h)
}
