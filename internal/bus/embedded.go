package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/outcry/outcry"
)

// maxPayload bounds one message on the embedded server, in bytes.
const maxPayload = 8 << 20

// embedded is a NATS server inside this process, without a listener. It can be
// replaced by a new one on the same folder; connections then find the new one.
type embedded struct {
	options server.Options
	log     *slog.Logger
	failed  func(error) // told of every failed write

	mu      sync.Mutex
	current *server.Server
	temp    string // folder to remove at the end; empty: none
}

func newEmbedded(c Config, log *slog.Logger, failed func(error)) (*embedded, error) {
	e := &embedded{log: log, failed: failed}
	dir := c.Dir
	if c.Memory {
		temp, err := os.MkdirTemp("", "outcry-bus-")
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeUnavailable, err, "making a temporary folder for the stream")
		}
		e.temp, dir = temp, temp
	}
	e.options = server.Options{
		ServerName: "outcry",
		DontListen: true,
		NoSigs:     true,
		MaxPayload: maxPayload,
		MaxPending: 256 << 20,
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: !c.Memory,
		// Room is watched here, see space; the stream has its own bound.
		JetStreamMaxStore:  math.MaxInt64 / 2,
		JetStreamMaxMemory: math.MaxInt64 / 2,
	}
	if err := e.start(); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

// startTimeout is how long the server may take to read its files.
const startTimeout = 5 * time.Minute

func (e *embedded) start() error {
	options := e.options
	s, err := server.NewServer(&options)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "opening the stream in %s", e.options.StoreDir)
	}
	s.SetLoggerV2(&serverLog{log: e.log, failed: e.failed}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return outcry.Errorf(outcry.CodeUnavailable, "the stream in %s did not open; the log says why", e.options.StoreDir)
	}
	e.mu.Lock()
	e.current = s
	e.mu.Unlock()
	return nil
}

// halt ends the running server, which start can replace.
func (e *embedded) halt() {
	e.mu.Lock()
	s := e.current
	e.current = nil
	e.mu.Unlock()
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// stop ends the server for good.
func (e *embedded) stop() {
	e.halt()
	if e.temp == "" {
		return
	}
	if err := os.RemoveAll(e.temp); err != nil {
		e.log.Warn("removing the temporary folder of the stream", "error", err)
	}
}

// InProcessConn implements nats.InProcessConnProvider.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	s := e.current
	e.mu.Unlock()
	if s == nil {
		return nil, errors.New("the embedded server is being reopened")
	}
	return s.InProcessConn()
}

// serverLog passes the server's words on: its notices are details to us. It is
// also how a failed write is learned of: the server reports it nowhere else,
// and answers nobody from then on.
type serverLog struct {
	log    *slog.Logger
	failed func(error)
}

func (l *serverLog) say(level slog.Level, format string, v []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "nats: "+fmt.Sprintf(format, v...))
	}
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Fatalf(format string, v ...any)  { l.Errorf(format, v...) }

func (l *serverLog) Errorf(format string, v ...any) {
	l.say(slog.LevelError, format, v)
	for _, arg := range v {
		if err, ok := arg.(error); ok && isWriteError(err) {
			l.failed(err)
		}
	}
}

// isWriteError tells a failure of the disk from the server's other errors: the
// operating system's errors come with the path that they are about.
func isWriteError(err error) bool {
	_, path := errors.AsType[*os.PathError](err)
	_, call := errors.AsType[*os.SyscallError](err)
	return (path || call) && !os.IsNotExist(err)
}
