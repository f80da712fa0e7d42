package deskcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// Bounds of what is read, in bytes.
const (
	maxBody   = 64 << 10
	maxHeader = 64 << 10
)

// How often an answer is asked for: soon at first, then less often.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
)

// desk is one conversation with the business.
type desk struct {
	*prober
	key    []byte
	id     string
	client *http.Client
	spare  chan net.Conn // the first connection, until it is used

	asked    time.Time
	answered time.Time
	took     time.Duration
	answer   string
	later    *url.URL // where the answer will be; nil: it has come
}

func newDesk(p *prober, key []byte, conn net.Conn) *desk {
	d := &desk{prober: p, key: key, id: probe.Token(), spare: make(chan net.Conn, 1)}
	d.spare <- conn
	d.client = &http.Client{
		Transport:     &http.Transport{DialContext: d.dial, DialTLSContext: d.dial, MaxResponseHeaderBytes: maxHeader, MaxConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return d
}

// leave closes what is open.
func (d *desk) leave() {
	d.client.CloseIdleConnections()
	select {
	case conn := <-d.spare:
		_ = conn.Close() //nolint:errcheck // nobody has used it
	default:
	}
}

// dial gives the connection that is there, and makes another one when the
// business has closed that.
func (d *desk) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	select {
	case conn := <-d.spare:
		return conn, nil
	default:
	}
	return d.Again(ctx)
}

// ask puts the customer's message before the business.
func (d *desk) ask(ctx context.Context) (string, error) {
	d.asked = time.Now()
	body, err := json.Marshal(map[string]string{
		"type": "message.created", "id": d.id, "conversation": d.id, "from": "customer", "text": d.opts.Ask,
		"at": d.now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return "", fmt.Errorf("write the message: %w", err)
	}
	r, err := d.exchange(ctx, http.MethodPost, d.URL, body)
	if err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	switch code := r.code; {
	case code == http.StatusOK && r.text != "":
		d.answer, d.answered = r.text, time.Now()
	case code == http.StatusOK || code == http.StatusAccepted:
		if d.later, err = d.whereTo(r.location); err != nil {
			return "", err
		}
	default:
		return "", refused(code)
	}
	return fmt.Sprintf("status %d", r.code), nil
}

// whereTo reads where the answer is going to be.
func (d *desk) whereTo(location string) (*url.URL, error) {
	if location == "" {
		return nil, fault(probe.ReasonProtocol, "the message was taken, with neither an answer nor a Location where it will be")
	}
	ref, err := url.Parse(location)
	if err != nil {
		return nil, fault(probe.ReasonRedirect, "the Location of the answer is no address")
	}
	to := d.URL.ResolveReference(ref)
	if to.Scheme != d.URL.Scheme || !strings.EqualFold(to.Host, d.URL.Host) || to.User != nil {
		return nil, fault(probe.ReasonRedirect, "the Location of the answer is at another host than the webhook")
	}
	return to, nil
}

// refused is the error of a status that is no answer.
func refused(code int) error {
	reason := probe.ReasonStatus
	switch {
	case code == http.StatusTooManyRequests:
		reason = probe.ReasonThrottled
	case code/100 == 3:
		reason = probe.ReasonRedirect
	case code/100 == 4:
		reason = probe.ReasonRejected
	}
	return fault(reason, "the business answers with status %d", code)
}

// wait asks for the answer until it is there, and judges it.
func (d *desk) wait(ctx context.Context) (string, error) {
	for pause := firstPause; d.answered.IsZero(); pause = min(pause*3/2, maxPause) {
		if !probe.Sleep(ctx, pause) {
			return "", d.nobody()
		}
		err := d.look(ctx)
		if err != nil && (ctx.Err() != nil || probe.Classify(err) == probe.ReasonTimeout) {
			return "", d.nobody()
		}
		if err != nil {
			return "", fmt.Errorf("look for the answer: %w", err)
		}
	}
	d.took = d.answered.Sub(d.asked)
	switch {
	case !d.expect.MatchString(d.answer):
		return "", fault(probe.ReasonWrongAnswer, "the answer is %.60q, wanted /%s/", d.answer, d.expect)
	case d.took > d.opts.Within:
		return "", fault(probe.ReasonAnsweredLate, "answered after %s, wanted within %s", probe.Took(d.took), d.opts.Within)
	}
	return fmt.Sprintf("%.60q", d.answer), nil
}

func (d *desk) nobody() error {
	return fault(probe.ReasonNobodyAnswered, "nobody answered within %s", probe.Took(time.Since(d.asked)))
}

// look asks once whether there is an answer.
func (d *desk) look(ctx context.Context) error {
	r, err := d.exchange(ctx, http.MethodGet, d.later, nil)
	if err != nil {
		return err
	}
	switch r.code {
	case http.StatusAccepted, http.StatusNoContent, http.StatusNotFound:
		return nil
	case http.StatusOK:
		if r.text != "" {
			d.answer, d.answered = r.text, time.Now()
		}
		return nil
	}
	return refused(r.code)
}

// reply is what the business answers to one request.
type reply struct {
	code           int
	location, text string
}

// exchange sends a signed request, and reads its answer's text. Errors do not
// repeat the address, whose path may be a secret.
func (d *desk) exchange(ctx context.Context, method string, to *url.URL, body []byte) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return reply{}, errors.New("the address cannot be asked")
	}
	req.Header.Set("User-Agent", d.agent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	sign(req.Header, d.key, d.id, d.now(), body)
	resp, err := d.client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return reply{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing follows from it
	text, err := textOf(resp)
	return reply{resp.StatusCode, resp.Header.Get("Location"), text}, err
}

// textOf reads the text of an answer; empty: it has none.
func textOf(resp *http.Response) (string, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the answer: %w", err)
	case len(b) > maxBody:
		return "", fault(probe.ReasonTooLarge, "the answer is of more than %d bytes", maxBody)
	case resp.StatusCode != http.StatusOK || len(bytes.TrimSpace(b)) == 0:
		return "", nil
	}
	var answer struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return "", fault(probe.ReasonProtocol, "the answer is no JSON object with a text")
	}
	return strings.TrimSpace(answer.Text), nil
}
