package voice

import (
	"time"

	"github.com/pion/rtp"
)

// Listener takes what arrives in a call and keeps the figures. It is for one
// goroutine, or for a caller's lock.
type Listener struct {
	talker *Talker
	sent   []time.Time // of each frame
	heard  []bool      // of each frame, that it came back

	echoes  int
	trips   time.Duration // sum of the echoes' round trips
	others  int           // packets that are no echo of ours
	strays  int           // what is not RTP
	first   time.Time
	ssrc    uint32 // of the others that count: the first one heard
	lowest  int64  // extended sequence numbers of the others
	highest int64
	echo    jitter
	other   jitter
}

// NewListener begins to listen for what a talker says.
func NewListener(t *Talker) *Listener { return &Listener{talker: t} }

// Said notes when the talker's next frame was sent.
func (l *Listener) Said(at time.Time) {
	l.sent = append(l.sent, at)
	l.heard = append(l.heard, false)
}

// Hear takes a packet as it came from the network. It tells whether that is
// RTP at all.
func (l *Listener) Hear(raw []byte, at time.Time) bool {
	var p rtp.Packet
	if err := p.Unmarshal(raw); err != nil || p.Version != 2 {
		l.strays++
		return false
	}
	l.HearPacket(&p, at)
	return true
}

// HearPacket is Hear of a packet that was parsed already.
func (l *Listener) HearPacket(p *rtp.Packet, at time.Time) {
	if l.first.IsZero() {
		l.first = at
	}
	n, ours := l.talker.number(p.Payload)
	if !ours || n >= len(l.sent) {
		l.hearOther(p, at)
		return
	}
	if l.heard[n] {
		return // a duplicate
	}
	l.heard[n] = true
	l.echoes++
	l.trips += at.Sub(l.sent[n])
	// Against when it was sent, not when it should have been: our own
	// scheduler's delays are not the network's.
	l.echo.add(at.Sub(l.sent[n]))
}

// hearOther takes a packet of the other side's own.
func (l *Listener) hearOther(p *rtp.Packet, at time.Time) {
	if l.others == 0 {
		l.ssrc, l.lowest, l.highest = p.SSRC, int64(p.SequenceNumber), int64(p.SequenceNumber)
	}
	if p.SSRC != l.ssrc {
		return
	}
	l.others++
	// The number nearest to the highest one so far: they wrap around.
	seq := l.highest + int64(int16(p.SequenceNumber-uint16(l.highest)))
	l.lowest, l.highest = min(l.lowest, seq), max(l.highest, seq)
	l.other.add(at.Sub(l.first) - time.Duration(p.Timestamp)*time.Second/ClockRate)
}

// jitter is the interarrival jitter of RFC 3550, 6.4.1: J += (|D| − J) / 16,
// where D is how much a packet's transit differs from that of the one before.
type jitter struct {
	known bool
	last  time.Duration
	value float64
}

func (j *jitter) add(transit time.Duration) {
	if j.known {
		j.value += (float64((transit - j.last).Abs()) - j.value) / 16
	}
	j.known, j.last = true, transit
}
