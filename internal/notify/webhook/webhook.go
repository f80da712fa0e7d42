package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify"
)

// Config is one subscriber's endpoint.
type Config struct {
	URL       string        // http or https
	Secret    string        // "whsec_" and base64, or 16 bytes of text and more
	Timeout   time.Duration // of an attempt, answer included; 0: 10 s
	Site      string        // base of the links to incidents; may be empty
	UserAgent string        // default "Outcry"
	// Client makes the connections: give it a transport whose dialer refuses
	// what a stranger may not reach. nil: http.DefaultTransport, unguarded.
	Client *http.Client
	Now    func() time.Time // default time.Now
}

const defaultTimeout = 10 * time.Second

// Channel posts notices to one endpoint. It is safe for concurrent use.
type Channel struct {
	url    string
	key    []byte
	site   string
	agent  string
	client http.Client
	now    func() time.Time
}

var _ notify.Channel = (*Channel)(nil)

// New makes a channel, or says which field is wrong.
func New(c Config) (*Channel, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, outcry.FieldErrorf("url", "must be an absolute http or https URL")
	}
	key, err := keyOf(c.Secret)
	if err != nil {
		return nil, err
	}
	ch := &Channel{url: c.URL, key: key, site: strings.TrimRight(c.Site, "/"), agent: c.UserAgent, now: c.Now}
	if c.Client != nil {
		ch.client = *c.Client
	}
	ch.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ch.client.Timeout, ch.client.Jar = c.Timeout, nil
	if c.Timeout <= 0 {
		ch.client.Timeout = defaultTimeout
	}
	if ch.agent == "" {
		ch.agent = "Outcry"
	}
	if ch.now == nil {
		ch.now = time.Now
	}
	return ch, nil
}

// Send posts one notice and waits for the receiver's answer.
func (c *Channel) Send(ctx context.Context, n outcry.Notice) error {
	body, err := json.Marshal(payloadOf(&n, c.link(n.Incident.ID)))
	if err != nil {
		return &notify.Failure{Permanent: true, Err: fmt.Errorf("write the notice as JSON: %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return &notify.Failure{Permanent: true, Err: errors.New("make the request: the URL cannot be used")}
	}
	now := c.now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Webhook-Id", n.ID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("Webhook-Signature", sign(c.key, n.ID, now, body))
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("post the notice: %w", withoutURL(err))
	}
	return answer(resp, now)
}

func (c *Channel) link(incident string) string {
	if c.site == "" {
		return ""
	}
	return c.site + "/incidents/" + url.PathEscape(incident)
}

// withoutURL takes the address, which may hold a secret, out of an error of
// net/http.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
