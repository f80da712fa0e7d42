package h2line

import (
	"bytes"
	"errors"
	"net"
	"testing"

	"golang.org/x/net/http2"
)

// talk is what a server says: settings, and then what the function writes.
func talk(t testing.TB, say func(*http2.Framer) error) []byte {
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	f.AllowIllegalWrites = true
	if err := errors.Join(f.WriteSettings(), say(f)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func goAway(f *http2.Framer) error { return f.WriteGoAway(0, http2.ErrCodeNo, []byte("calm")) }

func TestLine(t *testing.T) {
	for _, c := range []struct {
		says        string
		server      []byte
		hangsUp     bool
		leave       bool
		ended, left bool
	}{
		{says: "it is there", server: talk(t, func(*http2.Framer) error { return nil })},
		{says: "we leave it", server: []byte("220 mail.example"), leave: true, left: true},
		{says: "it hangs up", hangsUp: true, ended: true},
		{says: "it hangs up, and so do we", hangsUp: true, leave: true, ended: true},
		{says: "it says that it goes away", server: talk(t, goAway), leave: true, ended: true},
		{says: "it goes away within a request, which is none", server: talk(t, func(f *http2.Framer) error {
			return f.WriteRawFrame(http2.FrameGoAway, 0, 1, make([]byte, 8))
		}), leave: true, left: true},
	} {
		ours, theirs := net.Pipe()
		l := New(ours)
		go func() {
			_, _ = theirs.Write(c.server)
			if c.hangsUp {
				_ = theirs.Close()
			}
		}()
		for n := 0; n < len(c.server) || c.hangsUp; {
			m, err := l.Read(make([]byte, 5))
			n += m
			if err != nil {
				break
			}
		}
		if c.leave {
			_ = l.Close()
		}
		if l.Ended() != c.ended || l.Left() != c.left {
			t.Errorf("%s: ended %v, left %v; wanted %v, %v", c.says, l.Ended(), l.Left(), c.ended, c.left)
		}
	}
}

// However the bytes come, they say the same.
func FuzzFrames(f *testing.F) {
	f.Add(talk(f, goAway), uint8(3))
	f.Add(talk(f, func(f *http2.Framer) error { return errors.Join(f.WritePing(false, [8]byte{}), goAway(f)) }), uint8(1))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n"), uint8(9))
	f.Fuzz(func(t *testing.T, said []byte, size uint8) {
		var whole, parts frames
		whole.see(said)
		for rest := said; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			parts.see(rest[:n])
			rest = rest[n:]
		}
		if whole.away.Load() != parts.away.Load() {
			t.Fatalf("in one piece %v, in pieces of %d %v", whole.away.Load(), int(size)+1, parts.away.Load())
		}
	})
}
