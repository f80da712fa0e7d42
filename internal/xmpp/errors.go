package xmpp

import "fmt"

// Namespaces.
const (
	nsStream  = "http://etherx.jabber.org/streams"
	nsClient  = "jabber:client"
	nsTLS     = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBinding = "urn:xmpp:sasl-cb:0"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSession = "urn:ietf:params:xml:ns:xmpp-session"
	nsErrors  = "urn:ietf:params:xml:ns:xmpp-stanzas"
	nsReasons = "urn:ietf:params:xml:ns:xmpp-streams"
	nsReceipt = "urn:xmpp:receipts"
	nsHints   = "urn:xmpp:hints"
)

// SASLError is a sign-in that the server refused (RFC 6120, section 6.5).
type SASLError struct {
	Condition string // "not-authorized", "temporary-auth-failure", …
	Text      string
}

func (e *SASLError) Error() string {
	return "the server refuses the sign-in: " + told(e.Condition, e.Text)
}

// StreamError is the end of a stream by the server (RFC 6120, section 4.9).
type StreamError struct {
	Condition string // "host-unknown", "system-shutdown", "conflict", …
	Text      string
}

func (e *StreamError) Error() string {
	return "the server ends the stream: " + told(e.Condition, e.Text)
}

// StanzaError is the refusal of one stanza (RFC 6120, section 8.3).
type StanzaError struct {
	Condition string // "service-unavailable", "forbidden", …
	Text      string
}

func (e *StanzaError) Error() string { return "the server answers: " + told(e.Condition, e.Text) }

func told(condition, text string) string {
	if text == "" {
		return condition
	}
	return fmt.Sprintf("%s (%s)", condition, text)
}

// conditionOf reads the condition and the text of an error's element.
func conditionOf(e *Element, space string) (condition, text string) {
	condition = "undefined-condition"
	for i := range e.Children {
		switch c := &e.Children[i]; {
		case c.Space != space:
		case c.Name == "text":
			text = c.Text
		default:
			condition = c.Name
		}
	}
	return condition, text
}
