package grpccheck_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/grpccheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// frames gives a server that begins as HTTP/2 and does something when it was
// asked; it stays, and answers nothing more, if the function says so.
func frames(asked func(f *http2.Framer) (stay bool)) func(net.Conn) {
	return func(c net.Conn) {
		f := http2.NewFramer(c, c)
		f.AllowIllegalWrites = true
		if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil || f.WriteSettings() != nil {
			return
		}
		for {
			got, err := f.ReadFrame()
			if err != nil || got.Header().Type == http2.FrameHeaders && !asked(f) {
				return
			}
		}
	}
}

// serving answers the first request with SERVING.
func serving(f *http2.Framer) {
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	field := func(name, value string) { e.WriteField(hpack.HeaderField{Name: name, Value: value}) }
	field(":status", "200")
	field("content-type", "application/grpc")
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true})
	f.WriteData(1, false, []byte{0, 0, 0, 0, 2, 0x08, 1}) // a message of two bytes: field 1 is 1
	block.Reset()
	field("grpc-status", "0")
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
}

func TestServersThatGoAway(t *testing.T) {
	for _, c := range []struct {
		says   string
		asked  func(f *http2.Framer) (stay bool)
		reason probe.Reason
	}{
		{"it answers", func(f *http2.Framer) bool { serving(f); return true }, ""},
		{"it goes away, and answers before it does", func(f *http2.Framer) bool {
			f.WriteGoAway(1, http2.ErrCodeNo, nil)
			serving(f)
			return false
		}, ""},
		{"it goes away without having looked at the request", func(f *http2.Framer) bool { f.WriteGoAway(0, http2.ErrCodeNo, nil); return true }, probe.ReasonReset},
		{"it goes away, and hangs up", func(f *http2.Framer) bool { f.WriteGoAway(0, http2.ErrCodeNo, nil); return false }, probe.ReasonReset},
		{"it goes away for a breach of ours", func(f *http2.Framer) bool {
			f.WriteGoAway(0, http2.ErrCodeProtocol, []byte("what was that"))
			return true
		}, probe.ReasonReset},
		{"it wants us to be calm", func(f *http2.Framer) bool {
			f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings"))
			return true
		}, probe.ReasonReset},
		{"it is about to answer, and hangs up", func(f *http2.Framer) bool { f.WriteGoAway(1, http2.ErrCodeNo, nil); return false }, probe.ReasonReset},
		{"it is about to answer, and does not", func(f *http2.Framer) bool { f.WriteGoAway(1, http2.ErrCodeNo, nil); return true }, probe.ReasonTimeout},
		{"it gives the request up", func(f *http2.Framer) bool { f.WriteRSTStream(1, http2.ErrCodeCancel); return true }, probe.ReasonReset},
		{"it fails at the request", func(f *http2.Framer) bool { f.WriteRSTStream(1, http2.ErrCodeInternal); return true }, probe.ReasonReset},
		{"it says nothing", func(*http2.Framer) bool { return true }, probe.ReasonTimeout},
		{"it hangs up", func(*http2.Framer) bool { return false }, probe.ReasonReset},
		{"it sends a frame of no request", func(f *http2.Framer) bool { f.WriteData(0, false, []byte("x")); return true }, probe.ReasonProtocol},
		{"it goes away in a frame of a request's", func(f *http2.Framer) bool {
			f.WriteRawFrame(http2.FrameGoAway, 0, 1, make([]byte, 8))
			return true
		}, probe.ReasonProtocol},
	} {
		p, err := grpccheck.New(grpccheck.Options{URL: "grpc://" + probetest.Serve(t, frames(c.asked))}, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

// A server that goes away at once does so before it has seen any request.
func TestAServerThatGoesAwayAtOnce(t *testing.T) {
	addr := probetest.Serve(t, func(c net.Conn) {
		f := http2.NewFramer(c, c)
		if f.WriteSettings() == nil && f.WriteGoAway(0, http2.ErrCodeNo, nil) == nil {
			probetest.Stall(c)
		}
	})
	p, err := grpccheck.New(grpccheck.Options{URL: "grpc://" + addr}, probe.Env{})
	probetest.Want(t, "it goes away at once", probetest.Attempt(t, p, err), probe.ReasonReset)
}
