package vantage

import (
	"hash/fnv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// Check is one that a vantage is to run, in words that any process understands.
type Check struct {
	Name       string        `json:"name"`
	Kind       string        `json:"kind"` // the type, or TYPE/OVER
	Interval   time.Duration `json:"interval_ns"`
	Timeout    time.Duration `json:"timeout_ns"`
	Retries    int           `json:"retries"`
	RetryDelay time.Duration `json:"retry_delay_ns"`
	Options    string        `json:"options"` // of its type, as config.Node.Hand writes them: may hold secrets
}

// Agenda is what a vantage is to do.
type Agenda struct {
	Vantage string  `json:"vantage"` // the name that its token gives it
	Checks  []Check `json:"checks"`
}

// Result is how one run of a check ended.
type Result struct {
	Number  uint64         `json:"n"` // of the spool, rising
	Check   string         `json:"check"`
	At      int64          `json:"at"` // Unix time, ms
	Outcome outcry.Outcome `json:"outcome"`
	Reason  string         `json:"reason,omitempty"`
	Latency int64          `json:"latency_ms"`
}

// Delivery is some results, oldest first.
type Delivery struct {
	Spool   string   `json:"spool"` // which numbers these are: a new spool counts anew
	Sent    int64    `json:"sent"`  // by the vantage's clock, Unix time, ms
	Waiting int      `json:"waiting"`
	Region  string   `json:"region,omitempty"`
	Carrier string   `json:"carrier,omitempty"`
	Results []Result `json:"results"`
}

// Receipt tells what became of a delivery.
type Receipt struct {
	Through uint64 `json:"through"` // the vantage may forget results up to this number
	Counted int    `json:"counted"`
	Known   int    `json:"known"`   // came before
	Refused int    `json:"refused"` // of no check of this vantage, or of an impossible time
}

// Bounds of what is taken. A vantage asks every ten seconds, and delivers what
// its checks find at once, five hundred at a time when it has some days to
// deliver: the rate lets 5,000 results a second through. It is what a stolen
// token may do.
const (
	requestsPerSecond = 10
	requestsAtOnce    = 50

	// MaxBody bounds a delivery, in bytes.
	MaxBody    = 1 << 20
	maxResults = 500
	maxReason  = 64
	maxPlace   = 64
	maxAge     = 7 * 24 * time.Hour
	maxAhead   = time.Minute
)

// check verifies a delivery as a whole.
func (d *Delivery) check() error {
	switch {
	case len(d.Spool) < 8 || !isWord(d.Spool, maxPlace):
		return outcry.FieldErrorf("spool", "is no name of a spool")
	case len(d.Results) > maxResults:
		return outcry.Errorf(outcry.CodeTooLarge, "%d results at once, at most %d are allowed", len(d.Results), maxResults)
	case !isWord(d.Region, maxPlace):
		return outcry.FieldErrorf("region", "must be printable and at most %d bytes", maxPlace)
	case !isWord(d.Carrier, maxPlace):
		return outcry.FieldErrorf("carrier", "must be printable and at most %d bytes", maxPlace)
	}
	last := uint64(0)
	for i := range d.Results {
		if d.Results[i].Number <= last {
			return outcry.FieldErrorf("results", "the numbers do not rise at %d", d.Results[i].Number)
		}
		last = d.Results[i].Number
	}
	return nil
}

// isWord reports whether a text can be a name in tallies: short and printable.
func isWord(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// signalID is the same for every delivery of one result, and no other's.
func signalID(vantage, check string, at int64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(vantage + "\x00" + check + "\x00"))                                                                                       //nolint:errcheck // a hash never fails
	h.Write([]byte{byte(at >> 56), byte(at >> 48), byte(at >> 40), byte(at >> 32), byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}) //nolint:errcheck // the same
	return max(h.Sum64(), 1)
}
