package sipcheck

import (
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"github.com/outcry/outcry/internal/probe"
)

// request begins a request outside of a call, with a Call-ID of its own.
func (a *agent) request(method sip.RequestMethod, uri, from, to sip.Uri) *sip.Request {
	req := sip.NewRequest(method, uri)
	a.addVia(req)
	maxForwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&maxForwards)
	f := &sip.FromHeader{Address: from}
	f.Params.Add("tag", sip.GenerateTagN(16))
	req.AppendHeader(f)
	req.AppendHeader(&sip.ToHeader{Address: to})
	id := sip.CallIDHeader(sip.GenerateTagN(24))
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: method})
	req.AppendHeader(a.contact(from.User))
	req.AppendHeader(sip.NewHeader("User-Agent", a.name))
	req.SetBody(nil)
	return req
}

// addVia puts our address on top, with a new branch (a new transaction), and
// asks for the answer to come back to where it came from (RFC 3581).
func (a *agent) addVia(req *sip.Request) {
	req.RemoveHeader("Via")
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(a.transport),
		Host: a.host(), Port: int(a.local.Port()),
	}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
}

func (a *agent) contact(user string) *sip.ContactHeader {
	c := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: user, Host: a.host(), Port: int(a.local.Port())}}
	if a.transport != "udp" {
		c.Address.UriParams.Add("transport", a.transport)
	}
	return c
}

// host is our own address as it stands in a header.
func (a *agent) host() string {
	ip := a.local.Addr().Unmap().WithZone("")
	if ip.Is6() {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

// authorize makes of a request that was challenged one with credentials.
func (a *agent) authorize(req *sip.Request, res *sip.Response, user, password string) error {
	ask, give := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		ask, give = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge, err := findChallenge(res.GetHeaders(ask))
	if err != nil {
		return err
	}
	credentials, err := digest.Digest(challenge, digest.Options{
		Method: req.Method.String(), URI: req.Recipient.String(), Username: user, Password: password, Count: 1,
	})
	if err != nil {
		return fault(probe.ReasonProtocol, "the challenge of the %d cannot be answered", res.StatusCode)
	}
	req.RemoveHeader(give)
	req.AppendHeader(sip.NewHeader(give, credentials.String()))
	req.CSeq().SeqNo++
	a.addVia(req)
	return nil
}

// findChallenge takes the first that we can answer: the server lists them with
// the best first (RFC 8760, 2.4).
func findChallenge(headers []sip.Header) (*digest.Challenge, error) {
	for _, h := range headers {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		c.Algorithm = strings.ToUpper(c.Algorithm)
		if digest.CanDigest(c) {
			return c, nil
		}
	}
	return nil, fault(probe.ReasonProtocol, "none of the %d challenges is a digest that we know", len(headers))
}

// ackRefusal acknowledges a final answer that is not 2xx, within the INVITE's
// transaction: RFC 3261, 17.1.1.3.
func ackRefusal(invite *sip.Request, res *sip.Response) *sip.Request {
	ack := sip.NewRequest(sip.ACK, invite.Recipient)
	copyInto(ack, invite.Via(), invite.From(), res.To(), invite.CallID())
	ack.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.ACK})
	maxForwards := sip.MaxForwardsHeader(70)
	ack.AppendHeader(&maxForwards)
	ack.SetBody(nil)
	return ack
}

// cancel asks to end an INVITE that is not answered yet: RFC 3261, 9.1.
func cancel(invite *sip.Request) *sip.Request {
	req := sip.NewRequest(sip.CANCEL, invite.Recipient)
	copyInto(req, invite.Via(), invite.From(), invite.To(), invite.CallID())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	maxForwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&maxForwards)
	req.SetBody(nil)
	return req
}

// within makes a request of an answered call: to the remote target, along the
// route that the proxies on the way have recorded (RFC 3261, 12.2.1.1).
func (a *agent) within(method sip.RequestMethod, invite *sip.Request, res *sip.Response) *sip.Request {
	target := invite.Recipient
	if c := res.Contact(); c != nil {
		target = c.Address
	}
	req := sip.NewRequest(method, target)
	a.addVia(req)
	recorded := res.GetHeaders("Record-Route")
	for i := len(recorded) - 1; i >= 0; i-- {
		if r, ok := recorded[i].(*sip.RecordRouteHeader); ok {
			req.AppendHeader(&sip.RouteHeader{Address: *r.Address.Clone()})
		}
	}
	seq := invite.CSeq().SeqNo
	if method != sip.ACK {
		seq++
	}
	copyInto(req, invite.From(), res.To(), invite.CallID())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	maxForwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&maxForwards)
	req.SetBody(nil)
	return req
}

func copyInto(req *sip.Request, headers ...sip.Header) {
	for _, h := range headers {
		req.AppendHeader(sip.HeaderClone(h))
	}
}

// verifyAnswer sees that a 200 has what is needed to hang up with.
func verifyAnswer(res *sip.Response) error {
	if res.To() == nil || res.From() == nil || res.CallID() == nil {
		return fault(probe.ReasonProtocol, "the %d lacks To, From or Call-ID", res.StatusCode)
	}
	return nil
}

// shown is an answer in a few words.
func shown(res *sip.Response) string {
	return fmt.Sprintf("%d %s", res.StatusCode, probe.Printable(res.Reason))
}
