package smpp_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry/internal/smpp"
)

// The example of the specification, 3.2.5: a bind with the system_id SMPP3TEST.
func TestExampleOfTheSpecification(t *testing.T) {
	want, err := hex.DecodeString("0000002F000000020000000000000001534D50503354455354007365637265743038005355424D4954310000010100")
	if err != nil {
		t.Fatal(err)
	}
	// The specification's example is a bind_transmitter of interface version 0;
	// ours is a transceiver of 3.4, with the same fields otherwise.
	body, err := (&smpp.Bind{SystemID: "SMPP3TEST", Password: "secret08", SystemType: "SUBMIT1", AddressTON: 1, AddressNPI: 1}).Body()
	if err != nil {
		t.Fatal(err)
	}
	p := smpp.PDU{Command: 2, Sequence: 1, Body: body}
	got := p.Append(nil)
	got[len(got)-4] = 0
	if !bytes.Equal(got, want) {
		t.Errorf("wrote\n%x, wanted\n%x", got, want)
	}
}

func TestReceipts(t *testing.T) {
	text := func(class byte, s string) *smpp.Message { return &smpp.Message{ESMClass: class, Text: []byte(s)} }
	for _, c := range []struct {
		says string
		m    *smpp.Message
		want smpp.Receipt
		ok   bool
	}{
		{"the text of appendix B", text(4, "id:0123456789 sub:001 dlvrd:001 submit date:0610041000 done date:0610041001 stat:DELIVRD err:000 text:hello"),
			smpp.Receipt{ID: "0123456789", State: smpp.Delivered, Error: "000"}, true},
		{"names in capitals, a word written out", text(4, "ID:7f STAT:EXPIRED Err:0 Text:"), smpp.Receipt{ID: "7f", State: smpp.Expired, Error: "0"}, true},
		{"a word written out", text(4, "id:1 stat:DELIVERED err:0"), smpp.Receipt{ID: "1", State: smpp.Delivered, Error: "0"}, true},
		{"a name within another word does not count", text(4, "xid:1 id:2 stat:UNDELIV"), smpp.Receipt{ID: "2", State: smpp.Undeliverable}, true},
		{"optional parameters go before the text", &smpp.Message{Text: []byte("id:1 stat:ENROUTE err:9"), Params: map[smpp.Tag][]byte{
			smpp.TagReceiptedMessageID: []byte("abc\x00"), smpp.TagMessageState: {8}}}, smpp.Receipt{ID: "abc", State: smpp.Rejected, Error: "9"}, true},
		{"the text in message_payload", &smpp.Message{ESMClass: 4, Params: map[smpp.Tag][]byte{smpp.TagMessagePayload: []byte("id:5 stat:DELETED")}},
			smpp.Receipt{ID: "5", State: smpp.Deleted}, true},
		{"a message of a person", text(0, "id:1 stat:DELIVRD"), smpp.Receipt{}, false},
		{"a receipt without a state", text(4, "id:1"), smpp.Receipt{ID: "1"}, false},
	} {
		got, ok := smpp.ReceiptOf(c.m)
		if d := cmp.Diff(c.want, got); ok != c.ok || d != "" {
			t.Errorf("%s: ok %v, %s", c.says, ok, d)
		}
	}
}

func TestSameID(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"a1", "A1", true}, {"0042", "42", true}, {"161", "a1", true}, {"a1", "161", true}, {"1", "2", false}, {"x-1", "x-2", false}, {"x-1", "x-1", true}} {
		if got := smpp.SameID(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// Whatever is written is read back as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := func(n int, label string) string {
			return rapid.StringMatching(`[ -~]{0,`+string(rune('0'+n))+`}`).Draw(t, label)
		}
		m := &smpp.Message{
			ServiceType: name(5, "service"), Source: smpp.Address{TON: rapid.Byte().Draw(t, "ton"), Number: name(9, "from")},
			Destination: smpp.Address{NPI: rapid.Byte().Draw(t, "npi"), Number: name(9, "to")}, ESMClass: rapid.Byte().Draw(t, "class"),
			RegisteredDelivery: rapid.Byte().Draw(t, "registered"), DataCoding: rapid.Byte().Draw(t, "coding"),
			Text:   rapid.SliceOfN(rapid.Byte(), 0, 254).Draw(t, "text"),
			Params: map[smpp.Tag][]byte{smpp.TagMessagePayload: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")},
		}
		body, err := m.Body()
		if err != nil {
			t.Fatal(err)
		}
		p := &smpp.PDU{Command: smpp.DeliverSM, Status: smpp.Status(rapid.Uint32().Draw(t, "status")), Sequence: rapid.Uint32().Draw(t, "sequence"), Body: body}
		again, err := smpp.Read(bytes.NewReader(p.Append(nil)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, again); d != "" {
			t.Fatal(d)
		}
		back, err := smpp.ParseMessage(again.Body)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m, back); d != "" {
			t.Fatal(d)
		}
	})
}

func TestRefusesWhatDoesNotFit(t *testing.T) {
	for says, body := range map[string]func() ([]byte, error){
		"a system_id of 16": (&smpp.Bind{SystemID: "1234567890123456"}).Body,
		"a number with NUL": (&smpp.Message{Destination: smpp.Address{Number: "1\x002"}}).Body,
		"a text of 255":     (&smpp.Message{Text: make([]byte, 255)}).Body,
	} {
		var format *smpp.FormatError
		if _, err := body(); !errors.As(err, &format) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func FuzzPDU(f *testing.F) {
	seed, err := (&smpp.Message{Destination: smpp.Address{Number: "49151"}, Text: []byte("id:1 stat:DELIVRD")}).Body()
	if err != nil {
		f.Fatal(err)
	}
	p := smpp.PDU{Command: smpp.DeliverSM, Sequence: 7, Body: seed}
	f.Add(p.Append(nil))
	f.Add([]byte("\x00\x00\x00\x10\x80\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := smpp.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(b, p.Append(nil)) {
			t.Fatalf("%x is not what was read: %x", p.Append(nil), b)
		}
		m, err := smpp.ParseMessage(p.Body)
		if err != nil {
			return
		}
		if r, ok := smpp.ReceiptOf(m); ok && (r.ID == "" || r.State == 0) {
			t.Fatalf("a receipt of nothing: %+v", r)
		}
		if _, err := m.Body(); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}
