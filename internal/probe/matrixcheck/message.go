package matrixcheck

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// message is one on its way.
type message struct {
	sender, receiver *session
	room, id, body   string
	event            string // the id that the homeserver gave it
	within           time.Duration
	sent, delivered  time.Time
	seen             bool            // by the sender, in the room
	reached          map[string]bool // the event and those that came after it
	read             map[string]bool // events up to which the receiver has read
}

func (m *message) send(ctx context.Context) (string, error) {
	var answer struct {
		EventID string `json:"event_id"`
	}
	m.sent = time.Now()
	path := "rooms/" + url.PathEscape(m.room) + "/send/m.room.message/" + url.PathEscape(m.id)
	if err := m.sender.call(ctx, http.MethodPut, path, map[string]string{"msgtype": "m.text", "body": m.body}, &answer); err != nil {
		return "", err
	}
	if answer.EventID == "" {
		return "", errors.New("the homeserver took the message and gave it no id")
	}
	m.event = answer.EventID
	return m.event, nil
}

// deliver waits until the receiver's /sync has the message.
func (m *message) deliver(ctx context.Context) (string, error) {
	for {
		room, err := m.receiver.sync(ctx, m.room)
		if ended(ctx, err) {
			return "", fault(probe.ReasonNotDelivered, "not delivered within %s", probe.Took(time.Since(m.sent)))
		}
		if err != nil {
			return "", err
		}
		for _, e := range room.Timeline.Events {
			if e.EventID == m.event {
				return m.arrived(e)
			}
		}
	}
}

func (m *message) arrived(e event) (string, error) {
	m.delivered = time.Now()
	var content struct {
		Body string `json:"body"`
	}
	err := json.Unmarshal(e.Content, &content)
	switch took := m.delivered.Sub(m.sent); {
	case err != nil || content.Body != m.body:
		return "", fault(probe.ReasonAltered, "delivered with another text: %.60q", content.Body)
	case took > m.within:
		return "", fault(probe.ReasonLate, "delivered after %s, wanted within %s", probe.Took(took), m.within)
	default:
		return "after " + probe.Took(took), nil
	}
}

// mark sets the receiver's read marker, as a client does when the message is on
// the screen.
func (m *message) mark(ctx context.Context) (string, error) {
	path := "rooms/" + url.PathEscape(m.room) + "/read_markers"
	return "", m.receiver.call(ctx, http.MethodPost, path, map[string]string{"m.fully_read": m.event, "m.read": m.event}, nil)
}

// marked waits until the sender's /sync says that the receiver has read it. A
// user has one receipt in a room, which says how far it has read (section
// 11.10): where another check sends there at the same time, the receipt may be
// seen at that one's message only. Some homeservers (Dendrite) let it go back to
// an earlier one, and then nobody would ever see that ours was read: the receiver
// says it again.
func (m *message) marked(ctx context.Context) (string, error) {
	for {
		room, err := m.sender.sync(ctx, m.room)
		if ended(ctx, err) {
			return "", fault(probe.ReasonNoReceipt, "delivered without receipt: none within %s", probe.Took(time.Since(m.sent)))
		}
		if err != nil {
			return "", err
		}
		read, other := m.note(room)
		if read {
			return m.told()
		}
		if !other {
			continue
		}
		if _, err := m.mark(ctx); err != nil && !ended(ctx, err) {
			return "", err
		}
	}
}

// note takes in what the sender has heard of the room, and reports whether the
// receiver has read the message, or was heard to have read another one.
func (m *message) note(room joined) (read, other bool) {
	if m.reached == nil {
		m.reached, m.read = map[string]bool{m.event: true}, map[string]bool{}
	}
	for _, e := range room.Timeline.Events {
		if m.seen {
			m.reached[e.EventID] = true
		}
		m.seen = m.seen || e.EventID == m.event
	}
	for _, e := range room.Ephemeral.Events {
		if e.Type == "m.receipt" {
			other = readBy(e.Content, m.receiver.user, m.read) || other
		}
	}
	for id := range m.read {
		if m.reached[id] {
			return true, false
		}
	}
	return false, other
}

func (m *message) told() (string, error) {
	took := time.Since(m.sent)
	if took > m.within {
		return "", fault(probe.ReasonLate, "its receipt came after %s, wanted within %s", probe.Took(took), m.within)
	}
	return "after " + probe.Took(took), nil
}

// readBy notes the events up to which a user has read, by the content of an
// m.receipt (event, kind of receipt, user), and reports whether there are any.
func readBy(content json.RawMessage, user string, read map[string]bool) (found bool) {
	var receipts map[string]map[string]map[string]json.RawMessage
	if json.Unmarshal(content, &receipts) != nil {
		return false
	}
	for id, kinds := range receipts {
		if _, is := kinds["m.read"][user]; is {
			read[id], found = true, true
		}
	}
	return found
}

// ended reports whether an error is that of the end of the time.
func ended(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || probe.Classify(err) == probe.ReasonTimeout)
}
