package smpp

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Command says what a PDU is (5.1.2.1). Responses have the highest bit set.
type Command uint32

// The commands that are spoken here.
const (
	GenericNack         Command = 0x80000000
	SubmitSM            Command = 0x00000004
	SubmitSMResp        Command = 0x80000004
	DeliverSM           Command = 0x00000005
	DeliverSMResp       Command = 0x80000005
	Unbind              Command = 0x00000006
	UnbindResp          Command = 0x80000006
	BindTransceiver     Command = 0x00000009
	BindTransceiverResp Command = 0x80000009
	EnquireLink         Command = 0x00000015
	EnquireLinkResp     Command = 0x80000015
)

// response tells the answer to a request from the request.
func (c Command) response() Command { return c | GenericNack }

func (c Command) isResponse() bool { return c&GenericNack != 0 }

// String is the command's name in the specification.
func (c Command) String() string {
	switch c {
	case GenericNack:
		return "generic_nack"
	case SubmitSM:
		return "submit_sm"
	case SubmitSMResp:
		return "submit_sm_resp"
	case DeliverSM:
		return "deliver_sm"
	case DeliverSMResp:
		return "deliver_sm_resp"
	case Unbind:
		return "unbind"
	case UnbindResp:
		return "unbind_resp"
	case BindTransceiver:
		return "bind_transceiver"
	case BindTransceiverResp:
		return "bind_transceiver_resp"
	case EnquireLink:
		return "enquire_link"
	case EnquireLinkResp:
		return "enquire_link_resp"
	}
	return fmt.Sprintf("command %#08x", uint32(c))
}

// Sizes.
const (
	headerSize = 16
	MaxPDU     = 128 << 10 // bytes: a message_payload has at most 64 KiB
)

// PDU is one message of the protocol: its header and its body, not yet read.
type PDU struct {
	Command  Command
	Status   Status
	Sequence uint32
	Body     []byte
}

// Append writes the PDU behind b.
func (p *PDU) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(headerSize+len(p.Body)))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Command))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Status))
	b = binary.BigEndian.AppendUint32(b, p.Sequence)
	return append(b, p.Body...)
}

// FormatError is a breach of the protocol by the peer.
type FormatError struct{ What string }

func (e *FormatError) Error() string { return "SMPP: " + e.What }

func malformed(format string, args ...any) error {
	return &FormatError{What: fmt.Sprintf(format, args...)}
}

// Read reads one PDU. A length that no PDU has is an error before anything is
// allocated for it.
func Read(r io.Reader) (*PDU, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("read a PDU's header: %w", err)
	}
	size := binary.BigEndian.Uint32(head[0:])
	if size < headerSize || size > MaxPDU {
		return nil, malformed("a PDU of %d bytes: from %d to %d are taken", size, headerSize, MaxPDU)
	}
	p := &PDU{
		Command:  Command(binary.BigEndian.Uint32(head[4:])),
		Status:   Status(binary.BigEndian.Uint32(head[8:])),
		Sequence: binary.BigEndian.Uint32(head[12:]),
		Body:     make([]byte, size-headerSize),
	}
	if _, err := io.ReadFull(r, p.Body); err != nil {
		return nil, fmt.Errorf("read the body of %s: %w", p.Command, err)
	}
	return p, nil
}
