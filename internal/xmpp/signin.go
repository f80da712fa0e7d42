package xmpp

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoMechanism is the error of a server that offers no way to sign in that
// we know and that is safe on this connection.
var ErrNoMechanism = errors.New("the server offers no way to sign in that is safe here")

// SignIn proves that we know the password, by the best mechanism that the
// server offers, tells which that was, and opens the stream again. A refusal
// is a [*SASLError].
func (c *Client) SignIn(user, password string) (mechanism string, err error) {
	bound := c.binding()
	mechanism = c.mechanism(bound)
	switch mechanism {
	case "":
		return "", fmt.Errorf("%w: it has %s", ErrNoMechanism, strings.Join(c.mechanisms(), ", "))
	case "PLAIN":
		err = c.plain(user, password)
	default:
		s := newScram(mechanism, user, password, rand.Text())
		if s.gs2 = c.gs2(mechanism, bound); strings.HasSuffix(mechanism, plus) {
			s.bound = bound.data
		}
		err = s.suspect(c.scram(s, mechanism))
	}
	if err != nil {
		return mechanism, err
	}
	return mechanism, c.Open()
}

// mechanisms are what the server offers.
func (c *Client) mechanisms() []string {
	var names []string
	if offer := c.features.Child(nsSASL, "mechanisms"); offer != nil {
		for i := range offer.Children {
			if m := &offer.Children[i]; m.Name == "mechanism" {
				names = append(names, strings.TrimSpace(m.Text))
			}
		}
	}
	return names
}

// mechanism is the best of them: a password itself goes through TLS only, and
// to be bound to the connection is worth more than another hash.
func (c *Client) mechanism(b binding) string {
	offered := c.mechanisms()
	for _, m := range []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"} {
		if slices.Contains(offered, m) && (m != "PLAIN" || c.secure) && (!strings.HasSuffix(m, plus) || b.kind != "") {
			return m
		}
	}
	return ""
}

// plain is RFC 4616.
func (c *Client) plain(user, password string) error {
	if err := c.auth("PLAIN", "\x00"+user+"\x00"+password); err != nil {
		return err
	}
	_, _, err := c.authAnswer()
	return err
}

func (c *Client) scram(s *scram, mechanism string) error {
	if err := c.auth(mechanism, s.begin()); err != nil {
		return err
	}
	challenge, done, err := c.authAnswer()
	if err != nil {
		return err
	}
	if done {
		return errors.New("the server lets us in without having asked for proof")
	}
	final, err := s.answer(challenge)
	if err != nil {
		return err
	}
	if err := c.respond(final); err != nil {
		return err
	}
	verdict, done, err := c.authAnswer()
	if err != nil {
		return err
	}
	if err := s.verify(verdict); err != nil {
		return err
	}
	if done {
		return nil
	}
	if err := c.respond(""); err != nil { // the signature came as a challenge of its own
		return err
	}
	_, _, err = c.authAnswer()
	return err
}

func (c *Client) auth(mechanism, initial string) error {
	return c.write("<auth xmlns='" + nsSASL + "' mechanism='" + mechanism + "'>" + base64.StdEncoding.EncodeToString([]byte(initial)) + "</auth>")
}

func (c *Client) respond(text string) error {
	return c.write("<response xmlns='" + nsSASL + "'>" + base64.StdEncoding.EncodeToString([]byte(text)) + "</response>")
}

// authAnswer reads a challenge, or the success that ends the exchange.
func (c *Client) authAnswer() (data string, done bool, err error) {
	e, err := c.next()
	if err != nil {
		return "", false, fmt.Errorf("wait for the answer to the sign-in: %w", err)
	}
	if e.Space != nsSASL {
		return "", false, fmt.Errorf("the server answers to the sign-in with <%.40s>", e.Name)
	}
	switch e.Name {
	case "failure":
		condition, text := conditionOf(&e, nsSASL)
		return "", false, &SASLError{Condition: condition, Text: text}
	case "success", "challenge":
		text := strings.TrimSpace(e.Text)
		if text == "=" {
			text = ""
		}
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", false, fmt.Errorf("the server's answer to the sign-in is not base64: %w", err)
		}
		return string(b), e.Name == "success", nil
	default:
		return "", false, fmt.Errorf("the server answers to the sign-in with <%.40s>", e.Name)
	}
}

// Bind gives the stream a resource, and tells the full address that the server
// has made of it. It does not make the account seen: that is [Client.Present].
func (c *Client) Bind(resource string) (JID, error) {
	e, err := c.ask("bind", "<bind xmlns='"+nsBind+"'><resource>"+Escape(resource)+"</resource></bind>")
	if err != nil {
		return JID{}, fmt.Errorf("bind a resource: %w", err)
	}
	bound := e.Child(nsBind, "bind")
	if bound == nil {
		return JID{}, errors.New("bind a resource: the server does not say which")
	}
	full := bound.Child(nsBind, "jid")
	if full == nil {
		return JID{}, errors.New("bind a resource: the server does not say which")
	}
	me, err := ParseJID(full.Text)
	if err != nil {
		return JID{}, fmt.Errorf("bind a resource: %w", err)
	}
	return me, c.session()
}

// session is what servers of RFC 3921 want; the others say that it is optional.
func (c *Client) session() error {
	s := c.features.Child(nsSession, "session")
	if s == nil || s.Child(nsSession, "optional") != nil {
		return nil
	}
	if _, err := c.ask("session", "<session xmlns='"+nsSession+"'/>"); err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	return nil
}

// ask sends an iq, and reads up to its result; what else comes is passed over.
func (c *Client) ask(id, payload string) (Element, error) {
	if err := c.write("<iq type='set' id='" + id + "'>" + payload + "</iq>"); err != nil {
		return Element{}, err
	}
	for {
		e, err := c.next()
		if err != nil {
			return e, err
		}
		if e.Name != "iq" || e.Attr("id") != id {
			continue
		}
		if refused := e.Refusal(); refused != nil {
			return e, refused
		}
		return e, nil
	}
}
