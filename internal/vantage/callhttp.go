package vantage

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// speaksHTTP reports whether the core's address is that of its pages.
func (c *Client) speaksHTTP() bool { return c.core.Scheme == "https" || c.core.Scheme == "http" }

// callHTTP does one request to the core.
func (c *Client) callHTTP(ctx context.Context, q question) (said answer, err error) {
	method, path := http.MethodGet, "checks"
	if q.results != nil {
		method, path = http.MethodPost, "results"
	}
	token, err := c.cfg.Token()
	if err != nil {
		return said, err
	}
	target := c.core.JoinPath("/api/v1/vantage/", path)
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(q.results))
	if err != nil {
		return said, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if q.tag != "" {
		req.Header.Set("If-None-Match", strconv.Quote(q.tag))
	}
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return said, outcry.Wrap(outcry.CodeUnavailable, err, "ask the core %s", c.cfg.Core)
	}
	defer res.Body.Close()
	said = answer{same: res.StatusCode == http.StatusNotModified, tag: tagOf(res.Header.Get("ETag"))}
	if said.body, err = io.ReadAll(io.LimitReader(res.Body, maxAgenda)); err != nil {
		return said, outcry.Wrap(outcry.CodeUnavailable, err, "read the answer of %s", c.cfg.Core)
	}
	return said, refusal(res.StatusCode, c.cfg.Core)
}

// tagOf is the tag in an ETag; a proxy that compresses weakens it.
func tagOf(etag string) string {
	tag, err := strconv.Unquote(strings.TrimPrefix(etag, "W/"))
	if err != nil {
		return ""
	}
	return tag
}

// refusal makes an error of a status that is none of success.
func refusal(status int, core string) error {
	switch {
	case status < 300 || status == http.StatusNotModified:
		return nil
	case status == http.StatusUnauthorized:
		return refused(outcry.CodeUnauthorized, core)
	case status == http.StatusForbidden:
		return refused(outcry.CodeForbidden, core)
	case status == http.StatusTooManyRequests:
		return refused(outcry.CodeTooMany, core)
	case status >= 400 && status < 500:
		return outcry.Errorf(outcry.CodeInvalid, "%s answered %d: is it of another version, or another server?", core, status)
	default:
		return outcry.Errorf(outcry.CodeUnavailable, "%s answered %d", core, status)
	}
}

// refused is the error of a core that does not want us, or not now.
func refused(code outcry.Code, core string) error {
	switch code {
	case outcry.CodeUnauthorized:
		return outcry.Errorf(code, "%s does not know this token", core)
	case outcry.CodeForbidden:
		return outcry.Errorf(code, "%s has revoked this vantage", core)
	default:
		return outcry.Errorf(outcry.CodeUnavailable, "%s takes no more at the moment", core)
	}
}
