package hub

import (
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/outcry/outcry"
)

// Join implements vantage.Lines: it takes a WebSocket whose binary messages are
// a stream of the NATS protocol, and hands it to the server, which asks for the
// token again.
func (h *Hub) Join(w http.ResponseWriter, r *http.Request, name string) error {
	near, err := h.server.InProcessConn()
	if err != nil || h.ctx.Err() != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "the server of vantages is closing")
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil { // it has answered
		h.cfg.Log.Debug("vantage: no WebSocket", "vantage", name, "error", err)
		return near.Close()
	}
	if !h.spawn(func() {
		defer near.Close() //nolint:errcheck // it is over in any case
		defer c.CloseNow() //nolint:errcheck // it is over in any case
		splice(websocket.NetConn(h.ctx, c, websocket.MessageBinary), near)
	}) {
		_, _ = near.Close(), c.CloseNow() // all is over
	}
	return nil
}

// splice carries bytes both ways until one side ends, and ends the other.
func splice(a, b net.Conn) {
	var both sync.WaitGroup
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // why it ended makes no difference
		_ = b.Close()            // wakes the other way
		_ = a.Close()
	}
	both.Go(func() { carry(a, b) })
	both.Go(func() { carry(b, a) })
	both.Wait()
}
