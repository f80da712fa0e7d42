package hub

import "net"

// Pipe is a connection to the server as a WebSocket's, without one.
func (h *Hub) Pipe() (net.Conn, error) { return h.server.InProcessConn() }
