package httpcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// maxBody is how much of an answer is read, in bytes.
const maxBody = 1 << 20

// keptBody is the size up to which a buffer is used again.
const keptBody = 64 << 10

// answer is the part of a body that was read.
type answer struct {
	buf   *bytes.Buffer
	whole bool
	from  *sync.Pool
}

func (a *answer) bytes() []byte { return a.buf.Bytes() }

// release gives the buffer back; the bytes are not to be used any more.
func (a *answer) release() {
	if a.buf.Cap() <= keptBody {
		a.from.Put(a.buf)
	}
}

// read reads the body, bounded, and closes it.
func (r *recorder) read(resp *http.Response, from *sync.Pool) (*answer, error) {
	buf, ok := from.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	a := &answer{buf: buf, whole: n <= maxBody, from: from}
	if !a.whole {
		buf.Truncate(maxBody)
	}
	// Closing in the middle breaks the connection: that is what it is for.
	if cerr := resp.Body.Close(); err == nil && cerr != nil && a.whole {
		err = cerr
	}
	r.body(buf.Len(), a.whole, err)
	if err != nil {
		a.release()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("the answer ended before its length: %w", err)
		}
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return a, nil
}
