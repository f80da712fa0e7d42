package vantage

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry/outcry"
)

// natsPort is where NATS listens when the address does not say.
const natsPort = "4222"

// dialer opens what a line runs on. It implements nats.CustomDialer, of which it
// needs no address: it has the core's.
type dialer struct {
	ctx    context.Context
	client *Client
	token  string
	err    error     // why it failed
	opened time.Time // when it did not
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(_, _ string) (conn net.Conn, err error) {
	ctx, cancel := context.WithTimeout(d.ctx, callTimeout)
	defer cancel()
	if d.client.speaksHTTP() {
		conn, d.err = d.upgrade(ctx)
		d.opened = time.Now()
		return conn, d.err
	}
	u := d.client.core
	conn, err = d.client.cfg.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), natsPort)))
	if err != nil {
		d.err = outcry.Wrap(outcry.CodeUnavailable, err, "dial the core %s", d.client.cfg.Core)
	}
	return conn, d.err
}

// upgrade makes a WebSocket, whose binary messages are a stream of the NATS
// protocol, of a request to the core's pages (RFC 6455).
func (d *dialer) upgrade(ctx context.Context) (net.Conn, error) {
	core := d.client.cfg.Core
	ws, res, err := websocket.Dial(ctx, d.client.core.JoinPath(PathNATS).String(), &websocket.DialOptions{ //nolint:bodyclose // its documentation: never needed
		HTTPClient: d.client.cfg.HTTP, CompressionMode: websocket.CompressionDisabled,
		HTTPHeader: http.Header{"Authorization": {"Bearer " + d.token}, "User-Agent": {d.client.cfg.UserAgent}},
	})
	switch {
	case err == nil:
		return websocket.NetConn(context.WithoutCancel(ctx), ws, websocket.MessageBinary), nil
	case res == nil || res.StatusCode == 0:
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "join the core %s", core)
	}
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInternalServerError:
		return nil, refusal(res.StatusCode, core)
	}
	return nil, outcry.Wrap(outcry.CodeUnavailable, errors.Join(errBlocked, err), "join the core %s", core)
}
