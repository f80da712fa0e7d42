// Package reddit follows new posts and comments of a subreddit or a search by
// polling its listing (reddit.com/dev/api): /r/NAME/new.json,
// /r/NAME/comments.json, /search.json?q=…&sort=new. The cursor is the full name
// of the newest thing that was handed over; a round asks for at most a hundred.
package reddit

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

const (
	maxBody = 8 << 20
	idle    = 30 * time.Second
)

// Source is one listing.
type Source struct {
	url   *url.URL
	about string
	token func() (string, error)
	web   *stream.Web
}

// New makes a source of a listing's address; about is the service that it is
// about, empty for those that posts name; the token may give nothing.
func New(address, about string, token func() (string, error), web *stream.Web) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !strings.HasSuffix(u.Path, ".json") {
		return nil, fmt.Errorf("%q must look like https://www.reddit.com/r/verizon/new.json", address)
	}
	return &Source{url: u, about: about, token: token, web: web}, nil
}

type listing struct {
	Data struct {
		Children []child `json:"children"`
	} `json:"data"`
}

type child struct {
	Data thing `json:"data"`
}

// thing is a post or a comment.
type thing struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Self    string  `json:"selftext"`
	Body    string  `json:"body"`
	Author  string  `json:"author"`
	Created float64 `json:"created_utc"`
}

// Follow implements stream.Source: one round.
func (s *Source) Follow(ctx context.Context, cursor string, take stream.Take) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	u := *s.url
	q := u.Query()
	q.Set("limit", "100")
	u.RawQuery = q.Encode()
	body, err := s.web.Get(ctx, u.String(), token, idle)
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := stream.ReadAll(body, maxBody)
	if err != nil {
		return fmt.Errorf("read from %s: %w", s.url.Host, err)
	}
	l, err := parse(data)
	if err != nil {
		return fmt.Errorf("read the listing of %s: %w", s.url.Host, err)
	}
	return s.pass(l, cursor, take)
}

func parse(data []byte) (*listing, error) {
	var l listing
	return &l, json.Unmarshal(data, &l)
}

// pass hands over what is newer than the cursor, oldest first. The first time,
// and when the cursor's thing is gone, things of the last minutes are new.
func (s *Source) pass(l *listing, cursor string, take stream.Take) error {
	name, when, _ := strings.Cut(cursor, "@")
	since, err := time.Parse(time.RFC3339, when)
	if err != nil {
		since = time.Now().Add(-time.Minute)
	}
	list := l.Data.Children
	if i := slices.IndexFunc(list, func(c child) bool { return c.Data.Name == name }); i >= 0 {
		list = list[:i]
	}
	for i := len(list) - 1; i >= 0; i-- {
		t := &list[i].Data
		at, ok := instant(t.Created)
		if !ok || t.Name == "" || at.Before(since) {
			continue
		}
		p := posts.Post{
			At: at, Text: strings.TrimSpace(t.Title + " " + t.Self + t.Body), Author: t.Author, Source: "reddit", ID: t.Name, About: s.about,
		}
		if err := take(p, t.Name+"@"+at.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	return nil
}

func instant(unix float64) (time.Time, bool) {
	if !(unix > 0 && unix < math.MaxInt32*2) {
		return time.Time{}, false
	}
	return time.Unix(int64(unix), 0).UTC(), true
}
