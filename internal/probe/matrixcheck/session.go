package matrixcheck

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// Bounds of what is read, in bytes, and of how long a /sync may wait.
const (
	maxBody   = 1 << 20
	maxHeader = 64 << 10
	longPoll  = 10 * time.Second
	goodbye   = 250 * time.Millisecond // for signing out when the check's time is over
	parting   = 2 * time.Second        // for signing out otherwise: a device is left where it does not come about
	pause     = 100 * time.Millisecond // from one /sync to the next, where a homeserver does not wait
)

// account is one that was verified, and how to get there.
type account struct {
	Account
	field  string // in the configuration: "sender"
	base   *url.URL
	addr   string
	cfg    *tls.Config // nil: without TLS
	tls    probe.TLSOptions
	env    probe.Env
	device string // to sign in as; empty: a new one each time
}

// session is an account that is signed in.
type session struct {
	*account
	client *http.Client
	spare  chan net.Conn // the first connection, until it is used
	user   string
	token  string
	own    bool // the token is of this run
	since  string
	asked  time.Time // when the last /sync began
}

// signIn brings the account online, and learns from where on to listen. What it
// gives is to be left also after an error.
func (a *account) signIn(ctx context.Context, trail *probe.Trail, room string) (*session, error) {
	trail.Side(a.field)
	defer trail.Side("")
	conn, err := trail.Secure(ctx, a.env.Own(), a.addr, a.cfg, a.tls)
	if err != nil {
		return nil, err
	}
	s := &session{account: a, user: a.User, spare: make(chan net.Conn, 1)}
	s.spare <- conn
	s.client = &http.Client{
		Transport:     &http.Transport{DialContext: s.dial, DialTLSContext: s.dial, MaxResponseHeaderBytes: maxHeader, MaxConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := trail.Do("sign-in", func() (string, error) { return s.login(ctx) }); err != nil {
		return s, err
	}
	return s, trail.Do("sync", func() (string, error) {
		_, err := s.sync(ctx, room)
		return "", err
	})
}

// dial gives the connection that is there, and makes another one when the
// homeserver has closed that.
func (s *session) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	select {
	case conn := <-s.spare:
		return conn, nil
	default:
	}
	conn, err := s.env.Own().DialContext(ctx, network, s.addr)
	if err != nil || s.cfg == nil {
		return conn, err
	}
	tc := tls.Client(conn, s.cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = conn.Close() //nolint:errcheck // the first error is the one to tell
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return tc, nil
}

// login gets an access token, or asks whose the configured one is.
func (s *session) login(ctx context.Context) (string, error) {
	var answer struct {
		UserID string `json:"user_id"`
		Token  string `json:"access_token"`
	}
	if s.Token.IsSet() {
		token, err := probe.ReadSecret(s.field+".token", s.Token)
		if err != nil {
			return "", err
		}
		s.token = token
		err = s.call(ctx, http.MethodGet, "account/whoami", nil, &answer)
		return "by token", s.identify(answer.UserID, err)
	}
	password, err := probe.ReadSecret(s.field+".password", s.Password)
	if err != nil {
		return "", err
	}
	login := map[string]any{
		"type": "m.login.password", "identifier": map[string]string{"type": "m.id.user", "user": s.User},
		"password": password, "initial_device_display_name": "Outcry check",
	}
	if s.device != "" {
		login["device_id"] = s.device
	}
	err = s.call(ctx, http.MethodPost, "login", login, &answer)
	if err == nil && answer.Token == "" {
		err = errors.New("the homeserver signs us in and gives no token")
	}
	s.token, s.own = answer.Token, answer.Token != ""
	return "by password", s.identify(answer.UserID, err)
}

// identify keeps who we are. Here a rejection is one of the account.
func (s *session) identify(user string, err error) error {
	if f, ok := errors.AsType[*probe.Fault](err); ok && f.Reason == probe.ReasonRejected {
		return &probe.Fault{Reason: probe.ReasonSignIn, Err: f.Err}
	}
	if err == nil && user != s.User {
		return fault(probe.ReasonSignIn, "the homeserver takes us for %.60q, the configuration says %s", user, s.User)
	}
	return err
}

// leave signs out, where this run has signed in; nil has nobody to sign out.
func (s *session) leave(ctx context.Context) {
	if s == nil {
		return
	}
	if s.own {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forGoodbye(ctx))
		defer cancel()
		_ = s.call(ctx, http.MethodPost, "logout", struct{}{}, nil) //nolint:errcheck // a homeserver that is away keeps a device that nobody uses
	}
	s.client.CloseIdleConnections()
	select {
	case conn := <-s.spare:
		_ = conn.Close() //nolint:errcheck // nobody has used it
	default:
	}
}

// forGoodbye is how long signing out may take.
func forGoodbye(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return goodbye
	case !ok:
		return parting
	}
	return max(goodbye, min(parting, time.Until(deadline)))
}

