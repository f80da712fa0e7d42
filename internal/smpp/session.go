package smpp

import (
	"bufio"
	"errors"
	"net"
)

// maxQueue bounds the messages that wait for [Session.Next].
const maxQueue = 1000

// Session is a client's side of a connection. It is for one goroutine.
type Session struct {
	conn     net.Conn
	in       *bufio.Reader
	sequence uint32
	queue    []*Message // that came while a response was awaited
}

// NewSession begins on a connection; nothing is sent yet.
func NewSession(conn net.Conn) *Session {
	return &Session{conn: conn, in: bufio.NewReaderSize(conn, 4<<10)}
}

// Bind signs in as a transceiver and gives the peer's name of itself.
func (s *Session) Bind(b Bind) (peer string, err error) {
	body, err := b.Body()
	if err != nil {
		return "", err
	}
	resp, err := s.request(BindTransceiver, body)
	if err != nil {
		return "", err
	}
	r := &reader{b: resp.Body}
	return r.cstring(16, "system_id"), r.err
}

// Submit hands a message over and gives the peer's ID of it.
func (s *Session) Submit(m *Message) (id string, err error) {
	body, err := m.Body()
	if err != nil {
		return "", err
	}
	resp, err := s.request(SubmitSM, body)
	if err != nil {
		return "", err
	}
	r := &reader{b: resp.Body}
	return r.cstring(sizeMessageID, "message_id"), r.err
}

// Enquire asks whether the peer is there.
func (s *Session) Enquire() error {
	_, err := s.request(EnquireLink, nil)
	return err
}

// Unbind says goodbye and waits for the answer.
func (s *Session) Unbind() error {
	_, err := s.request(Unbind, nil)
	return err
}

// Next gives the next message that the peer delivers. It has been acknowledged.
func (s *Session) Next() (*Message, error) {
	for len(s.queue) == 0 {
		p, err := Read(s.in)
		if err != nil {
			return nil, err
		}
		if err := s.serve(p); err != nil {
			return nil, err
		}
	}
	m := s.queue[0]
	s.queue = s.queue[1:]
	return m, nil
}

// request sends a request and waits for its response; what the peer asks
// meanwhile is answered.
func (s *Session) request(c Command, body []byte) (*PDU, error) {
	s.sequence++
	if err := s.send(&PDU{Command: c, Sequence: s.sequence, Body: body}); err != nil {
		return nil, err
	}
	for {
		p, err := Read(s.in)
		if err != nil {
			return nil, err
		}
		if !p.Command.isResponse() {
			if err := s.serve(p); err != nil {
				return nil, err
			}
			continue
		}
		if p.Command == GenericNack && (p.Sequence == s.sequence || p.Sequence == 0) {
			return nil, &StatusError{Command: c, Status: p.Status, Nack: true}
		}
		if p.Sequence != s.sequence {
			continue // the answer to nothing that waits
		}
		if p.Command != c.response() {
			return nil, malformed("%s was answered with %s", c, p.Command)
		}
		if p.Status != StatusOK {
			return nil, &StatusError{Command: c, Status: p.Status}
		}
		return p, nil
	}
}

// ErrUnbound is the peer's goodbye.
var ErrUnbound = errors.New("SMPP: the peer unbinds")

// serve answers what the peer asks.
func (s *Session) serve(p *PDU) error {
	switch p.Command {
	case DeliverSM:
		m, err := ParseMessage(p.Body)
		if err != nil {
			return err
		}
		if len(s.queue) == maxQueue {
			return malformed("over %d messages were delivered unasked", maxQueue)
		}
		s.queue = append(s.queue, m)
		return s.send(&PDU{Command: DeliverSMResp, Sequence: p.Sequence, Body: []byte{0}})
	case EnquireLink:
		return s.send(&PDU{Command: EnquireLinkResp, Sequence: p.Sequence})
	case Unbind:
		return errors.Join(ErrUnbound, s.send(&PDU{Command: UnbindResp, Sequence: p.Sequence}))
	}
	if p.Command.isResponse() {
		return nil // late, to nothing that waits
	}
	return s.send(&PDU{Command: GenericNack, Status: StatusInvalidCommand, Sequence: p.Sequence})
}

func (s *Session) send(p *PDU) error {
	_, err := s.conn.Write(p.Append(nil))
	return err
}
