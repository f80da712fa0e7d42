package mailcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/outcry/outcry/internal/probe"
)

// post is a submission server that has let us in.
type post struct {
	*smtp.Client
	conn *boundConn
}

// call signs in for submission (RFC 6409).
func (a *account) call(ctx context.Context, trail *probe.Trail) (*post, error) {
	conn, password, err := a.connect(ctx, trail)
	if err != nil {
		return nil, err
	}
	p := &post{conn: conn}
	if err := a.greet(ctx, trail, p, password); err != nil {
		p.leave()
		return nil, err
	}
	return p, nil
}

func (a *account) greet(ctx context.Context, trail *probe.Trail, p *post, password string) error {
	name := "greeting"
	if !a.direct {
		name = "starttls"
	}
	err := trail.Do(name, func() (string, error) {
		if a.direct {
			p.Client = smtp.NewClient(p.conn)
			return "", smtpReason(ctx, p.conn, p.Hello("localhost"))
		}
		return a.startTLS(ctx, p)
	})
	if err != nil || password == "" {
		return err
	}
	return trail.Do("sign-in", func() (string, error) {
		mechanism, err := p.signIn(a.Username, password)
		return mechanism, signInReason(smtpReason(ctx, p.conn, err))
	})
}

func (a *account) startTLS(ctx context.Context, p *post) (detail string, err error) {
	p.Client, err = smtp.NewClientStartTLS(p.conn, a.cfg)
	if err != nil && strings.Contains(err.Error(), "doesn't support STARTTLS") {
		return "", &probe.Fault{Reason: probe.ReasonNoSecurity, Err: errors.New("the server offers no TLS")}
	}
	if err == nil {
		err = p.Hello("localhost") // shakes hands, and asks anew what is offered: RFC 3207, 4.2
	}
	if err != nil {
		return "", smtpReason(ctx, p.conn, err)
	}
	state, _ := p.TLSConnectionState()
	return probe.TLSDetail(state), nil
}

// signIn uses what the server offers; either goes within TLS.
func (p *post) signIn(username, password string) (string, error) {
	switch {
	case p.SupportsAuth(sasl.Plain):
		return sasl.Plain, p.Auth(sasl.NewPlainClient("", username, password))
	case p.SupportsAuth(sasl.Login):
		return sasl.Login, p.Auth(sasl.NewLoginClient(username, password))
	}
	return "", &probe.Fault{Reason: probe.ReasonNoSecurity, Err: errors.New("the server offers neither AUTH PLAIN nor LOGIN")}
}

// send submits the letter.
func (p *post) send(ctx context.Context, l *letter) (string, error) {
	err := p.SendMail(l.from, []string{l.to}, strings.NewReader(l.source()))
	if err != nil {
		return "", smtpReason(ctx, p.conn, fmt.Errorf("submit the message: %w", err))
	}
	return l.token, nil
}

// leave says goodbye; nil has nothing to say.
func (p *post) leave() {
	p.conn.hangUp(func() error {
		if p.Client == nil {
			return nil
		}
		return p.Quit()
	})
}

// smtpReason gives a server's refusal its reason (RFC 5321, section 4.2): it is
// for ever, or not now.
func smtpReason(ctx context.Context, conn *boundConn, err error) error {
	said, ok := errors.AsType[*smtp.SMTPError](err)
	switch {
	case !ok:
		return reasoned(ctx, conn, err)
	case said.Code == 421 || said.Code == 454:
		return &probe.Fault{Reason: probe.ReasonNotServing, Err: err}
	case said.Code/100 == 4:
		return &probe.Fault{Reason: probe.ReasonThrottled, Err: err}
	case said.Code == 535 || said.Code == 530 || said.Code == 534:
		return &probe.Fault{Reason: probe.ReasonSignIn, Err: err}
	}
	return &probe.Fault{Reason: probe.ReasonRejected, Err: err}
}

// signInReason makes a rejection of the sign-in one of the account.
func signInReason(err error) error {
	if f, ok := errors.AsType[*probe.Fault](err); ok && f.Reason == probe.ReasonRejected {
		return &probe.Fault{Reason: probe.ReasonSignIn, Err: f.Err}
	}
	return err
}

// reasoned gives an error of a library the reason of the connection below it.
func reasoned(ctx context.Context, conn *boundConn, err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*probe.Fault](err); known {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %s", context.Cause(ctx), err.Error())
	}
	broken := conn.failure()
	switch {
	case errors.Is(err, net.ErrClosed) && (broken == nil || errors.Is(broken, net.ErrClosed)):
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the server says what is not of the protocol")} // so the library hung up
	case broken == nil || probe.Classify(err) != probe.ReasonProtocol && !errors.Is(err, net.ErrClosed):
		return err
	case errors.Is(broken, io.EOF) && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "closed"):
		return err // it hung up after what it should not have said
	}
	return fmt.Errorf("%s: %w", err.Error(), broken)
}
