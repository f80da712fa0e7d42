package h2line

import (
	"encoding/binary"
	"sync/atomic"
)

// frames follows the frames of HTTP/2 that a server sends (RFC 9113), as far as
// to tell whether it has said that it goes away. The library has no value for
// that, and of such a server it tells that the next connection cannot be made.
type frames struct {
	head  [frameHead]byte
	have  int  // bytes of it
	skip  int  // bytes of the frame that are yet to come
	begun bool // the first frame was there
	none  bool // what comes is no HTTP/2

	away atomic.Bool // read beside the library's goroutine
}

// Of the frames that tell.
const (
	frameHead     = 9
	typeSettings  = 0x4
	typeGoAway    = 0x7
	leastInGoAway = 8
)

// see takes what has come.
func (f *frames) see(b []byte) {
	for len(b) > 0 && !f.none {
		n := min(f.skip, len(b))
		f.skip -= n
		b = b[n:]
		n = copy(f.head[f.have:], b)
		f.have += n
		b = b[n:]
		if f.have == frameHead {
			f.frame()
		}
	}
}

// frame notes one, by its head.
func (f *frames) frame() {
	f.have = 0
	f.skip = int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
	kind, stream := f.head[3], binary.BigEndian.Uint32(f.head[5:])&0x7fffffff
	switch {
	case !f.begun && kind != typeSettings:
		f.none = true
	case kind == typeGoAway && stream == 0 && f.skip >= leastInGoAway:
		f.away.Store(true)
	}
	f.begun = true
}