// call does one request of the client-server API. Its errors have a reason, and
// hold neither tokens nor passwords.
func (s *session) call(ctx context.Context, method, path string, body, into any) error {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write a request: %w", err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base.String()+"/_matrix/client/v3/"+path, payload)
	if err != nil {
		return errors.New("the homeserver's address cannot be asked")
	}
	req.Header.Set("User-Agent", s.env.Agent())
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return fmt.Errorf("ask the homeserver: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing follows from it
	return s.understand(resp, into)
}

// understand reads an answer, or the refusal that it is.
func (s *session) understand(resp *http.Response, into any) error {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the homeserver's answer: %w", err)
	case len(b) > maxBody:
		return fault(probe.ReasonTooLarge, "an answer of more than %d bytes", maxBody)
	case resp.StatusCode != http.StatusOK:
		return refusal(resp.StatusCode, b)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fault(probe.ReasonProtocol, "the homeserver's answer is not the JSON that the specification wants")
	}
	return nil
}

// refusal gives a status and a standard error (section 5.7) their reason.
func refusal(status int, body []byte) error {
	var standard struct {
		Code string `json:"errcode"`
		Text string `json:"error"`
	}
	if json.Unmarshal(body, &standard) != nil {
		standard.Code = ""
	}
	reason := probe.ReasonStatus
	switch {
	case status == http.StatusTooManyRequests || standard.Code == "M_LIMIT_EXCEEDED":
		reason = probe.ReasonThrottled
	case standard.Code == "M_UNKNOWN_TOKEN" || standard.Code == "M_MISSING_TOKEN" || standard.Code == "M_USER_DEACTIVATED":
		reason = probe.ReasonSignIn
	case status/100 == 3:
		reason = probe.ReasonRedirect
	case status/100 == 4 && standard.Code == "":
		reason = probe.ReasonProtocol // no homeserver says so
	case status/100 == 4:
		reason = probe.ReasonRejected
	}
	return fault(reason, "the homeserver answers with status %d %s %.80q", status, probe.Printable(standard.Code), standard.Text)
}

// joined is what a /sync says of the room.
type joined struct {
	Timeline  events `json:"timeline"`
	Ephemeral events `json:"ephemeral"`
}

type events struct {
	Events []event `json:"events"`
}

type event struct {
	EventID string          `json:"event_id"`
	Type    string          `json:"type"`
	Content json.RawMessage `json:"content"`
}

// sync waits for what is new in the room. The first time it gives what is there,
// at once.
func (s *session) sync(ctx context.Context, room string) (joined, error) {
	if !probe.Sleep(ctx, time.Until(s.asked.Add(pause))) {
		return joined{}, fmt.Errorf("wait for what is new: %w", context.Cause(ctx))
	}
	s.asked = time.Now()
	none := map[string]any{"types": []string{}}
	filter, err := json.Marshal(map[string]any{
		"presence": none, "account_data": none,
		"room": map[string]any{
			"rooms": []string{room}, "state": none, "account_data": none,
			"timeline": map[string]any{"types": []string{"m.room.message"}, "limit": 50}, "ephemeral": map[string]any{"types": []string{"m.receipt"}},
		},
	})
	if err != nil {
		return joined{}, fmt.Errorf("write the filter: %w", err)
	}
	query := url.Values{"filter": {string(filter)}, "timeout": {"0"}}
	if s.since != "" {
		query.Set("since", s.since)
		query.Set("timeout", strconv.FormatInt(longPoll.Milliseconds(), 10))
	}
	var answer struct {
		Next  string `json:"next_batch"`
		Rooms struct {
			Join map[string]joined `json:"join"`
		} `json:"rooms"`
	}
	if err := s.call(ctx, http.MethodGet, "sync?"+query.Encode(), nil, &answer); err != nil {
		return joined{}, err
	}
	if answer.Next == "" {
		return joined{}, fault(probe.ReasonProtocol, "a sync that does not say where to go on")
	}
	first := s.since == ""
	s.since = answer.Next
	if first {
		return joined{}, nil
	}
	return answer.Rooms.Join[room], nil
}
