package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/vantage"
)

// Bounds of the server.
const (
	maxLine    = 8 << 10 // of the protocol, in bytes: it holds a header's and a subject's lengths, and CONNECT
	maxPending = 8 << 20 // bytes that wait for a reader
	maxSubs    = 8       // of one connection
	maxOpen    = 3       // connections of one vantage: it has one, and what it has lost may not be noticed yet
	strangers  = 256     // connections beside those, in the time that they have to show a token
	authWithin = 5 * time.Second
	writeIn    = 10 * time.Second
	pingEvery  = 15 * time.Second
	pingsLost  = 2
	readyIn    = 10 * time.Second
)

// Config is what a hub needs.
type Config struct {
	Door   *vantage.Door
	Listen string      // address of a listener of NATS of its own; empty: none
	TLS    *tls.Config // of that listener; nil: none
	Log    *slog.Logger
}

// Hub holds the connections of vantages.
type Hub struct {
	cfg    Config
	ctx    context.Context // of the connections
	stop   context.CancelFunc
	server *server.Server
	core   *server.Account
	secret string // of the core's own connection
	conn   *nats.Conn
	lines  lines
	seats  map[string]*seat

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup // bridges, and kicks
}

// seat is what the hub knows of one vantage.
type seat struct {
	name    string
	account *server.Account
	prefix  string // of its subjects in the core's account
	temper  temper
	tag     lastTag
}

// Open starts the server and begins to answer. [Hub.Run] must follow.
func Open(ctx context.Context, cfg Config) (*Hub, error) {
	h := &Hub{cfg: cfg, secret: rand.Text(), seats: make(map[string]*seat), lines: lines{open: make(map[string][]uint64)}}
	h.ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := h.start(); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *Hub) options(ctx context.Context) (*server.Options, error) {
	names := h.cfg.Door.Names()
	o := &server.Options{
		ServerName: "outcry-vantages", NoSigs: true, NoSystemAccount: true, DontListen: h.cfg.Listen == "", CustomClientAuthentication: gate{h},
		MaxPayload: vantage.MaxBody, MaxControlLine: maxLine, MaxPending: maxPending, MaxSubs: maxSubs + len(names),
		MaxConn: maxOpen*len(names) + strangers, AuthTimeout: authWithin.Seconds(), WriteDeadline: writeIn, PingInterval: pingEvery, MaxPingsOut: pingsLost,
	}
	if h.cfg.Listen == "" {
		return o, nil
	}
	host, port, err := net.SplitHostPort(h.cfg.Listen)
	if err == nil {
		o.Port, err = strconv.Atoi(port)
	}
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "read the address of intake.nats.listen")
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	o.Host = cmp.Or(host, anywhere(ctx))
	o.TLS, o.TLSConfig, o.TLSTimeout = h.cfg.TLS != nil, h.cfg.TLS, authWithin.Seconds()
	return o, nil
}

// anywhere is the address of all interfaces, of both families where there are.
func anywhere(ctx context.Context) string {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp6", "[::]:0")
	if err != nil {
		return "0.0.0.0"
	}
	_ = l.Close() // it has told
	return "::"
}

func (h *Hub) start() error {
	o, err := h.options(h.ctx)
	if err != nil {
		return err
	}
	if h.server, err = server.NewServer(o); err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "make the server of vantages")
	}
	fatal := &fatal{}
	h.server.SetLoggerV2(&serverLog{log: h.cfg.Log, fatal: fatal}, false, false, false)
	if err := h.accounts(); err != nil {
		return err
	}
	h.server.Start()
	if !h.server.ReadyForConnections(readyIn) {
		return outcry.Errorf(outcry.CodeUnavailable, "the server of vantages did not start, listening on %q: %s", h.cfg.Listen, fatal)
	}
	return h.answer()
}

// accounts makes the core's account, and one of each vantage, which sees three
// subjects of the core's.
func (h *Hub) accounts() (err error) {
	if h.core, err = h.server.RegisterAccount("core"); err != nil {
		return fmt.Errorf("make the core's account: %w", err)
	}
	for _, name := range h.cfg.Door.Names() {
		id := hex.EncodeToString([]byte(name)) // a name may hold what a subject may not
		s := &seat{name: name, prefix: "outcry.vantage." + id + ".", temper: newTemper()}
		if s.account, err = h.server.RegisterAccount("vantage-" + id); err != nil {
			return fmt.Errorf("make the account of the vantage %s: %w", name, err)
		}
		if err := h.lend(s); err != nil {
			return fmt.Errorf("lend subjects to the vantage %s: %w", name, err)
		}
		h.seats[name] = s
	}
	return nil
}

func (h *Hub) lend(s *seat) error {
	only := []*server.Account{s.account}
	for ours, theirs := range map[string]string{s.prefix + asks: vantage.SubjectChecks, s.prefix + tells: vantage.SubjectResults} {
		if err := h.core.AddServiceExport(ours, only); err != nil {
			return err
		}
		if err := s.account.AddServiceImport(h.core, theirs, ours); err != nil {
			return err
		}
	}
	if err := h.core.AddStreamExport(s.prefix+hears, only); err != nil {
		return err
	}
	return s.account.AddMappedStreamImport(h.core, s.prefix+hears, vantage.SubjectNews)
}

// The last words of a vantage's subjects in the core's account.
const (
	asks  = "checks"
	tells = "results"
	hears = "news"
)

// Addr is where the listener of NATS is; nil: there is none.
func (h *Hub) Addr() net.Addr {
	if h.cfg.Listen == "" {
		return nil
	}
	return h.server.Addr()
}

// spawn does something beside, unless all is over.
func (h *Hub) spawn(do func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.work.Go(do)
	}
	return !h.closed
}

// close ends all connections and the server.
func (h *Hub) close() {
	h.stop()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	if h.conn != nil {
		h.conn.Close()
	}
	if h.server != nil {
		h.server.Shutdown()
		h.server.WaitForShutdown()
	}
	h.work.Wait()
}
