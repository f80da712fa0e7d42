package mqttcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/outcry/outcry/internal/probe"
)

// session is one client that is connected.
type session struct {
	side   string // "publisher"
	conn   net.Conn
	got    chan received
	closed chan struct{}
	pump   sync.WaitGroup
	stop   func() bool
	online bool
}

// received is a packet, or the error after which none comes.
type received struct {
	*packets.ControlPacket
	at  time.Time
	err error
}

func newSession(ctx context.Context, conn net.Conn, side string) *session {
	s := &session{side: side, conn: conn, got: make(chan received), closed: make(chan struct{})}
	s.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // a closed connection needs none
	s.pump.Go(s.read)
	return s
}

func (s *session) read() {
	for n := 0; ; n++ {
		p, err := readPacket(s.conn)
		if n == maxPackets && err == nil {
			err = &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("more than %d packets", maxPackets)}
		}
		select {
		case s.got <- received{p, time.Now(), err}:
		case <-s.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// goodbye is how long a broker may take to take our farewell.
const goodbye = 200 * time.Millisecond

// leave disconnects; a nil session has nothing to say.
func (s *session) leave() {
	if s == nil {
		return
	}
	s.stop()
	close(s.closed)
	if s.online && s.conn.SetWriteDeadline(time.Now().Add(goodbye)) == nil {
		_, _ = (&packets.Disconnect{Properties: &packets.Properties{}}).WriteTo(s.conn) //nolint:errcheck // closing tells the broker as well
	}
	_ = s.conn.Close() //nolint:errcheck // nothing is left to be read
	s.pump.Wait()
}

// send writes a packet.
func (s *session) send(p io.WriterTo) error {
	if _, err := p.WriteTo(s.conn); err != nil {
		return fmt.Errorf("%s: send to the broker: %w", s.side, err)
	}
	return nil
}

// next waits for a packet. A goodbye of the broker is an error.
func (s *session) next(ctx context.Context) (received, error) {
	select {
	case <-ctx.Done():
		return received{}, fmt.Errorf("%s: wait for the broker: %w", s.side, context.Cause(ctx))
	case r := <-s.got:
		return r, s.judge(ctx, r)
	}
}

// judge is the error of a packet that ends the session.
func (s *session) judge(ctx context.Context, r received) error {
	if r.err != nil {
		s.got = nil
		if ctx.Err() != nil || errors.Is(r.err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("%s: wait for the broker: %w", s.side, context.DeadlineExceeded)
		}
		return fmt.Errorf("%s: wait for the broker: %w", s.side, r.err)
	}
	if d, ok := r.Content.(*packets.Disconnect); ok {
		return refusal(s.side+": the broker disconnects", d.ReasonCode, d.Properties)
	}
	return nil
}

// sessionless says that nothing is to be kept after the connection.
func sessionless() *packets.Properties {
	zero, largest := uint32(0), uint32(maxPacket)
	return &packets.Properties{SessionExpiryInterval: &zero, MaximumPacketSize: &largest}
}

// signIn connects (MQTT 5, section 3.1).
func (s *session) signIn(ctx context.Context, username, password string) error {
	c := &packets.Connect{
		ProtocolName: "MQTT", ProtocolVersion: 5, CleanStart: true, KeepAlive: 30, ClientID: "outcry-" + probe.Token()[:12],
		Username: username, UsernameFlag: username != "", Password: []byte(password), PasswordFlag: password != "",
		Properties: sessionless(),
	}
	if err := s.send(c); err != nil {
		return err
	}
	r, err := s.next(ctx)
	if err != nil {
		return err
	}
	ack, ok := r.Content.(*packets.Connack)
	if !ok {
		return fmt.Errorf("%s: the broker answers to CONNECT with a packet of type %d", s.side, r.Type)
	}
	s.online = ack.ReasonCode == packets.ConnackSuccess
	err = refusal(s.side+": the broker refuses the connection", ack.ReasonCode, ack.Properties)
	if ack.ReasonCode == packets.ConnackNotAuthorized { // so brokers say that a password is wrong, too
		return &probe.Fault{Reason: probe.ReasonSignIn, Err: err}
	}
	return err
}

// subscribe asks for the messages of a topic, at QoS 1.
func (s *session) subscribe(ctx context.Context, topic string) error {
	if err := s.send(&packets.Subscribe{PacketID: 1, Properties: &packets.Properties{}, Subscriptions: []packets.SubOptions{{Topic: topic, QoS: 1}}}); err != nil {
		return err
	}
	r, err := s.next(ctx)
	if err != nil {
		return err
	}
	ack, ok := r.Content.(*packets.Suback)
	if !ok || ack.PacketID != 1 || len(ack.Reasons) != 1 {
		return fmt.Errorf("%s: the broker answers to SUBSCRIBE with a packet of type %d", s.side, r.Type)
	}
	if ack.Reasons[0] == packets.SubackGrantedQoS0 {
		return &probe.Fault{Reason: probe.ReasonRejected, Err: fmt.Errorf("%s: the broker grants QoS 0 only", s.side)}
	}
	return refusal(s.side+": the broker refuses the subscription", ack.Reasons[0], ack.Properties)
}

// refusal is the error that a reason code stands for (MQTT 5, section 2.4);
// nil where it says that all is well.
func refusal(what string, code byte, properties *packets.Properties) error {
	if code < 0x80 && code != packets.PubackNoMatchingSubscribers {
		return nil
	}
	said := ""
	if name, _, _ := strings.Cut((&packets.Connack{ReasonCode: code}).Reason(), " - "); name != "" { // codes mean the same in every packet
		said = " " + name
	}
	if properties != nil && properties.ReasonString != "" {
		said += " (" + properties.ReasonString + ")"
	}
	return &probe.Fault{Reason: reasonOf(code), Err: fmt.Errorf("%s: reason code 0x%02x%s", what, code, said)}
}

func reasonOf(code byte) probe.Reason {
	switch code {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackBadAuthenticationMethod, packets.ConnackBanned:
		return probe.ReasonSignIn
	case packets.ConnackServerBusy, packets.ConnackQuotaExceeded, packets.ConnackConnectionRateExceeded, packets.DisconnectMessageRateTooHigh, packets.DisconnectReceiveMaximumExceeded:
		return probe.ReasonThrottled
	case packets.ConnackServerUnavailable, packets.DisconnectServerShuttingDown, packets.ConnackUnspecifiedError, packets.DisconnectMaximumConnectTime:
		return probe.ReasonNotServing
	case packets.PubackNoMatchingSubscribers:
		return probe.ReasonNotDelivered
	case packets.ConnackMalformedPacket, packets.ConnackProtocolError, packets.ConnackUnsupportedProtocolVersion:
		return probe.ReasonProtocol
	}
	return probe.ReasonRejected
}
