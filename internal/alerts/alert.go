package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// Alert is one alert, as its sender tells it.
type Alert struct {
	Key    string // of the sender: the same while it fires and when it recovers
	Firing bool
	Name   string            // what people call it
	Labels map[string]string // by which it is mapped
	At     time.Time         // when it began to fire or recovered; zero: not said
}

// Request is a webhook's request with its body read.
type Request struct {
	Header http.Header
	Query  url.Values
	Path   string // below the integration's own: "v2/alerts"
	Body   []byte
}

// Reading is what an integration makes of a request.
type Reading struct {
	Alerts []Alert
	Reply  any // what the sender expects as an answer; nil: the door's own
}

// Integration reads the requests of one sender. Its errors are of CodeInvalid
// and name the field, or of CodeForbidden for a signature that is wrong.
type Integration interface {
	Read(ctx context.Context, r *Request) (Reading, error)
}

// ReadFunc is an integration of one function.
type ReadFunc func(r *Request) (Reading, error)

// Read implements Integration.
func (f ReadFunc) Read(_ context.Context, r *Request) (Reading, error) { return f(r) }

// Credentialer is an integration whose senders put their secret into the
// request in a way of their own.
type Credentialer interface{ Credential(r *Request) string }

// Bounds of a request.
const (
	maxAlerts = 1000
	maxLabels = 100
	maxKey    = 512 // characters of an alert's key: as many as an alias of Opsgenie's has
)

// Decode reads a body of JSON. Numbers of no type become json.Number: a float
// would take keys of many digits for one another. Its error is of CodeInvalid.
func Decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the JSON document")
		}
	}
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "the body is not the JSON that this address takes")
	}
	return nil
}

// Texts makes labels of JSON values that [Decode] has read: texts stay, numbers
// and truth values are written as they came, anything else is left out.
func Texts(values map[string]any) map[string]string {
	out := make(map[string]string, len(values))
	for k, v := range values {
		if s, ok := Text(v); ok {
			out[k] = s
		}
	}
	return out
}

// Text writes a JSON value that is a text, a number or a truth value.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// check verifies an alert that an integration has read.
func (a *Alert) check() error {
	switch {
	case a.Key == "":
		return outcry.FieldErrorf("key", "an alert without a key: it could never recover")
	case utf8.RuneCountInString(a.Key) > maxKey:
		return outcry.FieldErrorf("key", "has %d characters, at most %d are allowed", utf8.RuneCountInString(a.Key), maxKey)
	case strings.ContainsRune(a.Key, 0):
		return outcry.FieldErrorf("key", "has a NUL in it, which PostgreSQL cannot keep")
	case len(a.Labels) > maxLabels:
		return outcry.FieldErrorf("labels", "has %d labels, at most %d are allowed", len(a.Labels), maxLabels)
	}
	return nil
}
