package ntpcheck_test

import (
	"encoding/binary"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/ntpcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock answers NTP on loopback (a fake, of RFC 5905, figure 8): change may
// make its answer a bad one.
func clock(t *testing.T, change func(answer []byte) []byte) string {
	t.Helper()
	return udp.Serve(t, func(q []byte) [][]byte {
		if len(q) < 48 {
			return nil
		}
		now := stamp(time.Now())
		b := make([]byte, 48)
		b[0], b[1], b[2], b[3] = 4<<3|4, 2, 6, 0xec // version 4, server, stratum 2
		copy(b[12:], "\x7f\x00\x00\x01")
		binary.BigEndian.PutUint64(b[16:], stamp(time.Now().Add(-time.Second)))
		copy(b[24:], q[40:48]) // their transmit time is our origin
		binary.BigEndian.PutUint64(b[32:], now)
		binary.BigEndian.PutUint64(b[40:], now)
		if b = change(b); b == nil {
			return nil
		}
		return [][]byte{b}
	})
}

// stamp is a time as NTP writes it: seconds since 1900, and their fraction.
func stamp(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

func TestProbe(t *testing.T) {
	shift := func(d time.Duration) func([]byte) []byte {
		return func(b []byte) []byte {
			for _, at := range []int{16, 32, 40} {
				binary.BigEndian.PutUint64(b[at:], stamp(time.Now().Add(d)))
			}
			return b
		}
	}
	kiss := func(code string) func([]byte) []byte {
		return func(b []byte) []byte { b[1] = 0; copy(b[12:16], code); return b }
	}
	for _, c := range []struct {
		says   string
		change func([]byte) []byte
		reason probe.Reason
	}{
		{"a server in good order", func(b []byte) []byte { return b }, ""},
		{"an hour ahead", shift(time.Hour), probe.ReasonOffset},
		{"it does not know the time", func(b []byte) []byte { b[0] |= 3 << 6; return b }, probe.ReasonUnsynchronised},
		{"stratum 9, where 8 is wanted", func(b []byte) []byte { b[1] = 9; return b }, probe.ReasonUnsynchronised},
		{"asked too often", kiss("RATE"), probe.ReasonThrottled},
		{"not for us", kiss("DENY"), probe.ReasonRejected},
		{"the answer to somebody else", func(b []byte) []byte { b[25]++; return b }, probe.ReasonProtocol},
		{"half an answer", func(b []byte) []byte { return b[:20] }, probe.ReasonProtocol},
		{"garbage", func([]byte) []byte { return make([]byte, 400) }, probe.ReasonProtocol},
		{"silence", func([]byte) []byte { return nil }, probe.ReasonTimeout},
	} {
		o := ntpcheck.Options{URL: "ntp://" + clock(t, c.change), MaxOffset: 30 * time.Minute, MaxStratum: 8}
		p, err := ntpcheck.New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []ntpcheck.Options{{URL: "ntp://a"}, {URL: "udp://a", MaxStratum: 1}, {URL: "ntp://a", MaxStratum: 16}, {URL: "ntp://a", MaxStratum: 1, MaxOffset: -1}} {
		if _, err := ntpcheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
