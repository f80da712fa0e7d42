package mqttcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.golang/packets"

	"github.com/outcry/outcry/internal/probe"
)

// Bounds of what is read over one connection.
const (
	maxPacket  = 64 << 10 // bytes
	maxPackets = 1000
)

// readPacket reads one packet (MQTT 5, section 2.1), of a bounded length. What
// the library cannot read, and what makes it panic, is an error.
func readPacket(r io.Reader) (p *packets.ControlPacket, err error) {
	head := make([]byte, 1, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it waited for
	}
	length, shift := 0, 0
	for {
		var b [1]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		head = append(head, b[0])
		length |= int(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			break
		}
		if shift += 7; shift > 21 {
			return nil, errors.New("a packet whose length is malformed")
		}
	}
	if length > maxPacket {
		return nil, &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("a packet of %d bytes, at most %d are read", length, maxPacket)}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	return decode(append(head, body...))
}

// decode lets the library read a whole packet.
func decode(packet []byte) (p *packets.ControlPacket, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("a packet of type %d that cannot be read: %v", packet[0]>>4, v)
		}
	}()
	if len(packet) == 4 && packet[0] == packets.CONNACK<<4 { // shorter than MQTT 5 has it
		return nil, fmt.Errorf("the broker answers in MQTT 3.1.1 (return code %d), and the check needs MQTT 5", packet[3])
	}
	p, err = packets.ReadPacket(bytes.NewReader(packet))
	if err != nil {
		// The library's error of a short packet is an end of file, which is not
		// what the connection had.
		return nil, fmt.Errorf("a packet of type %d that cannot be read: %s", packet[0]>>4, err.Error())
	}
	return p, nil
}
