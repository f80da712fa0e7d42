package voice

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// ITU-T G.107, annex B, table B.1: what users make of a rating.
func TestMOS(t *testing.T) {
	for _, c := range []struct {
		says   string
		rating float64
		mos    float64
	}{
		{"very satisfied", 90, 4.34},
		{"satisfied", 80, 4.03},
		{"some users dissatisfied", 70, 3.60},
		{"many users dissatisfied", 60, 3.10},
		{"nearly all users dissatisfied", 50, 2.58},
		{"G.107's default values, 7.1: R is 93.2", 93.2, 4.41},
		{"nothing is worse than bad", -5, 1},
		{"nothing is better than 4.5", 120, 4.5},
	} {
		// The table is rounded, or cut, to two places.
		if got := MOS(c.rating); math.Abs(got-c.mos) > 0.01 {
			t.Errorf("%s: R %.1f gives %.3f, wanted %.2f", c.says, c.rating, got, c.mos)
		}
	}
}

func TestRating(t *testing.T) {
	for _, c := range []struct {
		says  string
		delay time.Duration
		loss  float64
		want  float64
	}{
		{"without impairments it is G.107's default", 0, 0, 93.2},
		{"100 ms cost 2.4: Cole and Rosenbluth, figure 1", 100 * time.Millisecond, 0, 90.8},
		{"G.114's limit of 400 ms leaves users unhappy", 400 * time.Millisecond, 0, 59.1},
		{"G.107 (7-29) with Ppl 1 and Bpl 4.3: 95/5.3", 0, 0.01, 75.3},
		{"Ppl 4.3 halves it: 95/2", 0, 0.043, 45.7},
	} {
		if got := Rating(c.delay, c.loss); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s: %.2f, wanted %.2f", c.says, got, c.want)
		}
	}
}

func TestMoreDelayOrLossIsNeverBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delay := time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(t, "delay"))
		loss := rapid.Float64Range(0, 1).Draw(t, "loss")
		mos := MOS(Rating(delay, loss))
		if mos < 1 || mos > 4.5 {
			t.Fatalf("a score of %f", mos)
		}
		if MOS(Rating(delay+time.Millisecond, loss)) > mos+1e-9 || MOS(Rating(delay, min(1, loss+0.001))) > mos+1e-9 {
			t.Fatal("it got better")
		}
	})
}

// ITU-T G.711, table 2a: values at the ends of the first segments.
func TestMuLaw(t *testing.T) {
	for sample, want := range map[int16]byte{0: 0xFF, 8: 0xFE, -8: 0x7E, 32635: 0x80, -32635: 0x00, math.MaxInt16: 0x80, math.MinInt16: 0x00, 132: 0xEF} {
		if got := muLaw(sample); got != want {
			t.Errorf("%d is coded as %#02x, wanted %#02x", sample, got, want)
		}
	}
}

// call plays frames to what the network makes of them.
func call(t *testing.T, frames int, network func(n int, p *rtp.Packet, at time.Time, l *Listener)) Report {
	t.Helper()
	talker := NewTalker(PayloadPCMU)
	l := NewListener(talker)
	at := time.Unix(1000, 0)
	for n := range frames {
		p, err := talker.Packet()
		if err != nil {
			t.Fatal(err)
		}
		l.Said(at)
		network(n, p, at, l)
		at = at.Add(FrameTime)
	}
	return l.Report()
}

func TestReport(t *testing.T) {
	echo := func(keep func(n int) bool, trip func(n int) time.Duration) func(int, *rtp.Packet, time.Time, *Listener) {
		return func(n int, p *rtp.Packet, at time.Time, l *Listener) {
			if raw, err := p.Marshal(); err == nil && keep(n) {
				l.Hear(raw, at.Add(trip(n)))
			}
		}
	}
	always := func(int) bool { return true }
	steady := func(int) time.Duration { return 50 * time.Millisecond }

	r := call(t, 150, echo(always, steady))
	if r.Echoes != 150 || r.Loss != 0 || r.Jitter != 0 || r.RoundTrip != 50*time.Millisecond || r.MOS < 4.3 {
		t.Errorf("a good call: %s", r)
	}
	r = call(t, 100, echo(func(n int) bool { return n%10 != 0 }, steady))
	if math.Abs(r.Loss-0.1) > 1e-9 || r.MOS > 3 {
		t.Errorf("every tenth frame is lost: %s", r)
	}
	// |D| is 10 ms for each packet: J tends to it.
	r = call(t, 500, echo(always, func(n int) time.Duration { return time.Duration(30+10*(n%2)) * time.Millisecond }))
	if d := r.Jitter - 10*time.Millisecond; d.Abs() > 100*time.Microsecond {
		t.Errorf("transit times that alternate by 10 ms: %s", r)
	}
	r = call(t, 100, func(n int, p *rtp.Packet, at time.Time, l *Listener) {
		echo(always, steady)(n, p, at, l)
		echo(always, steady)(n, p, at, l)
	})
	if r.Echoes != 100 || r.Loss != 0 {
		t.Errorf("each frame comes twice: %s", r)
	}
	r = call(t, 100, func(n int, p *rtp.Packet, at time.Time, l *Listener) {
		p.SSRC, p.SequenceNumber, p.Timestamp = 7, uint16(n), 0 // a back-to-back agent's own header
		echo(always, steady)(n, p, at, l)
	})
	if r.Echoes != 100 || r.Loss != 0 || r.Jitter != 0 {
		t.Errorf("an echo whose header is another: %s", r)
	}
	r = call(t, 100, func(int, *rtp.Packet, time.Time, *Listener) {})
	if r.Loss != 1 || r.MOS != 0 || !r.First.IsZero() {
		t.Errorf("silence: %s", r)
	}
	r = call(t, 100, func(n int, _ *rtp.Packet, at time.Time, l *Listener) {
		if n%4 == 0 {
			return // a quarter is lost; the numbers wrap around on the way
		}
		l.HearPacket(&rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: 65500 + uint16(n), Timestamp: uint32(n * FrameSamples)}, Payload: make([]byte, FrameSamples)}, at)
	})
	if r.Echoes != 0 || r.Others != 75 || math.Abs(r.Loss-0.25) > 0.01 || r.RoundTrip != 0 || r.Jitter > time.Microsecond {
		t.Errorf("the other side talks, and does not echo: %s", r)
	}
}

func TestATalkerStops(t *testing.T) {
	talker := NewTalker(PayloadPCMA)
	for range MaxFrames {
		if _, err := talker.Packet(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := talker.Packet(); err == nil {
		t.Error("it goes on for ever")
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3})
	f.Add([]byte("not RTP at all"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		talker := NewTalker(PayloadPCMU)
		l := NewListener(talker)
		l.Said(time.Unix(0, 0))
		l.Hear(raw, time.Unix(1, 0))
		if r := l.Report(); r.Loss < 0 || r.Loss > 1 || r.Echoes > r.Sent {
			t.Fatalf("%+v", r)
		}
	})
}
