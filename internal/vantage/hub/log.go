package hub

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// serverLog passes the server's words on. What strangers do is a detail.
type serverLog struct {
	log   *slog.Logger
	fatal *fatal
}

func (l *serverLog) say(format string, v []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.Log(ctx, slog.LevelDebug, "nats of vantages: "+fmt.Sprintf(format, v...))
	}
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.say(format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.say(format, v) }

func (l *serverLog) Fatalf(format string, v ...any) { l.fatal.note(fmt.Sprintf(format, v...)) }

// fatal is why the server did not start.
type fatal struct {
	mu   sync.Mutex
	text string
}

func (f *fatal) note(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = text
}

func (f *fatal) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text
}
