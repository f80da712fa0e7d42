package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"

	"github.com/outcry/outcry"
)

// maxLine bounds one line of a signals file, in bytes.
const maxLine = 64 << 10

// ReadSignals reads records as draw.py writes them: one JSON object a line
// (RFC 8259), flat, in the order of arrival; a record that is older than the
// one before it is one that arrived late. Keys that are not known are passed
// over, empty lines too.
//
// A line that cannot be read comes as an error of CodeInvalid whose Field is
// "line N"; the caller may go on to the next. A failure of r ends the sequence.
func ReadSignals(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		in := bufio.NewReaderSize(r, maxLine)
		p := lineParser{names: make(map[string]string)}
		for n := 1; ; n++ {
			line, err := readLine(in)
			line = bytes.TrimRight(line, " \t\r\n")
			last := errors.Is(err, io.EOF)
			switch {
			case errors.Is(err, bufio.ErrTooLong):
				err = outcry.FieldErrorf(lineField(n), "is longer than %d bytes", maxLine)
			case err != nil && !last:
				yield(Record{}, outcry.Wrap(outcry.CodeUnavailable, err, "reading signals at line %d", n))
				return
			case len(line) == 0:
				if last {
					return
				}
				continue
			default:
				err = nil
			}
			var rec Record
			if err == nil {
				rec, err = p.record(line, n)
			}
			if !yield(rec, err) || last {
				return
			}
		}
	}
}

// readLine gives the next line, valid until the next call. One that does not
// fit the buffer is passed over whole, with bufio.ErrTooLong; the last one
// comes with io.EOF.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, bufio.ErrTooLong // at the end of input, the next call says so
}
