// Package smpp is the part of the Short Message Peer-to-Peer protocol 3.4 that
// sending a message and learning of its fate takes: the PDUs bind_transceiver,
// submit_sm, deliver_sm, enquire_link and unbind with their responses, and
// generic_nack; delivery receipts in both their forms; and the client's side
// of a session.
//
//	s := smpp.NewSession(conn)
//	err := s.Bind(smpp.Bind{SystemID: "outcry", Password: secret})
//	id, err := s.Submit(smpp.Message{Destination: smpp.Address{…}, Text: []byte("…")})
//	m, err := s.Next()               // a deliver_sm, which has been acknowledged
//	r, ok := smpp.ReceiptOf(m)
//
// A session has no goroutine and no clock: deadlines are those of its
// connection. What comes in is bounded: a PDU has at most [MaxPDU] bytes.
//
// Section numbers in comments are those of the Short Message Peer to Peer
// Protocol Specification v3.4, Issue 1.2.
package smpp
