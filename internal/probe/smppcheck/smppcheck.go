// Package smppcheck probes the delivery of text messages over SMPP 3.4, as a
// short message centre or an aggregator offers it: it binds as a transceiver,
// submits a message, and waits for the delivery receipt.
//
// Up means that the receipt says DELIVRD, in time. Steps: dns, connect, tls,
// bind, submit, receipt, unbind. Reasons beside those of the way there:
//
//	bind-refused  the bind was refused
//	throttled     ESME_RTHROTTLED or ESME_RMSGQFUL
//	rejected      submit_sm was refused otherwise, or the receipt says REJECTD
//	undelivered   the receipt says UNDELIV, DELETED or UNKNOWN
//	expired       the receipt says EXPIRED
//	no-receipt    none came within the check's timeout
//	late          DELIVRD, but after more than max_delivery
//
// Receipts are taken in both forms, by optional parameters and as text, and
// those of earlier messages, which peers deliver to whoever binds next, are
// acknowledged and passed over. Every attempt says unbind before it hangs up.
package smppcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/smpp"
)

// ReasonBindRefused is the one reason that only this package has.
const ReasonBindRefused probe.Reason = "bind-refused"

// Probe sends one message and learns of its fate.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	password, err := probe.ReadSecret("password", p.password)
	if err != nil {
		return probe.Failed(err)
	}
	bind := p.bind
	bind.Password = password
	conn, err := trail.Secure(ctx, p.dialer, p.addr, p.cfg, p.tls)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // it has said goodbye by then
	s := smpp.NewSession(conn)
	if err := trail.Do("bind", func() (string, error) { return s.Bind(bind) }); err != nil {
		return trail.End(probe.Failed(fault("bind", err, ReasonBindRefused)))
	}
	detail, err := p.send(trail, s)
	p.leave(ctx, trail, conn, s)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(detail))
}

// goodbye is how long saying it may take when the attempt's time is over.
const goodbye = 100 * time.Millisecond

// leave unbinds. A peer that does not answer to that still delivers: the step
// tells.
func (p *prober) leave(ctx context.Context, trail *probe.Trail, conn net.Conn, s *smpp.Session) {
	if ctx.Err() != nil {
		if conn.SetDeadline(time.Now().Add(goodbye)) != nil {
			return
		}
	}
	_ = trail.Do("unbind", func() (string, error) { return "", s.Unbind() }) //nolint:errcheck // as above
}

// send submits the message and waits for its receipt.
func (p *prober) send(trail *probe.Trail, s *smpp.Session) (detail string, err error) {
	var id string
	began := time.Now()
	err = trail.Do("submit", func() (string, error) {
		if id, err = s.Submit(&p.message); err != nil {
			return "", err
		}
		return "message " + id, nil
	})
	if err != nil {
		return "", fault("submit", err, probe.ReasonRejected)
	}
	if !p.receipt {
		return "submitted as " + id, nil
	}
	var r smpp.Receipt
	err = trail.Do("receipt", func() (string, error) {
		if r, err = await(s, id); err != nil {
			return "", err
		}
		return p.judge(r, time.Since(began))
	})
	return "delivered as " + id, err
}

// await passes over what is not the last word on the message.
func await(s *smpp.Session, id string) (smpp.Receipt, error) {
	others := 0
	for {
		m, err := s.Next()
		if err != nil {
			err = fault("wait for the receipt", err, probe.ReasonProtocol)
			if probe.Classify(err) == probe.ReasonTimeout {
				err = &probe.Fault{Reason: probe.ReasonNoReceipt, Err: fmt.Errorf("no receipt of message %s came in time%s", id, strangers(others))}
			}
			return smpp.Receipt{}, err
		}
		r, ok := smpp.ReceiptOf(m)
		switch ours := smpp.SameID(r.ID, id); {
		case ok && ours && r.State.Final():
			return r, nil
		case ok && !ours:
			others++
		}
	}
}

// strangers hints at what else can keep a receipt away: a centre gives it to
// any session of the account.
func strangers(receipts int) string {
	if receipts == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of other messages came: is the account used elsewhere at the same time?", receipts)
}

// judge says what a receipt that came after so long is worth.
func (p *prober) judge(r smpp.Receipt, after time.Duration) (string, error) {
	text := r.State.String()
	if r.Error != "" {
		text += ", network error " + r.Error
	}
	reason := probe.ReasonUndelivered
	switch r.State {
	case smpp.Delivered, smpp.Accepted:
		if p.max == 0 || after <= p.max {
			return text, nil
		}
		reason = probe.ReasonLate
		text += fmt.Sprintf(" after %s, wanted within %s", after.Round(time.Millisecond), p.max)
	case smpp.Expired:
		reason = probe.ReasonExpired
	case smpp.Rejected:
		reason = probe.ReasonRejected
	}
	return "", &probe.Fault{Reason: reason, Err: fmt.Errorf("the receipt says %s", text)}
}

// fault gives an error of the session its reason; refused is that of a
// response that is not ESME_ROK.
func fault(doing string, err error, refused probe.Reason) error {
	err = fmt.Errorf("%s: %w", doing, err)
	if status, ok := errors.AsType[*smpp.StatusError](err); ok {
		if status.Status.Throttles() {
			refused = probe.ReasonThrottled
		}
		return &probe.Fault{Reason: refused, Err: err}
	}
	if errors.Is(err, smpp.ErrUnbound) {
		return &probe.Fault{Reason: probe.ReasonReset, Err: err}
	}
	return err
}
