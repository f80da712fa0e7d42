package xmpp

import "strings"

// Message is a chat message to be sent, or the receipt of one.
type Message struct {
	To       JID
	ID       string
	Body     string
	Thread   string
	Receipt  bool   // ask for one (XEP-0184)
	Received string // id of the message that this is the receipt of
	Fleeting bool   // not to be kept by servers, nor for who is offline (XEP-0334)
}

// Send sends a message.
func (c *Client) Send(m Message) error {
	var b strings.Builder
	b.WriteString("<message type='chat' to='" + Escape(m.To.String()) + "' id='" + Escape(m.ID) + "'>")
	if m.Body != "" {
		b.WriteString("<body>" + Escape(m.Body) + "</body>")
	}
	if m.Thread != "" {
		b.WriteString("<thread>" + Escape(m.Thread) + "</thread>")
	}
	if m.Receipt {
		b.WriteString("<request xmlns='" + nsReceipt + "'/>")
	}
	if m.Received != "" {
		b.WriteString("<received xmlns='" + nsReceipt + "' id='" + Escape(m.Received) + "'/>")
	}
	if m.Fleeting {
		b.WriteString("<no-store xmlns='" + nsHints + "'/><no-copy xmlns='" + nsHints + "'/>")
	}
	b.WriteString("</message>")
	return c.write(b.String())
}

// Present tells the server that the account is there to take messages. A
// negative priority takes only those for this very resource (RFC 6121, section
// 8.5.2), so that those for people reach people.
func (c *Client) Present(priority string) error {
	return c.write("<presence><priority>" + Escape(priority) + "</priority></presence>")
}

// From is the sender of a stanza; the zero JID when there is none.
func (e *Element) From() JID {
	j, err := ParseJID(e.Attr("from"))
	if err != nil {
		return JID{}
	}
	return j
}

// Body is the text of a message.
func (e *Element) Body() string {
	if b := e.Child(nsClient, "body"); b != nil {
		return b.Text
	}
	return ""
}

// Thread is the conversation that a message belongs to; empty: none is said.
func (e *Element) Thread() string {
	if t := e.Child(nsClient, "thread"); t != nil {
		return strings.TrimSpace(t.Text)
	}
	return ""
}

// WantsReceipt reports whether a message asks for one.
func (e *Element) WantsReceipt() bool { return e.Child(nsReceipt, "request") != nil }

// Receipt is the id of the message whose receipt this is; empty: it is none.
func (e *Element) Receipt() string {
	if r := e.Child(nsReceipt, "received"); r != nil {
		return r.Attr("id")
	}
	return ""
}

// Refusal is the error that a stanza of type error carries; nil: it is none.
func (e *Element) Refusal() *StanzaError {
	if e.Attr("type") != "error" {
		return nil
	}
	refusal := &StanzaError{Condition: "undefined-condition"}
	if body := e.Child(nsClient, "error"); body != nil {
		refusal.Condition, refusal.Text = conditionOf(body, nsErrors)
	}
	return refusal
}
