package mqttcheck

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"message": probe.TypeOf(New)})
}

// broker answers each packet with the next of its answers, and then does
// something.
func broker(then func(net.Conn), answers ...[]byte) func(net.Conn) {
	return func(c net.Conn) {
		for _, a := range answers {
			if _, err := readPacket(c); err != nil {
				return
			}
			if _, err := c.Write(a); err != nil {
				return
			}
		}
		then(c)
	}
}

func bytesOf(p io.WriterTo) []byte {
	var b bytes.Buffer
	p.WriteTo(&b)
	return b.Bytes()
}

func connack(code byte) []byte {
	return bytesOf(&packets.Connack{ReasonCode: code, Properties: &packets.Properties{ReasonString: "so it is"}})
}

func suback(code byte) []byte {
	return bytesOf(&packets.Suback{PacketID: 1, Reasons: []byte{code}, Properties: &packets.Properties{}})
}

func goodbyeOf(code byte) []byte {
	return bytesOf(&packets.Disconnect{ReasonCode: code, Properties: &packets.Properties{}})
}

func flood(c net.Conn) {
	for chunk := bytes.Repeat([]byte{0xd0, 0x00}, 16<<10); ; { // PINGRESP, again and again
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

func TestBrokersThatMisbehave(t *testing.T) {
	huge := binary.AppendUvarint([]byte{0x30}, 200<<20)
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, probe.ReasonTimeout},
		{"it stalls within its answer", broker(probetest.Stall, []byte{0x20, 0x0a, 0x00}), probe.ReasonTimeout},
		{"it stalls at the subscription", broker(probetest.Stall, connack(0)), probe.ReasonTimeout},
		{"it closes at once", probetest.Close, probe.ReasonReset},
		{"it closes after the sign-in", broker(probetest.Close, connack(0), nil), probe.ReasonReset},
		{"it is no broker", probetest.Say("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"), probe.ReasonProtocol},
		{"it announces a packet of 200 MB", broker(probetest.Stall, huge), probe.ReasonTooLarge},
		{"its length never ends", broker(probetest.Stall, []byte{0x20, 0xff, 0xff, 0xff, 0xff, 0x7f}), probe.ReasonProtocol},
		{"it never stops sending", broker(flood, connack(0)), probe.ReasonProtocol},
		{"it speaks an older version", broker(probetest.Stall, []byte{0x20, 0x02, 0x00, 0x01}), probe.ReasonProtocol},
		{"it does not know the password", broker(probetest.Stall, connack(packets.ConnackBadUsernameOrPassword)), probe.ReasonSignIn},
		{"it is busy", broker(probetest.Stall, connack(packets.ConnackServerBusy)), probe.ReasonThrottled},
		{"it is not available", broker(probetest.Stall, connack(packets.ConnackServerUnavailable)), probe.ReasonNotServing},
		{"it shuts down", broker(probetest.Stall, connack(0), goodbyeOf(packets.DisconnectServerShuttingDown)), probe.ReasonNotServing},
		{"it answers with something else", broker(probetest.Stall, suback(1)), probe.ReasonProtocol},
	} {
		p, err := New(options("mqtt://"+probetest.Serve(t, c.serve)), probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
	p, err := New(options("mqtt://"+probetest.ClosedPort(t)), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err = New(options("mqtt://169.254.169.254"), probe.Env{Guard: guard})
	probetest.Want(t, "a metadata service", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

// What becomes of the message: relay is a broker of the test's own, which
// breaks at the point that it is told.
func TestMessagesThatGoAstray(t *testing.T) {
	for _, c := range []struct {
		says   string
		broken func(to, from net.Conn, p *packets.Publish)
		reason probe.Reason
	}{
		{"it arrives", func(to, from net.Conn, p *packets.Publish) { p.WriteTo(to); ack(from, 0) }, ""},
		{"the acknowledgement comes first", func(to, from net.Conn, p *packets.Publish) { ack(from, 0); p.WriteTo(to) }, ""},
		{"it is lost", func(_, from net.Conn, _ *packets.Publish) { ack(from, 0) }, probe.ReasonNotDelivered},
		{"there is no subscriber", func(_, from net.Conn, _ *packets.Publish) { ack(from, packets.PubackNoMatchingSubscribers) }, probe.ReasonNotDelivered},
		{"it is refused", func(_, from net.Conn, _ *packets.Publish) { ack(from, packets.PubackNotAuthorized) }, probe.ReasonRejected},
		{"the quota is used up", func(_, from net.Conn, _ *packets.Publish) { ack(from, packets.PubackQuotaExceeded) }, probe.ReasonThrottled},
		{"another text arrives", func(to, _ net.Conn, p *packets.Publish) { p.Payload = []byte("x"); p.WriteTo(to) }, probe.ReasonAltered},
		{"no acknowledgement", func(to, _ net.Conn, p *packets.Publish) { p.WriteTo(to) }, probe.ReasonNoReceipt},
		{"the subscriber is cut off", func(to, _ net.Conn, _ *packets.Publish) { to.Close() }, probe.ReasonReset},
		{"the publisher is told to go", func(_, from net.Conn, _ *packets.Publish) { from.Write(goodbyeOf(packets.DisconnectQuotaExceeded)) }, probe.ReasonThrottled},
	} {
		p, err := New(options("mqtt://"+probetest.Serve(t, relay(c.broken))), probe.Env{})
		timeout := 10 * time.Second
		switch c.reason {
		case probe.ReasonNoReceipt, probe.ReasonNotDelivered:
			timeout = time.Second
		}
		probetest.Want(t, c.says, probetest.Within(t, p, err, timeout), c.reason)
	}
	o := options("mqtt://" + probetest.Serve(t, relay(func(to, from net.Conn, p *packets.Publish) { p.WriteTo(to); ack(from, 0) })))
	o.Within = time.Nanosecond
	p, err := New(o, probe.Env{})
	probetest.Want(t, "it arrives later than wanted", probetest.Attempt(t, p, err), probe.ReasonLate)
}

func ack(c net.Conn, code byte) {
	(&packets.Puback{PacketID: 1, ReasonCode: code, Properties: &packets.Properties{}}).WriteTo(c)
}

// relay is a broker for one subscriber and one publisher.
func relay(handle func(to, from net.Conn, p *packets.Publish)) func(net.Conn) {
	subscribers := make(chan net.Conn, 1)
	return func(c net.Conn) {
		for {
			p, err := readPacket(c)
			if err != nil {
				return
			}
			switch content := p.Content.(type) {
			case *packets.Connect:
				c.Write(connack(0))
			case *packets.Subscribe:
				c.Write(suback(1))
				subscribers <- c
			case *packets.Publish:
				content.PacketID = 7
				handle(<-subscribers, c, content)
			case *packets.Disconnect:
				return
			}
		}
	}
}

func options(url string) Options {
	o := Options{URL: url}
	o.SetDefaults()
	return o
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options){
		"another scheme":          func(o *Options) { o.URL = "https://a" },
		"no host":                 func(o *Options) { o.URL = "mqtt://" },
		"a wildcard":              func(o *Options) { o.Topic = "a/#" },
		"no topic":                func(o *Options) { o.Topic = "" },
		"no time":                 func(o *Options) { o.Within = 0 },
		"a password in the clear": func(o *Options) { o.Username, o.Password = "u", config.Secret{Env: "X"} },
		"a password of nobody":    func(o *Options) { o.URL, o.Password = "mqtts://a", config.Secret{Env: "X"} },
	} {
		o := options("mqtt://a")
		change(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// What a broker says when it does not speak MQTT 5 is told in words.
func TestOlderBrokersAreTold(t *testing.T) {
	for _, c := range []struct {
		says, want string
		packet     []byte
	}{
		{"a broker of 3.1.1 refuses the version in its own form", "answers in MQTT 3.1.1 (return code 1), and the check needs MQTT 5", []byte{0x20, 2, 0, 1}},
		{"a broker of 3.1.1 that takes any version", "answers in MQTT 3.1.1 (return code 0)", []byte{0x20, 2, 0, 0}},
	} {
		if _, err := readPacket(bytes.NewReader(c.packet)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.says, err, c.want)
		}
	}
	for code, want := range map[byte]string{0x84: "reason code 0x84 Unsupported Protocol Version", 0x87: "reason code 0x87 Not authorized (go away)"} {
		said := &packets.Properties{}
		if code == packets.ConnackNotAuthorized {
			said.ReasonString = "go away"
		}
		if err := refusal("the broker", code, said); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("0x%02x is %v, want %q", code, err, want)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add(connack(0))
	f.Add(suback(1))
	f.Add(goodbyeOf(0x8b))
	f.Add(bytesOf(&packets.Publish{Topic: "a", Payload: []byte("b"), QoS: 1, PacketID: 1, Properties: &packets.Properties{}}))
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readPacket(bytes.NewReader(b))
		if (p == nil) == (err == nil) {
			t.Fatalf("%x gives %v and %v", b, p, err)
		}
	})
}
