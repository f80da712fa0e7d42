package hap

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// maxEvents is how many events are kept while an answer is waited for.
const maxEvents = 100

// Accessory is a connection to an accessory. It is for one goroutine.
type Accessory struct {
	conn   net.Conn
	stream io.ReadWriter // the connection, or the session over it
	in     *bufio.Reader
	host   string
	events []message // that came between answers
	broken bool      // an answer may still be on its way: no more requests
	told   bool      // pair-setup has come to M5: the accessory may know us
}

// NewAccessory takes a connection, and leaves its closing to the caller.
func NewAccessory(conn net.Conn) *Accessory {
	return &Accessory{conn: conn, stream: conn, in: bufio.NewReader(conn), host: conn.RemoteAddr().String()}
}

// Broken tells whether the connection is of no more use.
func (a *Accessory) Broken() bool { return a.broken }

// MayKnow tells whether an attempt to pair, however it ended, may have left the
// controller's pairing at the accessory.
func (a *Accessory) MayKnow() bool { return a.told }

// encrypt makes a session of the connection: section 6.5.2.
func (a *Accessory) encrypt(shared []byte) error {
	write, err := derive(shared, "Control-Salt", "Control-Write-Encryption-Key")
	if err != nil {
		return err
	}
	read, err := derive(shared, "Control-Salt", "Control-Read-Encryption-Key")
	if err != nil {
		return err
	}
	// What was sent in the clear beyond the last answer must not be taken for
	// a part of the session.
	if a.in.Buffered() > 0 {
		return breach("text in the clear after pair-verify")
	}
	s, err := newSession(a.conn, read, write)
	if err != nil {
		return err
	}
	a.stream, a.in = s, bufio.NewReader(s)
	return nil
}

// hold keeps the connection to the context: its deadline, and its end. The
// function that it gives lets go.
func (a *Accessory) hold(ctx context.Context) func() {
	deadline, _ := ctx.Deadline()
	if err := a.conn.SetDeadline(deadline); err != nil {
		return func() {} // closed: the next read or write tells
	}
	stop := context.AfterFunc(ctx, func() {
		a.conn.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // closed already
	})
	return func() { stop() }
}

// do exchanges a request. Events that come before its answer are kept.
func (a *Accessory) do(ctx context.Context, doing, method, path, kind string, body []byte) (message, error) {
	defer a.hold(ctx)()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, a.host)
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", kind, len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	if _, err := a.stream.Write(b.Bytes()); err != nil {
		return message{}, a.fail(ctx, doing, err)
	}
	for {
		m, err := readMessage(a.in)
		if err != nil {
			return m, a.fail(ctx, doing, err)
		}
		if !m.event && m.status >= 200 {
			return m, nil
		}
		if m.event {
			a.events = append(a.events, m)
		}
		if len(a.events) > maxEvents {
			return m, a.fail(ctx, doing, &TooLarge{what: fmt.Sprintf("over %d events", maxEvents)})
		}
	}
}

