package xmpp

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The examples of the RFCs, to the letter.
func TestScramVectors(t *testing.T) {
	for _, c := range []struct {
		says, mechanism, nonce, first, challenge, final, verdict string
	}{
		{
			"RFC 5802, section 5", "SCRAM-SHA-1", "fyko+d2lbbFgONRv9qkxdawL", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		},
		{
			"RFC 7677, section 3", "SCRAM-SHA-256", "rOprNGfwEbeRWgbNEkqO", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		},
	} {
		s := newScram(c.mechanism, "user", "pencil", c.nonce)
		if got := s.begin(); got != c.first {
			t.Errorf("%s: begins with %q", c.says, got)
		}
		final, err := s.answer(c.challenge)
		if err != nil || final != c.final {
			t.Errorf("%s: answers %q, %v", c.says, final, err)
		}
		if err := s.verify(c.verdict); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
		if err := s.verify("v=" + base64.StdEncoding.EncodeToString(make([]byte, 32))); err == nil {
			t.Errorf("%s: a server that does not know the password is believed", c.says)
		}
	}
}

func TestScramRefuses(t *testing.T) {
	for says, challenge := range map[string]string{
		"another nonce":           "r=other,s=QSXCR+Q6sek8bf92,i=4096",
		"our nonce and no more":   "r=nonce,s=QSXCR+Q6sek8bf92,i=4096",
		"no iterations":           "r=nonce1,s=QSXCR+Q6sek8bf92",
		"endless work":            "r=nonce1,s=QSXCR+Q6sek8bf92,i=2000000000",
		"a salt that is none":     "r=nonce1,s=%%%,i=4096",
		"an extension it demands": "m=x,r=nonce1,s=QSXCR+Q6sek8bf92,i=4096",
		"nothing":                 "",
	} {
		if final, err := newScram("SCRAM-SHA-256", "user", "pencil", "nonce").answer(challenge); err == nil {
			t.Errorf("%s is answered with %q", says, final)
		}
	}
	if err := newScram("SCRAM-SHA-1", "u", "p", "n").verify("v="); err == nil {
		t.Error("a verdict without proof is taken")
	}
	if s := newScram("SCRAM-SHA-1", "a=b,c", "p", "n").first; s != "n=a=3Db=2Cc,r=n" {
		t.Errorf("a name is written as %q", s)
	}
}

// SASLprep's own examples (RFC 4013, section 3) that it does not prohibit.
func TestPrepare(t *testing.T) {
	for in, want := range map[string]string{"I\u00adX": "IX", "user": "user", "USER": "USER", "\u00aa": "a", "\u2168": "IX", "a\u00a0b": "a b"} {
		if got := prepare(in); got != want {
			t.Errorf("%q becomes %q, wanted %q", in, got, want)
		}
	}
}

