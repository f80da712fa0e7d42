package probetest

import (
	"net"
	"slices"
	"sync"
	"testing"
)

// maxBurst is how many datagrams never stop.
const maxBurst = 2000

// datagrams is start over UDP, for one client. Each answer of the server is a
// turn.
func (s *stumble) datagrams(t *testing.T) string {
	t.Helper()
	outside, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := net.Dial("udp4", s.Server)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var client net.Addr
	var both sync.WaitGroup
	both.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := outside.ReadFrom(buf)
			if err != nil {
				return
			}
			mu.Lock()
			client = from
			mu.Unlock()
			_, _ = inside.Write(buf[:n]) //nolint:errcheck // the client tells
		}
	})
	both.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := inside.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			to := client
			mu.Unlock()
			for _, d := range s.instead(buf[:n]) {
				_, _ = outside.WriteTo(d, to) //nolint:errcheck // as above
			}
		}
	})
	t.Cleanup(func() {
		outside.Close() //nolint:errcheck // ends the loop
		inside.Close()  //nolint:errcheck // as above
		both.Wait()
	})
	return outside.LocalAddr().String()
}

// instead is what is sent in place of a datagram.
func (s *stumble) instead(d []byte) [][]byte {
	switch s.next(false) {
	case "":
		return [][]byte{d}
	case Garbled:
		return [][]byte{garbage()[:500]}
	case Foreign:
		return [][]byte{[]byte(s.Foreign)}
	case Endless:
		return slices.Repeat([][]byte{garbage()[:500]}, maxBurst)
	default:
		return nil
	}
}
