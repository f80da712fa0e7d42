package postbox

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
)

// Bounds of what is taken.
const (
	maxBatch  = 10 << 20 // bytes of a body
	maxLine   = 64 << 10
	maxErrors = 100 // that are listed; all are counted
	batch     = 500 // signals that are sent at a time
)

// post is one line.
type post struct {
	Text    string    `json:"text"`
	Author  string    `json:"author"`
	Source  string    `json:"source"`
	At      time.Time `json:"at"`
	ID      string    `json:"id"`
	Service string    `json:"service"`
	Repost  bool      `json:"repost"`
}

// taken is the answer.
type taken struct {
	Accepted int       `json:"accepted"`
	Refused  int       `json:"refused"`
	Signals  int       `json:"signals"` // of posts that are about a watched service
	Errors   []refusal `json:"errors,omitempty"`
}

type refusal struct {
	Line    int    `json:"line"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

func (b *Box) posts(w http.ResponseWriter, r *http.Request) error {
	lines := bufio.NewScanner(http.MaxBytesReader(w, r.Body, maxBatch))
	lines.Buffer(nil, maxLine)
	var out taken
	var signals []outcry.Signal
	now := time.Now().UTC()
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		p, field, err := b.parse(lines.Bytes(), now)
		if err != nil {
			out.refuse(n, field, err)
			continue
		}
		out.Accepted++
		signals = append(signals, b.Reader.Read(p)...)
		if len(signals) >= batch {
			if err := b.Sender.Send(r.Context(), signals); err != nil {
				return fmt.Errorf("keep posts: %w", err)
			}
			out.Signals += len(signals)
			signals = signals[:0]
		}
	}
	if err := lines.Err(); err != nil {
		return outcry.Wrap(outcry.CodeTooLarge, err, "read posts: a body is at most %d MiB, a line %d KiB", maxBatch>>20, maxLine>>10)
	}
	if len(signals) > 0 {
		if err := b.Sender.Send(r.Context(), signals); err != nil {
			return fmt.Errorf("keep posts: %w", err)
		}
	}
	out.Signals += len(signals)
	return answer(w, &out)
}

func (t *taken) refuse(line int, field string, err error) {
	t.Refused++
	if len(t.Errors) < maxErrors {
		t.Errors = append(t.Errors, refusal{line, field, err.Error()})
	}
}

// oldest is how far back a post may be dated, and newest how far ahead.
const (
	oldest = 72 * time.Hour
	newest = 5 * time.Minute
)

func (b *Box) parse(line []byte, now time.Time) (posts.Post, string, error) {
	var in post
	if err := json.Unmarshal(line, &in, json.RejectUnknownMembers(true)); err != nil {
		return posts.Post{}, "", fmt.Errorf("not a post: %w", err)
	}
	switch {
	case in.Text == "":
		return posts.Post{}, "text", fmt.Errorf("is required")
	case in.At.IsZero():
		in.At = now
	case now.Sub(in.At) > oldest || in.At.Sub(now) > newest:
		return posts.Post{}, "at", fmt.Errorf("%s is too far from now", in.At.Format(time.RFC3339))
	}
	if err := b.known(in.Service); err != nil {
		return posts.Post{}, "service", err
	}
	return posts.Post{
		At: in.At.UTC().Truncate(time.Millisecond), Text: in.Text, Author: in.Author, Source: in.Source, ID: in.ID, About: in.Service, Repost: in.Repost,
	}, "", nil
}

func answer(w http.ResponseWriter, out *taken) error {
	status := http.StatusAccepted
	if out.Accepted == 0 && out.Refused > 0 {
		status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.MarshalWrite(w, out, jsontext.Multiline(false))
}
