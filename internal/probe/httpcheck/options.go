package httpcheck

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type http.
type Options struct {
	URL           string                   `yaml:"url,required"`
	Method        string                   `yaml:"method"`         // GET
	Headers       map[string]string        `yaml:"headers"`        // sent; Host is one of them
	SecretHeaders map[string]config.Secret `yaml:"secret_headers"` // sent to the check's own host only
	Body          string                   `yaml:"body"`           // sent
	Redirects     int                      `yaml:"redirects"`      // followed at most; 0: the redirect is the answer
	KeepAlive     bool                     `yaml:"keep_alive"`     // reuse the connection of the last run
	Proxy         string                   `yaml:"proxy"`          // http:// or socks5:// URL; never from the environment
	TLS           probe.TLSOptions         `yaml:"tls"`

	Status     []StatusRange     `yaml:"status"`      // accepted ones; default 200-299
	Contains   []string          `yaml:"contains"`    // texts that the body must hold
	Absent     []string          `yaml:"absent"`      // texts that it must not hold
	Matches    []string          `yaml:"matches"`     // regular expressions (RE2) for the body
	WantHeader map[string]string `yaml:"want_header"` // name → regular expression for a value
	JSON       []JSONOptions     `yaml:"json"`        // values of the body's document
	MaxLatency time.Duration     `yaml:"max_latency"` // to the end of the body; 0: the timeout only
}

// JSONOptions is an assertion about one value of a JSON document.
type JSONOptions struct {
	Path  string `yaml:"path,required"` // data.items[0].state; "$" or "" is the document
	Op    string `yaml:"op"`            // ==, !=, <, <=, >, >=, ~ (regular expression), exists, absent; default ==
	Value Text   `yaml:"value"`
}

// Text is a scalar of the configuration as it was written: true, 3 or "ok".
type Text string

// UnmarshalText takes any text.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Text(b)
	return nil
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() {
	o.Method, o.Redirects, o.KeepAlive = "GET", 10, true
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// Defaults are the options of a check of a URL that says nothing else.
func Defaults(url string) Options {
	o := Options{URL: url}
	o.SetDefaults()
	return o
}

// StatusRange is a range of HTTP status codes: 200, 200-299 or 2xx.
type StatusRange struct{ From, To int }

// UnmarshalText reads the three forms.
func (r *StatusRange) UnmarshalText(b []byte) error {
	from, to, isRange := strings.Cut(string(b), "-")
	if class, ok := strings.CutSuffix(from, "xx"); ok && !isRange {
		from, to = class+"00", class+"99"
	} else if !isRange {
		to = from
	}
	var errs [2]error
	r.From, errs[0] = strconv.Atoi(strings.TrimSpace(from))
	r.To, errs[1] = strconv.Atoi(strings.TrimSpace(to))
	if errs[0] != nil || errs[1] != nil || r.From < 100 || r.To > 599 || r.From > r.To {
		return fmt.Errorf("%q is no range of statuses: write 200, 200-299 or 2xx", b)
	}
	return nil
}

func (r StatusRange) String() string {
	if r.From == r.To {
		return strconv.Itoa(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// Bounds of what a check may say, so that one mistake does not cost the rest.
const (
	maxRedirects  = 20
	maxAssertions = 100
	maxSent       = 1 << 20 // bytes of the body that is sent
)

func (o *Options) bounds() error {
	switch n := len(o.Contains) + len(o.Absent) + len(o.Matches) + len(o.WantHeader) + len(o.JSON); {
	case n > maxAssertions:
		return outcry.FieldErrorf("contains", "%d assertions; at most %d", n, maxAssertions)
	case o.Redirects < 0 || o.Redirects > maxRedirects:
		return outcry.FieldErrorf("redirects", "from 0 to %d, not %d", maxRedirects, o.Redirects)
	case len(o.Body) > maxSent:
		return outcry.FieldErrorf("body", "%d bytes; at most %d", len(o.Body), maxSent)
	case o.MaxLatency < 0:
		return outcry.FieldErrorf("max_latency", "a positive time, not %s", o.MaxLatency)
	}
	return nil
}
