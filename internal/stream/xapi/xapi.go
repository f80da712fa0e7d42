// Package xapi follows X by the filtered stream of its API v2: posts that match
// rules, as lines of JSON over HTTP, with an empty line every 20 seconds
// (docs.x.com/x-api/posts/filtered-stream). The rules that the configuration
// names are put in place at each connection; others that the account has are
// left alone. After a break up to five minutes are asked for again
// (backfill_minutes), where the account's plan has that.
package xapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

// Bounds of a connection.
const (
	maxLine   = 1 << 20
	idle      = 60 * time.Second // three missed signs of life
	maxAnswer = 1 << 20
)

// ruleTag marks the rules that are ours.
const ruleTag = "outcry"

// Source is the stream of one account.
type Source struct {
	base     *url.URL
	token    func() (string, error)
	rules    []string
	backfill bool
	web      *stream.Web
}

// New makes a source. The address is that of the API, https://api.x.com; rules
// are in X's own query language; backfill asks for what a break missed.
func New(address string, rules []string, backfill bool, token func() (string, error), web *stream.Web) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q must look like https://api.x.com", address)
	}
	return &Source{base: u, token: token, rules: rules, backfill: backfill, web: web}, nil
}

// line is one post, or an error of the stream.
type line struct {
	Data struct {
		ID         string    `json:"id"`
		Text       string    `json:"text"`
		AuthorID   string    `json:"author_id"`
		CreatedAt  time.Time `json:"created_at"`
		References []struct {
			Type string `json:"type"`
		} `json:"referenced_tweets"`
	} `json:"data"`
	Errors []struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	} `json:"errors"`
}

// Follow implements stream.Source.
func (s *Source) Follow(ctx context.Context, cursor string, take stream.Take) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	if err := s.arrange(ctx, token); err != nil {
		return err
	}
	u := s.base.JoinPath("/2/tweets/search/stream")
	q := url.Values{"tweet.fields": {"created_at,author_id,referenced_tweets"}}
	if s.backfill && cursor != "" {
		q.Set("backfill_minutes", "5")
	}
	u.RawQuery = q.Encode()
	body, err := s.web.Get(ctx, u.String(), token, idle)
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue // a sign of life
		}
		var l line
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue // one line that is none is not worth the connection
		}
		if len(l.Errors) > 0 && l.Data.ID == "" {
			return fmt.Errorf("%s ended the stream: %s", s.base.Host, strings.TrimSpace(l.Errors[0].Title+" "+l.Errors[0].Detail))
		}
		if err := pass(&l, take); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read from %s: %w", s.base.Host, err)
	}
	return fmt.Errorf("%s closed the stream", s.base.Host)
}

func pass(l *line, take stream.Take) error {
	d := &l.Data
	if d.ID == "" || d.CreatedAt.IsZero() {
		return nil
	}
	p := posts.Post{At: d.CreatedAt.UTC(), Text: d.Text, Author: d.AuthorID, Source: "x", ID: d.ID}
	for _, r := range d.References {
		p.Repost = p.Repost || r.Type == "retweeted"
	}
	if p.Repost { // "RT @somebody: …" stands before the text of the first
		if _, text, ok := strings.Cut(p.Text, ": "); ok && strings.HasPrefix(p.Text, "RT @") {
			p.Text = text
		}
	}
	return take(p, d.ID)
}

// rule is one of the account's rules.
type rule struct {
	ID    string `json:"id,omitempty"`
	Value string `json:"value"`
	Tag   string `json:"tag,omitempty"`
}

// arrange sees to it that our rules are those of the configuration.
func (s *Source) arrange(ctx context.Context, token string) error {
	u := s.base.JoinPath("/2/tweets/search/stream/rules").String()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return err
	}
	var have struct {
		Data []rule `json:"data"`
	}
	if err := s.ask(req, token, &have); err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	var add []rule
	for _, want := range s.rules {
		if !slices.ContainsFunc(have.Data, func(r rule) bool { return r.Value == want }) {
			add = append(add, rule{Value: want, Tag: ruleTag})
		}
	}
	var drop []string
	for _, r := range have.Data {
		if r.Tag == ruleTag && !slices.Contains(s.rules, r.Value) {
			drop = append(drop, r.ID)
		}
	}
	if len(add) > 0 {
		if err := s.post(ctx, token, u, map[string]any{"add": add}); err != nil {
			return fmt.Errorf("add rules: %w", err)
		}
	}
	if len(drop) > 0 {
		if err := s.post(ctx, token, u, map[string]any{"delete": map[string]any{"ids": drop}}); err != nil {
			return fmt.Errorf("take rules away: %w", err)
		}
	}
	return nil
}

func (s *Source) post(ctx context.Context, token, target string, what any) error {
	data, err := json.Marshal(what)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	var answer struct {
		Errors []struct {
			Title string `json:"title"`
		} `json:"errors"`
	}
	if err := s.ask(req, token, &answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("refused: %s", answer.Errors[0].Title)
	}
	return nil
}

func (s *Source) ask(req *http.Request, token string, into any) error {
	body, err := s.web.Do(req, token, idle)
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := stream.ReadAll(body, maxAnswer)
	if err != nil {
		return fmt.Errorf("read from %s: %w", s.base.Host, err)
	}
	return json.Unmarshal(data, into)
}
