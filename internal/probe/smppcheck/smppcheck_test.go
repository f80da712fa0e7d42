package smppcheck_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/smppcheck"
	"github.com/outcry/outcry/internal/smpp"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"check": probe.TypeOf(smppcheck.New)})
}

func options(addr, to string) smppcheck.Options {
	var o smppcheck.Options
	o.SetDefaults()
	o.URL, o.SystemID, o.Password, o.From, o.To = "smpp://"+addr, "outcry", config.Plain("secret"), "Outcry", to
	return o
}

// bound gives a server that lets everybody in and then does something.
func bound(then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		p, err := smpp.Read(c)
		if err != nil {
			return
		}
		resp := smpp.PDU{Command: smpp.BindTransceiverResp, Sequence: p.Sequence, Body: []byte("x\x00")}
		if _, err := c.Write(resp.Append(nil)); err == nil {
			then(c)
		}
	}
}

func TestServersThatMisbehave(t *testing.T) {
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"it says nothing", probetest.Stall, probe.ReasonTimeout},
		{"it hangs up at once", probetest.Close, probe.ReasonReset},
		{"it hangs up when asked", probetest.CloseAfterRequest, probe.ReasonReset},
		{"it speaks no SMPP", probetest.Garbage, probe.ReasonProtocol},
		{"it speaks HTTP", probetest.Say("HTTP/1.1 400 Bad Request\r\n\r\n"), probe.ReasonProtocol},
		{"it never stops", probetest.Flood(""), probe.ReasonProtocol},
		{"it stalls at the message", bound(probetest.Stall), probe.ReasonTimeout},
		{"it hangs up at the message", bound(probetest.CloseAfterRequest), probe.ReasonReset},
		{"it sends garbage for the message", bound(probetest.Garbage), probe.ReasonProtocol},
		{"it asks for ever whether we are there", bound(func(c net.Conn) {
			for p := (&smpp.PDU{Command: smpp.EnquireLink, Sequence: 9}).Append(nil); ; {
				if _, err := c.Write(p); err != nil {
					return
				}
			}
		}), probe.ReasonTimeout},
		{"it delivers for ever", bound(func(c net.Conn) {
			body, _ := (&smpp.Message{Text: []byte("x")}).Body()
			go probetest.Stall(c)
			for p := (&smpp.PDU{Command: smpp.DeliverSM, Sequence: 9, Body: body}).Append(nil); ; {
				if _, err := c.Write(p); err != nil {
					return
				}
			}
		}), probe.ReasonProtocol},
	} {
		p, err := smppcheck.New(options(probetest.Serve(t, c.serve), "+1555"), probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

// A centre that gives a receipt to another session of the account than the one
// that has sent: the detail says what may be wrong.
func TestReceiptsOfOthers(t *testing.T) {
	receipt := smpp.Message{ESMClass: 4, Source: smpp.Address{Number: "+1555"}, Destination: smpp.Address{Number: "Outcry"}, Text: []byte("id:other sub:001 dlvrd:001 stat:DELIVRD err:000")}
	body, err := receipt.Body()
	if err != nil {
		t.Fatal(err)
	}
	addr := probetest.Serve(t, bound(func(c net.Conn) {
		submit, err := smpp.Read(c)
		if err != nil {
			return
		}
		for _, p := range []smpp.PDU{
			{Command: smpp.SubmitSMResp, Sequence: submit.Sequence, Body: []byte("ours\x00")},
			{Command: smpp.DeliverSM, Sequence: 1, Body: body}, {Command: smpp.DeliverSM, Sequence: 2, Body: body},
		} {
			if _, err := c.Write(p.Append(nil)); err != nil {
				return
			}
		}
		probetest.Stall(c)
	}))
	p, err := smppcheck.New(options(addr, "+1555"), probe.Env{})
	r := probetest.Within(t, p, err, probetest.Patience(probe.ReasonTimeout))
	probetest.Want(t, "another's receipts", r, probe.ReasonNoReceipt)
	if !strings.Contains(r.Detail, "2 of other messages") {
		t.Errorf("the detail does not say so: %s", r.Detail)
	}
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*smppcheck.Options){
		"another scheme":        func(o *smppcheck.Options) { o.URL = "http://x" },
		"no number":             func(o *smppcheck.Options) { o.To = "" },
		"a number that is long": func(o *smppcheck.Options) { o.To = strings.Repeat("1", 30) },
		"a text of emoji":       func(o *smppcheck.Options) { o.Text = "✉" },
		"a name of 20":          func(o *smppcheck.Options) { o.SystemID = strings.Repeat("x", 20) },
	} {
		o := options("127.0.0.1:1", "+1555")
		change(&o)
		if _, err := smppcheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
	o := options("127.0.0.1:1", "+1555")
	o.Password = config.Secret{File: os.DevNull + "x"}
	p, err := smppcheck.New(o, probe.Env{})
	probetest.Want(t, "a password that is not there is our own fault", probetest.Attempt(t, p, err), probe.ReasonInternal)
	if _, err := smppcheck.New(o, probe.Env{Guard: &netguard.Guard{}}); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("a process that dials starts without the password: %v", err)
	}
}