func (a *Accessory) fail(ctx context.Context, doing string, err error) error {
	a.broken = true
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// ID names a characteristic.
type ID struct {
	AID uint64 `json:"aid"`
	IID uint64 `json:"iid"`
}

func (id ID) String() string { return fmt.Sprintf("%d.%d", id.AID, id.IID) }

// Characteristic is one of the attribute database, or an answer about it.
type Characteristic struct {
	IID    uint64          `json:"iid"`
	Type   string          `json:"type"`
	Perms  []string        `json:"perms"`
	Format string          `json:"format"`
	Value  json.RawMessage `json:"value"`
	Name   string          `json:"description"`
	AID    uint64          `json:"-"`
}

// ID names it.
func (c Characteristic) ID() ID { return ID{AID: c.AID, IID: c.IID} }

// Short is the type as it stands in the specification: "25" of
// 00000025-0000-1000-8000-0026BB765291.
func (c Characteristic) Short() string {
	t := strings.ToUpper(c.Type)
	if base, ok := strings.CutSuffix(t, "-0000-1000-8000-0026BB765291"); ok {
		t = base
	}
	return strings.TrimLeft(t, "0")
}

// Characteristics reads the attribute database: section 6.6.
func (a *Accessory) Characteristics(ctx context.Context) ([]Characteristic, error) {
	const doing = "read the accessories"
	m, err := a.do(ctx, doing, "GET", "/accessories", "", nil)
	if err != nil {
		return nil, err
	}
	if m.status != 200 {
		return nil, &HTTPError{Doing: doing, Code: m.status}
	}
	var d struct {
		Accessories []struct {
			AID      uint64 `json:"aid"`
			Services []struct {
				Characteristics []Characteristic `json:"characteristics"`
			} `json:"services"`
		} `json:"accessories"`
	}
	if err := json.Unmarshal(m.body, &d); err != nil {
		return nil, breach("%s: the answer is not JSON of the wanted form", doing)
	}
	var all []Characteristic
	for _, acc := range d.Accessories {
		for _, s := range acc.Services {
			for _, c := range s.Characteristics {
				c.AID = acc.AID
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// values is the body of an answer, or event, about characteristics.
type values struct {
	Characteristics []struct {
		ID
		Value  json.RawMessage `json:"value"`
		Status int             `json:"status"`
	} `json:"characteristics"`
}

// about finds one characteristic's value or status in a message.
func (m message) about(doing string, id ID) (json.RawMessage, error) {
	if len(m.body) == 0 && m.status/100 == 2 {
		return nil, nil // 204: all went well
	}
	var v values
	if err := json.Unmarshal(m.body, &v); err != nil {
		if m.status/100 != 2 {
			return nil, &HTTPError{Doing: doing, Code: m.status}
		}
		return nil, breach("%s: the answer is not JSON of the wanted form", doing)
	}
	for _, c := range v.Characteristics {
		if c.ID != id {
			continue
		}
		if c.Status != 0 {
			return nil, &Status{ID: id, Code: c.Status}
		}
		return c.Value, nil
	}
	if m.status/100 != 2 {
		return nil, &HTTPError{Doing: doing, Code: m.status}
	}
	return nil, breach("%s: the answer is not about %s", doing, id)
}

// Read gives a characteristic's value, as JSON. Its error may be a [*Status].
func (a *Accessory) Read(ctx context.Context, id ID) (json.RawMessage, error) {
	doing := "read " + id.String()
	m, err := a.do(ctx, doing, "GET", "/characteristics?id="+id.String(), "", nil)
	if err != nil {
		return nil, err
	}
	return m.about(doing, id)
}

// Write sets a characteristic's value.
func (a *Accessory) Write(ctx context.Context, id ID, value json.RawMessage) error {
	return a.put(ctx, "write "+id.String(), id, "value", value)
}

// Subscribe asks for events about a characteristic, over this connection. Its
// own writes make none: section 6.8.
func (a *Accessory) Subscribe(ctx context.Context, id ID) error {
	return a.put(ctx, "subscribe to "+id.String(), id, "ev", json.RawMessage("true"))
}

func (a *Accessory) put(ctx context.Context, doing string, id ID, key string, value json.RawMessage) error {
	body, err := json.Marshal(map[string]any{"characteristics": []map[string]any{{"aid": id.AID, "iid": id.IID, key: value}}})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	m, err := a.do(ctx, doing, "PUT", "/characteristics", "application/hap+json", body)
	if err != nil {
		return err
	}
	_, err = m.about(doing, id)
	return err
}

// Event waits for the next event about a characteristic, and gives its value.
// Others are passed over.
func (a *Accessory) Event(ctx context.Context, id ID) (json.RawMessage, error) {
	defer a.hold(ctx)()
	const doing = "wait for an event"
	for range maxEvents {
		var m message
		if len(a.events) > 0 {
			m, a.events = a.events[0], a.events[1:]
		} else {
			var err error
			if m, err = readMessage(a.in); err != nil {
				return nil, a.fail(ctx, doing, err)
			}
		}
		if !m.event {
			return nil, breach("%s: an answer to nothing", doing)
		}
		if v, err := m.about(doing, id); err == nil {
			return v, nil
		}
	}
	return nil, &TooLarge{what: fmt.Sprintf("over %d events", maxEvents)}
}
