package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/outcry/outcry"
)

// chunk is how many reports of a batch are stored at a time.
const chunk = 2048

// serveMany takes NDJSON line by line. What was taken stays taken when
// something is wrong further down.
func (d *Door) serveMany(r *http.Request, body *patientReader, work *workspace, by *Caller, result *Result) error {
	if r.ContentLength > d.config.MaxBatch {
		body.drain()
		return d.batchTooLarge()
	}
	limited := &io.LimitedReader{R: body, N: d.config.MaxBatch + 1}
	lines := work.reader(limited, d.config.MaxReport)
	for n := 1; ; n++ {
		line, long, err := readLine(lines)
		over := errors.Is(err, io.EOF)
		if err != nil && !over {
			return readError(err)
		}
		if over && limited.N <= 0 { // the end that we set, in the middle of a line
			body.drain()
			return errors.Join(d.flush(r.Context(), work, result), d.batchTooLarge())
		}
		d.takeLine(r, work, line, long, by, n, result)
		if len(work.signals) == chunk || over {
			if failed := d.flush(r.Context(), work, result); failed != nil {
				body.drain()
				return failed
			}
		}
		if over && result.Accepted+result.RefusedTotal() == 0 {
			return outcry.Errorf(outcry.CodeInvalid, "the batch has no report: send one JSON object in each line")
		}
		if over {
			return nil
		}
	}
}

func (d *Door) batchTooLarge() *outcry.Error {
	return outcry.Errorf(outcry.CodeTooLarge, "a batch of more than %d bytes is not taken in one request", d.config.MaxBatch)
}

func (d *Door) takeLine(r *http.Request, work *workspace, line []byte, long bool, by *Caller, n int, result *Result) {
	if long {
		d.refuse(n, 1, work.parser.tooLong(line, d.config.MaxReport), result)
		return
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	if err := work.parser.parse(line, &work.raw); err != nil {
		d.refuse(n, 1, err, result)
		return
	}
	d.take(r.Context(), work, &work.raw, by, n, result)
}

// reader gives the workspace's buffer, reading from in; a line may have max
// bytes.
func (w *workspace) reader(in io.Reader, max int) *bufio.Reader {
	if w.lines == nil {
		w.lines = bufio.NewReaderSize(in, max+1)
	} else {
		w.lines.Reset(in)
	}
	return w.lines
}

// readLine reads up to the next line feed. Of a line that does not fit into the
// buffer it gives the beginning, and skips the rest.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	line, err = in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, false, err
	}
	line = bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return line, true, err
}
