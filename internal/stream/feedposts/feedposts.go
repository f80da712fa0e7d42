// Package feedposts follows any RSS, Atom or JSON Feed whose entries are
// people's posts: a forum, a search, a subreddit's .rss. It polls by
// conditional requests. The cursor is the time of the newest entry that was
// handed over; entries at that very time come again, and count once by their ID.
package feedposts

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

const (
	maxBody = 8 << 20
	idle    = 30 * time.Second
	maxText = 4000 // bytes of an entry that are read
)

// Source is one feed. It is for one follower.
type Source struct {
	url            *url.URL
	about          string
	web            *stream.Web
	etag, modified string
}

// New makes a source of a feed's address; about is the service that its posts
// are about, empty for those that they name.
func New(address, about string, web *stream.Web) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q must look like https://forum.example.com/latest.rss", address)
	}
	return &Source{url: u, about: about, web: web}, nil
}

// Follow implements stream.Source: one round.
func (s *Source) Follow(ctx context.Context, cursor string, take stream.Take) error {
	data, err := s.fetch(ctx)
	if err != nil || data == nil {
		return err
	}
	list, err := s.read(data)
	if err != nil {
		s.etag, s.modified = "", ""
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, cursor)
	if err != nil { // the first time: what is there is old
		since = time.Now().Add(-time.Minute)
	}
	for _, p := range list {
		if p.At.Before(since) {
			continue
		}
		if err := take(p, p.At.Format(time.RFC3339Nano)); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets the feed; nil when it is as it was.
func (s *Source) fetch(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	if s.etag != "" {
		req.Header.Set("If-None-Match", s.etag)
	}
	if s.modified != "" {
		req.Header.Set("If-Modified-Since", s.modified)
	}
	body, err := s.web.Do(req, "", idle)
	if errors.Is(err, stream.ErrUnchanged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := stream.ReadAll(body, maxBody)
	if err != nil {
		return nil, fmt.Errorf("read from %s: %w", s.url.Host, err)
	}
	s.etag, s.modified = body.Header.Get("ETag"), body.Header.Get("Last-Modified")
	return data, nil
}

// read gives a feed's entries as posts, oldest first.
func (s *Source) read(data []byte) (list []posts.Post, err error) {
	defer func() {
		if v := recover(); v != nil { // a parser of the outside's documents
			err = fmt.Errorf("read the feed of %s: the parser broke on it", s.url.Host)
		}
	}()
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the feed of %s: %w", s.url.Host, err)
	}
	for _, item := range feed.Items {
		at := cmp.Or(item.PublishedParsed, item.UpdatedParsed)
		if at == nil || item.GUID == "" && item.Link == "" {
			continue
		}
		p := posts.Post{
			At: at.UTC(), Text: text(item), Source: s.url.Host, ID: cmp.Or(item.GUID, item.Link), About: s.about,
		}
		for _, a := range item.Authors {
			p.Author = cmp.Or(p.Author, a.Name, a.Email)
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b posts.Post) int { return a.At.Compare(b.At) })
	return list, nil
}

func text(item *gofeed.Item) string {
	body := cmp.Or(item.Description, item.Content)
	if len(body) > maxText {
		body = body[:maxText]
	}
	return stream.Plain(item.Title + " " + strings.ToValidUTF8(body, ""))
}
