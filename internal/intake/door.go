package intake

import (
	"bufio"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Door takes reports. Its methods may be called from many goroutines.
type Door struct {
	config   Config
	parts    Parts
	services map[string]*service
	tokens   tokens
	limits   *limiter
	remarks  *limiter
	names    *pseudonyms
	metrics  metrics
	works    sync.Pool // of *workspace
}

// New makes a Door; it fails with CodeInvalid, naming the field, when the
// configuration contradicts itself.
func New(c Config, p Parts) (*Door, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	d := &Door{
		config:   c,
		parts:    p,
		services: newServices(c),
		tokens:   newTokens(c.Tokens),
		limits:   newLimiter(c.Limit),
		remarks:  newLimiter(c.CommentLimit),
		names:    newPseudonyms(p.Salts),
		metrics:  newMetrics(),
	}
	d.works.New = func() any { return &workspace{} }
	if p.Metrics != nil {
		if err := d.metrics.register(p.Metrics); err != nil {
			return nil, outcry.Wrap(outcry.CodeInternal, err, "registering the intake's metrics")
		}
	}
	return d, nil
}

// Raw is one report as it was said. Its texts are not kept.
type Raw struct {
	Service, Symptom                   string
	Region, Carrier, Platform, Version string
	Comment                            string
	Works                              bool      // "works for me"
	At                                 time.Time // zero: now
	Reporter                           string    // stable name of the person; empty: not known
	// Address and Agent of the person, where they are known one by one; else
	// those of the Caller are taken.
	Address netip.Addr
	Agent   string
}

// Caller is who brings reports.
type Caller struct {
	Name    string     // of the token; empty: a stranger
	Trusted bool       // may say who reports and when
	Exempt  bool       // no limit, and the signals carry no network
	Address netip.Addr // invalid: none, nothing is derived of it
	Agent   string
	Host    string // that was asked, in small letters, without a port; empty: not known
	Key     string // idempotency key; empty: none
}

// Result is what became of some reports.
type Result struct {
	Accepted int
	Refused  map[string]int // by reason, see [Reason]
	Errors   []LineError    // the first maxErrors of them
}

// maxErrors bounds how many refusals are told one by one.
const maxErrors = 100

// LineError is why one report was refused.
type LineError struct {
	Line int // from 1
	Err  *outcry.Error
}

// RefusedTotal is how many were refused, for whatever reason.
func (r *Result) RefusedTotal() int {
	n := 0
	for _, c := range r.Refused {
		n += c
	}
	return n
}

func (r *Result) refuse(line int, n int, err *outcry.Error) {
	if r.Refused == nil {
		r.Refused = make(map[string]int)
	}
	r.Refused[Reason(err)] += n
	if len(r.Errors) < maxErrors {
		r.Errors = append(r.Errors, LineError{Line: line, Err: err})
	}
}

// Reason names a refusal in one word, out of a few dozen: the code, with the
// field if it is one of a report's.
func Reason(err *outcry.Error) string {
	if err.Code == outcry.CodeInvalid && fieldOf(err.Field) != fieldNone {
		return string(err.Code) + "_" + err.Field
	}
	return string(err.Code)
}

// Accept takes the reports, each judged by itself, and returns when those that
// are well are stored. The error is outcry.CodeUnavailable when they could not
// be stored; the result counts them as refused.
func (d *Door) Accept(ctx context.Context, reports []Raw, by Caller) (Result, error) {
	w := d.workspace()
	defer d.done(w)
	var result Result
	for i := range reports {
		d.take(ctx, w, &reports[i], &by, i+1, &result)
	}
	return result, d.flush(ctx, w, &result)
}

// take judges one report, and puts its signal into the workspace or its refusal
// into the result.
func (d *Door) take(ctx context.Context, w *workspace, r *Raw, by *Caller, line int, result *Result) {
	s, err := d.judge(ctx, w, r, by, line)
	if err != nil {
		d.refuse(line, 1, err, result)
		return
	}
	w.signals = append(w.signals, s)
	d.remark(w, r, by, &s)
}

func (d *Door) refuse(line, n int, err *outcry.Error, result *Result) {
	result.refuse(line, n, err)
	d.metrics.refused.WithLabelValues(Reason(err)).Add(float64(n))
}

// flush stores the workspace's signals and empties it.
func (d *Door) flush(ctx context.Context, w *workspace, result *Result) error {
	n := len(w.signals)
	if n == 0 {
		return nil
	}
	err := d.parts.Sender.Send(ctx, w.signals)
	w.signals = w.signals[:0]
	if err == nil {
		d.tell(w)
		result.Accepted += n
		d.metrics.accepted.Add(float64(n))
		return nil
	}
	w.comments = w.comments[:0]
	unavailable := outcry.Wrap(outcry.CodeUnavailable, err, "reports cannot be stored at the moment")
	d.refuse(0, n, unavailable, result)
	return unavailable
}

// workspace is what one request needs while it lasts.
type workspace struct {
	signals  []outcry.Signal
	comments []outcry.Comment // of the signals
	raw      Raw
	parser   parser
	body     []byte        // of a single report
	lines    *bufio.Reader // of many; made when first needed
}

// keptBody is up to which size a body's memory is kept for the next request.
const keptBody = 16 << 10

func (d *Door) workspace() *workspace { return d.works.Get().(*workspace) }

// done keeps the workspace for another request, without what this one said.
func (d *Door) done(w *workspace) {
	w.signals = w.signals[:0]
	clear(w.comments[:cap(w.comments)])
	w.comments = w.comments[:0]
	w.raw = Raw{}
	if cap(w.body) > keptBody {
		w.body = nil
	}
	d.works.Put(w)
}
