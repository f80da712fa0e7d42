package voice

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/pion/rtp"
)

// FrameTime is how often a Talker's packets are to be sent.
const FrameTime = 20 * time.Millisecond

// MaxFrames bounds the length of a call: ten minutes.
const MaxFrames = 10 * 60 * 50

const (
	callStamp  = 8             // bytes that are random for each call
	stampBytes = callStamp + 4 // and the frame's number
)

// Talker makes the packets of one call. It is for one goroutine.
type Talker struct {
	call    [callStamp]byte
	payload uint8
	ssrc    uint32
	first   uint16 // of the sequence numbers, which begin anywhere: RFC 3550, 5.1
	start   uint32 // of the timestamps
	frame   []byte
	sent    int
}

// NewTalker begins a call. The payload type is that of G.711 which was agreed
// on; the frames are the same for both laws: nobody but us listens to them.
func NewTalker(payload uint8) *Talker {
	var b [callStamp + 10]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	t := &Talker{payload: payload, frame: tone()}
	rest := b[copy(t.call[:], b[:]):]
	t.ssrc, t.first, t.start = binary.BigEndian.Uint32(rest), binary.BigEndian.Uint16(rest[4:]), binary.BigEndian.Uint32(rest[6:])
	return t
}

// Sent is how many packets were made.
func (t *Talker) Sent() int { return t.sent }

// Packet makes the next packet.
func (t *Talker) Packet() (*rtp.Packet, error) {
	if t.sent >= MaxFrames {
		return nil, fmt.Errorf("a call of more than %s", MaxFrames*FrameTime)
	}
	p := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: t.sent == 0, PayloadType: t.payload, SSRC: t.ssrc,
			SequenceNumber: t.first + uint16(t.sent), Timestamp: t.start + uint32(t.sent*FrameSamples),
		},
		Payload: append([]byte(nil), t.frame...),
	}
	copy(p.Payload, t.call[:])
	binary.BigEndian.PutUint32(p.Payload[callStamp:], uint32(t.sent))
	t.sent++
	return p, nil
}

// number reads the stamp of a payload; false when it is none of this call.
func (t *Talker) number(payload []byte) (int, bool) {
	if len(payload) < stampBytes || [callStamp]byte(payload) != t.call {
		return 0, false
	}
	n := binary.BigEndian.Uint32(payload[callStamp:])
	return int(n), n < MaxFrames
}
