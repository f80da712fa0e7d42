package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// within bounds one request to a target.
const within = 30 * time.Second

// WebDAV writes to a WebDAV server (RFC 4918).
type WebDAV struct {
	client         *http.Client
	base           *url.URL
	user, password string
	made           map[string]bool // collections that are there
}

// NewWebDAV writes below an address; user and password may be empty.
func NewWebDAV(client *http.Client, base, user, password string) (*WebDAV, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, errors.New("the mirror's WebDAV address is no URL")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return &WebDAV{client: bounded(client), base: u, user: user, password: password, made: make(map[string]bool)}, nil
}

// bounded makes a client that follows nobody and does not wait for ever.
func bounded(c *http.Client) *http.Client {
	out := *c
	out.Timeout, out.Jar = within, nil
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

func (d *WebDAV) String() string { return d.base.Redacted() }

// Put implements [Target].
func (d *WebDAV) Put(ctx context.Context, name, contentType string, body []byte) error {
	if err := d.collections(ctx, path.Dir(name)); err != nil {
		return err
	}
	status, err := d.do(ctx, http.MethodPut, name, contentType, body)
	if err == nil && status/100 != 2 {
		d.made = make(map[string]bool) // somebody may have cleared them away
		err = fmt.Errorf("PUT answers %d", status)
	}
	return err
}

// collections makes those that lead to a name.
func (d *WebDAV) collections(ctx context.Context, dir string) error {
	if dir == "." || d.made[dir] {
		return nil
	}
	if err := d.collections(ctx, path.Dir(dir)); err != nil {
		return err
	}
	status, err := d.do(ctx, "MKCOL", dir+"/", "", nil)
	if err != nil {
		return err
	}
	if status/100 != 2 && status != http.StatusMethodNotAllowed { // 405: it is there (RFC 4918, 9.3.1)
		return fmt.Errorf("MKCOL %s answers %d", dir, status)
	}
	d.made[dir] = true
	return nil
}

// Delete implements [Target].
func (d *WebDAV) Delete(ctx context.Context, name string) error {
	status, err := d.do(ctx, http.MethodDelete, name, "", nil)
	if err == nil && status/100 != 2 && status != http.StatusNotFound {
		err = fmt.Errorf("DELETE answers %d", status)
	}
	return err
}

func (d *WebDAV) do(ctx context.Context, method, name, contentType string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, d.base.JoinPath(name).String(), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make the request: %w", err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if d.user != "" || d.password != "" {
		req.SetBasicAuth(d.user, d.password)
	}
	return answered(d.client, req)
}

// answered sends a request and gives the status; the answer's body tells
// nothing.
func answered(c *http.Client, req *http.Request) (status int, err error) {
	resp, err := c.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address may hold a secret
		}
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as it matters
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, nil
}
