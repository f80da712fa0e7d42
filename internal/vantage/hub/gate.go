package hub

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/vantage"
)

// gate says who may connect, and as whom. It implements server.Authentication.
type gate struct{ hub *Hub }

// Check lets in who shows the token of a vantage that is not revoked. One that
// connects too often, or that cannot be judged now, is let in and cut off: a
// refusal would tell it to stop its checks.
func (g gate) Check(c server.ClientAuthentication) bool {
	h, o := g.hub, c.GetOpts()
	secret := o.Token
	if secret == "" {
		secret = o.Password
	}
	if c.Kind() != server.CLIENT {
		return false
	}
	if same(secret, h.secret) {
		c.RegisterUser(&server.User{Username: "core", Account: h.core})
		return true
	}
	seat := h.seats[h.cfg.Door.Known(secret)]
	if seat == nil {
		return false
	}
	err := h.cfg.Door.Admit(h.ctx, seat.name)
	if code := outcry.CodeOf(err); code == outcry.CodeForbidden {
		return false
	}
	c.RegisterUser(&server.User{Username: "vantage", Account: seat.account, Permissions: rights()})
	if err != nil {
		h.kick(c.GetID())
		return true
	}
	h.kick(h.lines.add(seat.name, c.GetID(), h.alive)...)
	return true
}

// rights are what a vantage may do in its own account.
func rights() *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{vantage.SubjectChecks, vantage.SubjectResults}},
		Subscribe: &server.SubjectPermission{Allow: []string{vantage.SubjectNews, "_INBOX.>"}},
	}
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// kick ends connections, soon: the server may hold its locks now.
func (h *Hub) kick(ids ...uint64) {
	for _, id := range ids {
		h.spawn(func() { _ = h.server.DisconnectClientByID(id) }) // it may have gone
	}
}

func (h *Hub) alive(id uint64) bool { return h.server.GetClient(id) != nil }

// Cut ends a vantage's connections, and says before that there is news.
func (h *Hub) Cut(name string) {
	if h.Open(name) == 0 {
		return
	}
	h.tell(name)
	for _, id := range h.lines.of(name, h.alive) {
		_ = h.server.DisconnectClientByID(id) // it may have gone
	}
}

// Open counts a vantage's connections.
func (h *Hub) Open(name string) int { return len(h.lines.of(name, h.alive)) }

// lines are the connections of each vantage, the oldest first.
type lines struct {
	mu   sync.Mutex
	open map[string][]uint64
}

// add notes a connection, and says which are too many now.
func (l *lines) add(name string, id uint64, alive func(uint64) bool) (old []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := append(l.sift(name, alive), id)
	if n := len(all) - maxOpen; n > 0 {
		old = slices.Clone(all[:n])
	}
	l.open[name] = all
	return old
}

// of gives the connections that are alive.
func (l *lines) of(name string, alive func(uint64) bool) []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[name] = l.sift(name, alive)
	return slices.Clone(l.open[name])
}

func (l *lines) sift(name string, alive func(uint64) bool) []uint64 {
	return slices.DeleteFunc(l.open[name], func(id uint64) bool { return !alive(id) })
}
