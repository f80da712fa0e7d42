// Package bluesky follows Bluesky's public posts by a Jetstream: JSON over a
// WebSocket, made of the network's firehose (github.com/bluesky-social/jetstream).
//
// A cursor is the time of an event in microseconds. After a break the stream is
// asked from some seconds before it, as its documentation advises, so that
// nothing falls into the gap; a post's ID sees to it that it counts once.
package bluesky

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

// Bounds of a connection.
const (
	maxMessage = 1 << 20          // bytes of one event
	overlap    = 5 * time.Second  // asked for again after a break
	idle       = 60 * time.Second // the whole network is never silent for so long
	unsaid     = time.Minute      // to wait when there is too much of us, and nobody says how long
)

const collection = "app.bsky.feed.post"

// Source is a Jetstream instance.
type Source struct {
	base *url.URL
	web  *stream.Web
}

// New makes a source of an instance's address, wss://host/subscribe.
func New(address string, web *stream.Web) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "wss" && u.Scheme != "ws" {
		return nil, fmt.Errorf("%q must look like wss://jetstream2.us-east.bsky.network/subscribe", address)
	}
	return &Source{base: u, web: web}, nil
}

// event is what Jetstream sends; only what is needed of it.
type event struct {
	DID    string `json:"did"`
	TimeUS int64  `json:"time_us"`
	Kind   string `json:"kind"`
	Commit struct {
		Operation  string `json:"operation"`
		Collection string `json:"collection"`
		Key        string `json:"rkey"`
		Record     struct {
			Text string `json:"text"`
		} `json:"record"`
	} `json:"commit"`
}

// Follow implements stream.Source.
func (s *Source) Follow(ctx context.Context, cursor string, take stream.Take) error {
	//nolint:bodyclose // the body of a handshake's answer need not be closed
	conn, resp, err := websocket.Dial(ctx, s.address(cursor), &websocket.DialOptions{
		HTTPClient: s.web.Client, HTTPHeader: map[string][]string{"User-Agent": {s.web.Agent}},
	})
	if err != nil {
		return dialError(s.base.Host, resp, err)
	}
	defer conn.CloseNow() //nolint:errcheck // it is over either way
	conn.SetReadLimit(maxMessage)
	for {
		data, err := read(ctx, conn, s.web.Patience(idle))
		if err != nil {
			return fmt.Errorf("read from %s: %w", s.base.Host, err)
		}
		if err := parse(data, take); err != nil {
			return err
		}
	}
}

func dialError(host string, resp *http.Response, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	err = fmt.Errorf("connect to %s: %w", host, err)
	if resp != nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		after := stream.RetryAfter(resp.Header, time.Now())
		if resp.Header.Get("Retry-After") == "" {
			after = unsaid
		}
		return &stream.Throttled{After: after, Err: err}
	}
	return err
}

func read(ctx context.Context, conn *websocket.Conn, idle time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	_, data, err := conn.Read(ctx)
	return data, err
}

// parse hands a new post on. An event that is none is not worth the connection.
func parse(data []byte, take stream.Take) error {
	e := decode(data)
	c := &e.Commit
	if e.Kind != "commit" || c.Operation != "create" || c.Collection != collection || c.Record.Text == "" {
		return nil
	}
	p := posts.Post{
		At: time.UnixMicro(e.TimeUS).UTC(), Text: c.Record.Text, Author: e.DID, Source: "bluesky", ID: e.DID + "/" + c.Key,
	}
	return take(p, strconv.FormatInt(e.TimeUS, 10))
}

// decode reads an event; one that is none is of no kind.
func decode(data []byte) event {
	var e event
	if json.Unmarshal(data, &e) != nil {
		return event{}
	}
	return e
}

// address is where to subscribe from a cursor on.
func (s *Source) address(cursor string) string {
	u := *s.base
	q := u.Query()
	q.Set("wantedCollections", collection)
	if us, err := strconv.ParseInt(cursor, 10, 64); err == nil {
		q.Set("cursor", strconv.FormatInt(us-overlap.Microseconds(), 10))
	}
	u.RawQuery = q.Encode()
	return u.String()
}
