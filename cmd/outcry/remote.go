package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
)

// remote is a running server, and the data folder where its operator's token is
// when it runs on this machine.
type remote struct {
	Server string `help:"Address of the server." default:"http://localhost:8080" env:"OUTCRY_SERVER" placeholder:"URL"`
	Data   string `help:"Data folder of a server on this machine: its operator's token is read there." default:"outcry-data" env:"OUTCRY_DATA" placeholder:"DIR"`
}

// maxAnswer bounds what is read of the server.
const maxAnswer = 32 << 20

// call does one request of JSON and decodes its answer.
func (r remote) call(ctx context.Context, method, path string, body, into any) error {
	kind, in := "", io.Reader(nil)
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		kind, in = "application/json", bytes.NewReader(b)
	}
	status, answer, err := r.ask(ctx, method, path, kind, in)
	if err != nil {
		return err
	}
	if status >= 300 {
		return r.refused(status, answer)
	}
	return json.Unmarshal(answer, into)
}

// ask does one request and reads its answer.
func (r remote) ask(ctx context.Context, method, path, kind string, body io.Reader) (status int, answer []byte, err error) {
	base, err := url.Parse(r.Server)
	if err != nil || base.Host == "" {
		return 0, nil, outcry.FieldErrorf("server", "%q is no address", r.Server)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(r.Server, "/")+path, body)
	if err != nil {
		return 0, nil, outcry.FieldErrorf("server", "%q is no address", r.Server)
	}
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if t := r.token(); t != "" {
		req.Header.Set("Authorization", "Bearer "+t)
	}
	client := http.Client{Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, outcry.Wrap(outcry.CodeUnavailable, err, "ask the server %s (is it running? --server names another)", r.Server)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, outcry.Wrap(outcry.CodeUnavailable, err, "read the answer of %s", r.Server)
	}
	return res.StatusCode, answer, nil
}

// token is OUTCRY_TOKEN, or the one in the data folder.
func (r remote) token() string {
	if t := os.Getenv("OUTCRY_TOKEN"); t != "" {
		return t
	}
	b, err := os.ReadFile(app.AdminTokenFile(r.Data))
	if err != nil {
		return "" // not this machine, or not ours to read: the server will say what it needs
	}
	return strings.TrimSpace(string(b))
}

// refused makes an error of the server's own.
func (r remote) refused(status int, answer []byte) error {
	var e struct {
		Error struct{ Code, Field, Message string } `json:"error"`
	}
	if json.Unmarshal(answer, &e) != nil || e.Error.Message == "" {
		return outcry.Errorf(outcry.CodeUnavailable, "%s answered %d", r.Server, status)
	}
	err := &outcry.Error{Code: outcry.Code(e.Error.Code), Field: e.Error.Field, Message: e.Error.Message}
	if status == http.StatusUnauthorized {
		err.Message += " (set OUTCRY_TOKEN, or --data to the server's data folder)"
	}
	return err
}
