// Package mastodon follows the public posts of a Mastodon server, and of those
// that it federates with, by its streaming API: server-sent events
// (docs.joinmastodon.org/methods/streaming). The server does not replay what a
// broken connection missed; that is fetched from the public timeline, from the
// last post's ID on, before the stream is followed again.
package mastodon

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

// Bounds of a connection. The server sends ":thump" every 15 seconds.
const (
	maxLine  = 1 << 20
	maxPages = 10 // of 40 posts, of what was missed
	idle     = 60 * time.Second
)

// Source is one server.
type Source struct {
	base  *url.URL
	token func() (string, error)
	web   *stream.Web
}

// New makes a source of a server's address, https://mastodon.example. The token
// gives an application's access token; most servers ask for one.
func New(address string, token func() (string, error), web *stream.Web) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q must look like https://mastodon.social", address)
	}
	return &Source{base: u, token: token, web: web}, nil
}

// status is a post; only what is needed of it.
type status struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	URI       string    `json:"uri"`
	Content   string    `json:"content"` // HTML
	Account   struct {
		Acct string `json:"acct"`
	} `json:"account"`
	Reblog *status `json:"reblog"`
}

// Follow implements stream.Source.
func (s *Source) Follow(ctx context.Context, cursor string, take stream.Take) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	if err := s.missed(ctx, token, cursor, take); err != nil {
		return err
	}
	body, err := s.web.Get(ctx, s.base.JoinPath("/api/v1/streaming/public").String(), token, idle)
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLine)
	event := ""
	for lines.Scan() {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "event:"); ok {
			event = strings.TrimSpace(name)
			continue
		}
		data, ok := strings.CutPrefix(line, "data:")
		if !ok || event != "update" {
			continue
		}
		var st status
		if err := json.Unmarshal([]byte(data), &st); err != nil {
			continue // one event that is none is not worth the connection
		}
		if err := pass(&st, take); err != nil {
			return err
		}
	}
	return ended(s.base.Host, lines.Err())
}

func ended(host string, err error) error {
	if err == nil {
		return fmt.Errorf("%s closed the stream", host)
	}
	return fmt.Errorf("read from %s: %w", host, err)
}

// missed fetches what came after the cursor, oldest first.
func (s *Source) missed(ctx context.Context, token, cursor string, take stream.Take) error {
	for range maxPages {
		if cursor == "" {
			return nil
		}
		list, err := s.page(ctx, token, cursor)
		if err != nil {
			return err
		}
		slices.Reverse(list) // the server has the newest first
		for i := range list {
			if err := pass(&list[i], take); err != nil {
				return err
			}
			cursor = list[i].ID
		}
		if len(list) == 0 {
			return nil
		}
	}
	return nil
}

func (s *Source) page(ctx context.Context, token, after string) ([]status, error) {
	u := s.base.JoinPath("/api/v1/timelines/public")
	u.RawQuery = url.Values{"limit": {"40"}, "min_id": {after}}.Encode()
	body, err := s.web.Get(ctx, u.String(), token, idle)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := stream.ReadAll(body, 8<<20)
	if err != nil {
		return nil, fmt.Errorf("read the timeline of %s: %w", s.base.Host, err)
	}
	var list []status
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("read the timeline of %s: %w", s.base.Host, err)
	}
	return list, nil
}

func pass(st *status, take stream.Take) error {
	p := posts.Post{At: st.CreatedAt.UTC(), Text: stream.Plain(st.Content), Author: st.Account.Acct, Source: "mastodon", ID: st.URI}
	if st.Reblog != nil {
		p.Text, p.Repost = stream.Plain(st.Reblog.Content), true
	}
	if p.At.IsZero() || p.ID == "" {
		return nil
	}
	return take(p, st.ID)
}
