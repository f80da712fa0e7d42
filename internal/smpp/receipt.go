package smpp

import (
	"bytes"
	"strconv"
	"strings"
)

// State is what has become of a message (5.2.28).
type State byte

// The states.
const (
	Enroute       State = 1
	Delivered     State = 2
	Expired       State = 3
	Deleted       State = 4
	Undeliverable State = 5
	Accepted      State = 6 // somebody has read it for the receiver
	Unknown       State = 7
	Rejected      State = 8
)

// words are the states in the text of a receipt (appendix B), by their number.
func words() [9]string {
	return [9]string{"", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"}
}

// String is the word of a receipt: DELIVRD.
func (s State) String() string {
	if w := words(); s > 0 && int(s) < len(w) {
		return w[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// Final reports whether nothing more will become of the message.
func (s State) Final() bool { return s != Enroute && s != 0 }

// Receipt is what a deliver_sm says about a message that was submitted.
type Receipt struct {
	ID    string // as the peer writes it here; see [SameID]
	State State
	Error string // the network's own code; may be empty
}

// receiptClass are the bits of esm_class that tell what a deliver_sm is, and
// isReceipt their value for a delivery receipt (5.2.12).
const (
	receiptClass = 0x3C
	isReceipt    = 0x04
)

// ReceiptOf reads a delivery receipt: from the optional parameters
// receipted_message_id and message_state, and what those do not say from the
// text of appendix B, "id:… stat:DELIVRD err:000 …". Ok is false for a message
// that is none.
func ReceiptOf(m *Message) (r Receipt, ok bool) {
	if id := m.Params[TagReceiptedMessageID]; id != nil {
		r.ID = string(bytes.TrimRight(id, "\x00"))
	}
	if s := m.Params[TagMessageState]; len(s) == 1 {
		r.State = State(s[0])
	}
	if m.ESMClass&receiptClass != isReceipt && r.ID == "" {
		return Receipt{}, false
	}
	text := string(m.text())
	if r.ID == "" {
		r.ID = field(text, "id:")
	}
	if r.State == 0 {
		r.State = stateOf(field(text, "stat:"))
	}
	r.Error = field(text, "err:")
	return r, r.ID != "" && r.State != 0
}

// field finds the word after a name of the text; names are taken in any case,
// as peers write them.
func field(text, name string) string {
	lower := strings.ToLower(text)
	from := 0
	for {
		i := strings.Index(lower[from:], name)
		if i < 0 || len(lower) != len(text) {
			return ""
		}
		i += from
		if i == 0 || text[i-1] == ' ' {
			word, _, _ := strings.Cut(text[i+len(name):], " ")
			return strings.TrimSpace(word)
		}
		from = i + len(name)
	}
}

// stateOf reads a word of appendix B. Some peers write it out.
func stateOf(word string) State {
	word = strings.ToUpper(word)
	for s, w := range words() {
		if w != "" && (word == w || len(word) > 7 && strings.HasPrefix(word, w[:5])) {
			return State(s)
		}
	}
	return 0
}

// SameID reports whether the ID of a receipt is that of a response: peers are
// known to write one in hexadecimal and the other in decimal, or with zeros
// before it.
func SameID(receipt, response string) bool {
	a, b := strings.TrimLeft(strings.ToLower(receipt), "0"), strings.TrimLeft(strings.ToLower(response), "0")
	if a == b {
		return true
	}
	return isHexOf(a, b) || isHexOf(b, a)
}

// isHexOf reports whether two texts are one number, the first in hexadecimal.
func isHexOf(hex, dec string) bool {
	h, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return false
	}
	d, err := strconv.ParseUint(dec, 10, 64)
	return err == nil && h == d
}
