package webpush

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/page"
)

// Name of the channel in notices and metrics.
const Name = "web-push"

// Finder gives a subscriber by ID, or CodeNotFound.
type Finder interface {
	Subscriber(ctx context.Context, id string) (outcry.Subscriber, error)
}

// Config is what a channel sends with.
type Config struct {
	Keys    *Keys
	Contact string // mailto: or https:, for a push service that has a complaint; Apple's wants one
	Hosts   Hosts
	// Client makes the connections: the addresses are strangers', so its dialer
	// must refuse what they may not reach.
	Client *http.Client
	Find   Finder
	Say    func(language string, n *outcry.Notice) page.Call
	Now    func() time.Time
}

// Channel sends notices to subscribers' browsers. It is safe for concurrent use.
type Channel struct {
	Config
	client http.Client
	pauses pauses
}

var _ notify.Channel = (*Channel)(nil)

// New makes a channel.
func New(c Config) *Channel {
	ch := &Channel{Config: c, client: *c.Client, pauses: pauses{until: make(map[string]time.Time)}}
	ch.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ch.client.Jar = nil
	return ch
}

// How long a push service keeps a message for a browser that is away. After
// that, it is no news.
const (
	keepEnd    = 12 * time.Hour
	keepUpdate = time.Hour
)

// GiveUp is how long a word is worth trying to send.
const GiveUp = keepEnd

// Send sends one word to the subscriber that the notice names. Who is there no
// more has nothing to be told.
func (c *Channel) Send(ctx context.Context, n outcry.Notice) error {
	to, err := c.Find.Subscriber(ctx, n.To)
	if outcry.CodeOf(err) == outcry.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	at, err := c.Hosts.read(to.Endpoint)
	if err != nil {
		return &notify.Failure{Permanent: true, Err: err} // it was allowed once
	}
	now := c.Now()
	if wait := c.pauses.wait(at.Host, now); wait > 0 {
		return &notify.Failure{After: wait, Err: errors.New("the push service has asked to wait")}
	}
	req, err := c.request(ctx, &n, &to, at, now)
	if err != nil {
		return &notify.Failure{Permanent: true, Err: err}
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("send to the push service: %w", withoutURL(err))
	}
	err = answer(resp, now)
	if f, ok := errors.AsType[*notify.Failure](err); ok && f.After > 0 {
		c.pauses.set(at.Host, now.Add(f.After))
	}
	return err
}

// request is the message to the push service (RFC 8030, section 5).
func (c *Channel) request(ctx context.Context, n *outcry.Notice, to *outcry.Subscriber, at *url.URL, now time.Time) (*http.Request, error) {
	text, err := json.Marshal(c.Say(to.Language, n))
	if err != nil {
		return nil, fmt.Errorf("write the message as JSON: %w", err)
	}
	body, err := seal(to, text)
	if err != nil {
		return nil, err
	}
	auth, err := c.Keys.authorization(at, c.Contact, now)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("make the request: the endpoint cannot be used")
	}
	keep, urgency := keepUpdate, "normal"
	if n.Kind == outcry.NoticeResolved {
		keep, urgency = keepEnd, "high" // somebody has asked for just this word
	}
	h := req.Header
	h.Set("Authorization", auth)
	h.Set("Content-Encoding", "aes128gcm")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("TTL", strconv.Itoa(int(keep.Seconds())))
	h.Set("Urgency", urgency)
	h.Set("Topic", c.Keys.topic(n.To))
	return req, nil
}

// withoutURL takes the endpoint out of an error of net/http.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
