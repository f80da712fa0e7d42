package intake

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// ServeHTTP answers POST /api/v1/reports.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	work := d.workspace()
	defer d.done(work)
	kind := mediaType(r)
	var result Result
	err := d.serve(w, r, work, kind, &result)
	if kind == mediaForm && d.parts.Pages != nil && prefersHTML(r) {
		d.answerPerson(w, r, work.raw.Service, &result, err)
		return
	}
	d.answer(w, &result, err)
}

// serve takes what the request brings. An error is about the request as a
// whole; refusals of single reports are in the result.
func (d *Door) serve(w http.ResponseWriter, r *http.Request, work *workspace, kind media, result *Result) error {
	by, refused := d.caller(r)
	if refused != nil {
		return refused
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return outcry.Errorf(outcry.CodeUnsupported, "a body in Content-Encoding %s is not read; send it plain", clip(encoding))
	}
	body := &patientReader{in: r.Body, control: http.NewResponseController(w), stall: d.config.ReadStall, latest: time.Now().Add(uploadWithin(kind, d.config.ReadStall))}
	switch kind {
	case mediaJSON:
		return d.serveOne(r.Context(), body, work, &by, result, work.parser.parse)
	case mediaForm:
		return d.serveOne(r.Context(), body, work, &by, result, parseForm)
	case mediaNDJSON:
		return d.serveMany(r, body, work, &by, result)
	}
	return outcry.Errorf(outcry.CodeUnsupported, "send application/json, application/x-www-form-urlencoded or application/x-ndjson")
}

// media is a kind of body.
type media uint8

const (
	mediaUnknown media = iota
	mediaJSON
	mediaForm
	mediaNDJSON
)

func mediaType(r *http.Request) media {
	t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(t)) {
	case "application/json":
		return mediaJSON
	case "application/x-www-form-urlencoded":
		return mediaForm
	case "application/x-ndjson", "application/ndjson":
		return mediaNDJSON
	}
	return mediaUnknown
}

// prefersHTML tells browsers from programs: only the former ask for HTML.
func prefersHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// serveOne takes a body that is one report.
func (d *Door) serveOne(ctx context.Context, body *patientReader, work *workspace, by *Caller, result *Result, parse func([]byte, *Raw) *outcry.Error) error {
	data, err := readAll(body, work.body[:0], d.config.MaxReport)
	work.body = data
	if errors.Is(err, errTooLong) {
		body.drain()
		d.refuse(0, 1, work.parser.tooLong(data, d.config.MaxReport), result)
		return nil
	}
	if err != nil {
		return readError(err)
	}
	if err := parse(data, &work.raw); err != nil {
		d.refuse(0, 1, err, result)
		return nil
	}
	d.take(ctx, work, &work.raw, by, 0, result)
	return d.flush(ctx, work, result)
}

var errTooLong = errors.New("the body is too long")

// readAll reads a body of at most max bytes into buf.
func readAll(in io.Reader, buf []byte, max int) ([]byte, error) {
	if cap(buf) == 0 {
		buf = make([]byte, 0, 1024)
	}
	for {
		if len(buf) > max {
			return buf, errTooLong
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := in.Read(buf[len(buf):min(cap(buf), max+1)])
		buf = buf[:len(buf)+n]
		if err == io.EOF && len(buf) <= max {
			return buf, nil
		}
		if err != nil && err != io.EOF {
			return buf, err
		}
	}
}

// tooLong names the field that made a report too long, if it is one text.
func (p *parser) tooLong(data []byte, max int) *outcry.Error {
	var r Raw
	if err := p.parse(data, &r); err != nil && p.open != "" {
		return outcry.FieldErrorf(p.open, "is far too long")
	}
	return outcry.Errorf(outcry.CodeTooLarge, "a report of more than %d bytes is not taken", max)
}

func readError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &outcry.Error{Code: outcry.CodeInvalid, Message: "the body did not arrive in time", Err: err}
	}
	return outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read to its end")
}

const (
	maxUpload = 2 * time.Minute // for a whole batch
	maxDrain  = 4 << 20         // bytes read in vain, so that the answer gets through
)

// uploadWithin is how long a body may take in all. A single report fits into a
// few packets; who needs more than two stalls for it holds a connection for fun.
func uploadWithin(kind media, stall time.Duration) time.Duration {
	if kind == mediaNDJSON {
		return maxUpload
	}
	return 2 * stall
}

// patientReader waits for a slow client, and not for ever: every read has the
// time of a stall, all of them that of an upload.
type patientReader struct {
	in      io.Reader
	control *http.ResponseController
	stall   time.Duration
	latest  time.Time
	set     time.Time // the deadline in force
}

func (p *patientReader) Read(b []byte) (int, error) {
	// Moving the deadline costs about as much as reading; once in half a stall
	// is enough.
	if now := time.Now(); p.set.Sub(now) < p.stall/2 {
		p.set = now.Add(p.stall)
		if p.set.After(p.latest) {
			p.set = p.latest
		}
		if err := p.control.SetReadDeadline(p.set); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return 0, err
		}
	}
	return p.in.Read(b)
}

// drain reads on for a while: a client that is still writing when we close does
// not get to see the answer.
func (p *patientReader) drain() {
	_, _ = io.CopyN(io.Discard, p, maxDrain) // whatever comes, it was refused already
}