func TestParseJID(t *testing.T) {
	for in, want := range map[string]JID{
		"juliet@example.com":          {"juliet", "example.com", ""},
		"Juliet@Example.COM./Balcony": {"juliet", "example.com", "Balcony"},
		"example.com":                 {"", "example.com", ""},
		"a@b/c@d/e":                   {"a", "b", "c@d/e"},
	} {
		if got, err := ParseJID(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "@b", "a@", "a@b/", "a b@c", "a@b@c", "a'b@c", strings.Repeat("a", 1024) + "@b", "a@b/x\ny"} {
		if got, err := ParseJID(in); err == nil {
			t.Errorf("%q is taken for %+v", in, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		j, err := ParseJID(rapid.String().Draw(t, "text"))
		if err != nil {
			return
		}
		if again, err := ParseJID(j.String()); err != nil || again != j {
			t.Fatalf("%q becomes %+v, %v", j, again, err)
		}
	})
}

// The password itself goes through TLS only.
func TestPlainNeedsTLS(t *testing.T) {
	offer := Element{Children: []Element{{Space: nsSASL, Name: "mechanisms", Children: []Element{{Space: nsSASL, Name: "mechanism", Text: "PLAIN"}}}}}
	c := Client{features: offer}
	if m := c.mechanism(binding{}); m != "" {
		t.Errorf("without TLS it takes %s", m)
	}
	c.secure = true
	if m := c.mechanism(binding{}); m != "PLAIN" {
		t.Errorf("within TLS it takes %q", m)
	}
}

// talk lets a client hear what a server says.
func talk(t *testing.T, text string) *Client {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		go io.Copy(io.Discard, theirs)
		io.WriteString(theirs, text)
		theirs.Close()
	}()
	c := NewClient(ours, "example.com")
	t.Cleanup(func() { c.Close(); <-done })
	return c
}

const hello = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

func TestStanzas(t *testing.T) {
	c := talk(t, hello+"<stream:features/>\n <message from='a@b/c' id='1'><body>x &lt; &amp; y</body><thread> t </thread><request xmlns='urn:xmpp:receipts'/></message>"+
		"<message type='error' id='2'><error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text></error></message>"+
		"<message from='a@b/c'><received xmlns='urn:xmpp:receipts' id='7'/></message></stream:stream>")
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	stanzas := c.Stanzas()
	s := <-stanzas
	if s.Body() != "x < & y" || s.From() != (JID{"a", "b", "c"}) || s.Thread() != "t" || !s.WantsReceipt() || s.Refusal() != nil || s.At.IsZero() {
		t.Errorf("the message is read as %+v", s)
	}
	if s = <-stanzas; s.Refusal() == nil || s.Refusal().Error() != "the server answers: forbidden (no)" {
		t.Errorf("the refusal is read as %+v", s)
	}
	if s = <-stanzas; s.Receipt() != "7" || s.WantsReceipt() || s.Body() != "" {
		t.Errorf("the receipt is read as %+v", s)
	}
	if s = <-stanzas; !errors.Is(s.Err, io.EOF) {
		t.Errorf("the end is %+v", s)
	}
	if _, open := <-stanzas; open {
		t.Error("something comes after the end")
	}
}

// Whatever is written as text is read as the same text, and opens no element.
func TestEscape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~äß€]*`).Draw(t, "text")
		e, err := parse("<a b='" + Escape(text) + "'>" + Escape(text) + "</a>")
		if err != nil || e.Text != text || e.Attr("b") != text || len(e.Children) > 0 {
			t.Fatalf("%q is read as %+v, %v", text, e, err)
		}
	})
}

func parse(text string) (Element, error) {
	left := MaxRead
	src := newSource(strings.NewReader(text), &left)
	c := Client{src: src, tokens: xml.NewDecoder(src)}
	return c.next()
}

// A parser of what a stranger sends ends, within its bounds.
func FuzzStanza(f *testing.F) {
	for _, s := range []string{
		"<message><body>x</body></message>", "<a><b/><!-- --></a>", "<!DOCTYPE a []>", "<?php ?>", "text", "<a xmlns='x' b='&#0;'/>", "</a>", "<a>&lol;</a>",
		strings.Repeat("<a>", 50), "<x:a xmlns:x='y' x:b='c' d='e'><![CDATA[x]]></x:a>", "<message type='error'><error><x xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text)
		if err != nil {
			return
		}
		if n, deep := size(&e); n > maxElements || deep > maxDepth {
			t.Fatalf("%d elements, %d deep", n, deep)
		}
		_, _, _, _, _ = e.From(), e.Body(), e.Thread(), e.Receipt(), e.Refusal()
	})
}

func size(e *Element) (n, deep int) {
	n = 1
	for i := range e.Children {
		m, d := size(&e.Children[i])
		n, deep = n+m, max(deep, d)
	}
	return n, deep + 1
}

// A challenge of a stranger is refused or answered, and costs little.
func FuzzScram(f *testing.F) {
	f.Add("r=nonce1,s=QSXCR+Q6sek8bf92,i=1")
	f.Add("r=nonce,i=99999999999999999999,s=")
	f.Add("e=other,v==,=,,")
	f.Fuzz(func(t *testing.T, challenge string) {
		if strings.Contains(challenge, "i=") && len(attributesOf(challenge)["i"]) > 3 {
			return // more work than a fuzzer has time for
		}
		s := newScram("SCRAM-SHA-256", "user", "pencil", "nonce")
		if final, err := s.answer(challenge); err == nil && !strings.HasPrefix(final, "c=biws,r=nonce") {
			t.Fatalf("%q is answered with %q", challenge, final)
		}
		if s.verify(challenge) == nil {
			t.Fatalf("%q is taken for a proof", challenge)
		}
	})
}

// A server that takes nothing does not keep a client from leaving.
func TestCloseDoesNotWait(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := NewClient(ours, "example.com")
	c.opened = true
	began := time.Now()
	c.Close()
	c.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}
