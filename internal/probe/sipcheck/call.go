package sipcheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/outcry/outcry/internal/probe"
)

// maxChallenges bounds how often credentials are asked for: once by the
// registrar or proxy, once more because the nonce is stale.
const maxChallenges = 2

// register binds our address for a time; 0 takes the binding back.
func (p *prober) register(ctx context.Context, a *agent, password string, lasts time.Duration) (string, error) {
	account := p.target.from
	registrar := sip.Uri{Scheme: account.Scheme, Host: account.Host}
	req := a.request(sip.REGISTER, registrar, account, account)
	req.AppendHeader(sip.NewHeader("Expires", fmt.Sprint(int(lasts.Seconds()))))
	res, err := p.authorized(ctx, a, req, password, func(*sip.Response) {})
	if err == nil && res.StatusCode == sip.StatusIntervalToBrief && a.bindLonger(req, res, lasts) {
		res, err = p.authorized(ctx, a, req, password, func(*sip.Response) {})
	}
	if err != nil {
		return "", err
	}
	if !res.IsSuccess() {
		return "", signInRefusal(res)
	}
	return shown(res), nil
}

// authorized exchanges a request, with credentials when they are asked for.
func (p *prober) authorized(ctx context.Context, a *agent, req *sip.Request, password string, provisional func(*sip.Response)) (*sip.Response, error) {
	for n := 0; ; n++ {
		res, err := a.exchange(ctx, req, provisional)
		if err != nil {
			return nil, err
		}
		if req.IsInvite() && !res.IsSuccess() {
			if err := a.send(ackRefusal(req, res)); err != nil {
				return nil, err
			}
		}
		asked := res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
		if !asked || n == maxChallenges || p.opts.User == "" || (n > 0 && !stale(res)) {
			return res, nil
		}
		if err := a.authorize(req, res, p.opts.User, password); err != nil {
			return nil, err
		}
	}
}

// stale tells whether only the nonce of a second challenge is out of date, or
// it is another's: a proxy's after the server's.
func stale(res *sip.Response) bool {
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		if c, err := findChallenge(res.GetHeaders(name)); err == nil && c.Stale {
			return true
		}
	}
	return false
}

// call is an INVITE and what became of it.
type call struct {
	invite   *sip.Request
	answer   *sip.Response // 2xx; nil: not answered
	progress int           // the highest provisional code
	refused  bool
}

// invite calls, and acknowledges the answer. The call that it gives is to be
// ended, also when there is an error.
func (p *prober) invite(ctx context.Context, a *agent, password string, offer []byte) (*call, string, error) {
	c := &call{invite: a.request(sip.INVITE, p.target.to, p.target.from, p.target.to)}
	c.invite.AppendHeader(sip.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"))
	askForTimer(c.invite, sessionTime)
	if offer != nil {
		c.invite.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		c.invite.SetBody(offer)
	}
	began, heard := time.Now(), ""
	provisional := func(r *sip.Response) {
		if r.StatusCode > c.progress {
			heard += fmt.Sprintf("%s after %d ms, ", shown(r), time.Since(began).Milliseconds())
		}
		c.progress = max(c.progress, r.StatusCode)
	}
	res, err := p.authorized(ctx, a, c.invite, password, provisional)
	if err == nil && res.StatusCode == statusIntervalTooSmall && a.lengthen(c.invite, res) {
		res, err = p.authorized(ctx, a, c.invite, password, provisional)
	}
	switch {
	case err != nil:
		return c, "", c.unanswered(err)
	case !res.IsSuccess():
		c.refused = true
		return c, "", refusal(res)
	}
	if err := verifyAnswer(res); err != nil {
		return c, "", err
	}
	return c, heard + shown(res), a.accept(c, res)
}

// unanswered says how far a call came that nobody took in time.
func (c *call) unanswered(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch {
	case c.progress >= 180:
		return fault(ReasonNoAnswer, "it rings (%d), and nobody answers: %w", c.progress, err)
	case c.progress > 0:
		return fault(ReasonStalled, "the call was taken on (%d), and it does not ring: %w", c.progress, err)
	}
	return err
}

// accept acknowledges an answer.
func (a *agent) accept(c *call, res *sip.Response) error {
	c.answer = res
	a.callID = res.CallID().Value()
	a.ack = a.within(sip.ACK, c.invite, res)
	return a.send(a.ack)
}

// end leaves nothing open: a call that was answered is hung up, and one that
// goes on ringing is cancelled. What was refused needs nothing.
func (p *prober) end(ctx context.Context, a *agent, c *call, trail *probe.Trail) error {
	switch {
	case c.refused || a.hungUp:
		return nil
	case c.answer != nil:
		return trail.Do("bye", func() (string, error) { return a.hangUp(ctx, c) })
	case c.progress == 0 && !a.underWay(ctx, c):
		return nil
	}
	return trail.Do("cancel", func() (string, error) { return a.callOff(ctx, c) })
}

// inFlight is how long a first word on a call that we have left may take.
const inFlight = 200 * time.Millisecond

// underWay waits for the first word on an INVITE: before it, RFC 3261, 9.1,
// forbids a CANCEL. A call that is answered later still is ended by the ACK
// that does not come (13.3.1.4).
func (a *agent) underWay(ctx context.Context, c *call) bool {
	ctx, stop := context.WithTimeout(ctx, inFlight)
	defer stop()
	for {
		select {
		case i := <-a.in:
			if i.err != nil && !errors.Is(i.err, errGarbage) {
				return false
			}
			if res, ok := i.msg.(*sip.Response); ok && answers(res, c.invite) {
				a.pending = res
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

func (a *agent) hangUp(ctx context.Context, c *call) (string, error) {
	res, err := a.exchange(ctx, a.within(sip.BYE, c.invite, c.answer), func(*sip.Response) {})
	switch {
	case a.hungUp:
		return "both sides hung up", nil
	case err != nil:
		return "", &probe.Fault{Reason: ReasonHangUp, Err: err}
	case !res.IsSuccess():
		return "", fault(ReasonHangUp, "BYE was answered with %s", shown(res))
	}
	return shown(res), nil
}

// callOff cancels, and waits for the last word on the INVITE. When that is an
// answer after all, the call is taken and hung up.
func (a *agent) callOff(ctx context.Context, c *call) (string, error) {
	if err := a.send(cancel(c.invite)); err != nil {
		return "", err
	}
	res := a.pending // it may be the last word already
	if res == nil || res.IsProvisional() {
		var err error
		if res, err = a.await(ctx, c.invite, false, func(*sip.Response) {}); err != nil {
			return "", err
		}
	}
	if !res.IsSuccess() {
		return shown(res), a.send(ackRefusal(c.invite, res))
	}
	if err := verifyAnswer(res); err != nil {
		return "", err
	}
	if err := a.accept(c, res); err != nil {
		return "", err
	}
	return a.hangUp(ctx, c)
}
