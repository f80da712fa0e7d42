package vantage

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry"
)

// A line on which two pings were not answered is lost. NATs and proxies forget
// lines that are silent for a minute.
const (
	pingEvery = 15 * time.Second
	pingsLost = 2
	greetIn   = 8 * time.Second // the core's first words, once the connection is open
)

// line is a connection to the core over NATS.
type line struct {
	nc   *nats.Conn
	gone chan struct{}
}

// dial opens a line to the core.
func (c *Client) dial(ctx context.Context) (*line, error) {
	token, err := c.cfg.Token()
	if err != nil {
		return nil, err
	}
	l := &line{gone: make(chan struct{})}
	d := &dialer{ctx: ctx, client: c, token: token}
	options := []nats.Option{
		nats.Name("outcry vantage"), nats.Token(token), nats.SetCustomDialer(d), nats.SkipHostLookup(), nats.NoReconnect(), nats.Timeout(greetIn),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsLost), nats.ClosedHandler(func(*nats.Conn) { close(l.gone) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.cfg.Log.Debug("vantage: NATS", "error", err) }),
	}
	address := "nats://" + c.core.Host
	if c.core.Scheme == "tls" {
		options = append(options, nats.Secure(c.cfg.TLS))
	}
	l.nc, err = nats.Connect(address, options...)
	switch {
	case err == nil:
	case errors.Is(err, nats.ErrAuthorization):
		return nil, refused(outcry.CodeUnauthorized, c.cfg.Core)
	case d.err != nil:
		return nil, d.err
	case c.speaksHTTP() && time.Since(d.opened) >= greetIn: // the error of a WebSocket whose time is up says that it was closed
		return nil, outcry.Wrap(outcry.CodeUnavailable, errors.Join(errMute, err), "join the core %s", c.cfg.Core)
	default:
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "join the core %s", c.cfg.Core)
	}
	if _, err := l.nc.Subscribe(SubjectNews, func(*nats.Msg) { poke(c.look) }); err != nil {
		l.nc.Close()
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "hear the core %s", c.cfg.Core)
	}
	return l, nil
}

// wait returns when the line is lost, or closes it when the context ends.
func (l *line) wait(ctx context.Context) {
	select {
	case <-l.gone:
	case <-ctx.Done():
		l.nc.Close()
	}
}

// call asks the core. When it does not answer, the line is given up: another may
// be better.
func (l *line) call(ctx context.Context, q question, core string) (answer, error) {
	if q.results != nil {
		m, err := l.request(ctx, core, &nats.Msg{Subject: SubjectResults, Data: q.results})
		if err != nil {
			return answer{}, err
		}
		return answer{body: m.Data}, nil
	}
	return l.agenda(ctx, q.tag, core)
}

// agenda asks for what is to be done, in as many parts as it has.
func (l *line) agenda(ctx context.Context, known, core string) (out answer, err error) {
	for {
		ask := nats.NewMsg(SubjectChecks)
		ask.Header.Set(HeaderTag, known)
		ask.Header.Set(HeaderFrom, strconv.Itoa(len(out.body)))
		m, err := l.request(ctx, core, ask)
		if err != nil {
			return answer{}, err
		}
		tag := m.Header.Get(HeaderTag)
		size, err := strconv.Atoi(m.Header.Get(HeaderSize))
		switch {
		case err != nil, tag == "", size > maxAgenda:
			return answer{}, outcry.Errorf(outcry.CodeUnavailable, "%s answers what is no agenda: is it of another version?", core)
		case known == tag:
			return answer{same: true, tag: tag}, nil
		case out.tag != "" && out.tag != tag: // it has changed between two parts
			out = answer{}
			continue
		}
		out.tag, out.body = tag, append(out.body, m.Data...)
		switch {
		case len(out.body) == size:
			return out, nil
		case len(m.Data) == 0, len(out.body) > size:
			return answer{}, outcry.Errorf(outcry.CodeUnavailable, "%s answers parts that do not make an agenda", core)
		}
	}
}

// request asks once. A line on which nothing is heard is given up: another may be
// better.
func (l *line) request(ctx context.Context, core string, ask *nats.Msg) (*nats.Msg, error) {
	m, err := l.nc.RequestMsgWithContext(ctx, ask)
	if err != nil {
		if !errors.Is(err, nats.ErrNoResponders) {
			l.nc.Close()
		}
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "ask the core %s over NATS", core)
	}
	switch code := outcry.Code(m.Header.Get(HeaderError)); code {
	case "":
		return m, nil
	case outcry.CodeUnauthorized, outcry.CodeForbidden, outcry.CodeTooMany:
		return nil, refused(code, core)
	case outcry.CodeUnavailable, outcry.CodeInternal:
		return nil, outcry.Errorf(outcry.CodeUnavailable, "%s: %.200q", core, m.Data)
	default:
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s: %.200q: is it of another version?", core, m.Data)
	}
}
