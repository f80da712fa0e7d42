package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of every connection. A request's head must be here in 10 s and its
// body (10 MB of NDJSON over a slow line) in 60 s.
const (
	readHeaderWithin = 10 * time.Second
	readWithin       = 60 * time.Second
	answerWithin     = 90 * time.Second
	idleFor          = 120 * time.Second
	headerBytes      = 16 << 10
)

// Serve answers on the listener until the context ends, and then gives the
// requests that are under way the time of drain to finish. Live streams are
// let go at once.
func (s *Server) Serve(ctx context.Context, l net.Listener, drain time.Duration) error {
	err := serve(ctx, newFront(l, s), s, drain, s.hub.close, s.deps.Log)
	s.hub.close()
	s.hub.lines.Wait()
	return err
}

// ServeAdmin answers on the admin listener until the context ends.
func ServeAdmin(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	return serve(ctx, l, h, time.Second, nil, log)
}

func serve(ctx context.Context, l net.Listener, h http.Handler, drain time.Duration, onDrain func(), log *slog.Logger) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderWithin, ReadTimeout: readWithin, WriteTimeout: answerWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if onDrain != nil {
		srv.RegisterOnShutdown(onDrain)
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := srv.Shutdown(late); err != nil {
		_ = srv.Close() // it has said why it must be cut short
		return fmt.Errorf("drain HTTP on %s: %w", l.Addr(), err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	}
	return nil
}
