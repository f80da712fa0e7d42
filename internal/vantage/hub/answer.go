package hub

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/vantage"
)

// Bounds of what waits to be answered, of one vantage, and of the time that an
// answer takes.
const (
	waitingMessages = 64
	waitingBytes    = 8 << 20
	answerIn        = 15 * time.Second
	tellIn          = time.Second
)

// answer begins to answer: each vantage has a worker of its own, so that none
// waits for another.
func (h *Hub) answer() (err error) {
	h.conn, err = nats.Connect("", nats.InProcessServer(h.server), nats.Token(h.secret), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.Name("core"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			h.cfg.Log.Warn("vantage: questions are lost: there are too many", "error", err)
		}))
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "connect to the server of vantages")
	}
	for _, s := range h.seats {
		sub, err := h.conn.Subscribe(s.prefix+"*", func(m *nats.Msg) { h.reply(s, m) })
		if err == nil {
			err = sub.SetPendingLimits(waitingMessages, waitingBytes)
		}
		if err != nil {
			return outcry.Wrap(outcry.CodeInternal, err, "hear the vantage %s", s.name)
		}
	}
	if err := h.conn.FlushTimeout(readyIn); err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "hear vantages")
	}
	return nil
}

// reply answers one question.
func (h *Hub) reply(s *seat, m *nats.Msg) {
	if strings.HasSuffix(m.Subject, "."+hears) || m.Reply == "" {
		return // our own word; or nobody waits
	}
	ctx, cancel := context.WithTimeout(h.ctx, answerIn)
	defer cancel()
	out := nats.NewMsg(m.Reply)
	if err := h.decide(ctx, s, m, out); err != nil {
		out.Data = []byte(h.words(s, err))
		out.Header.Set(vantage.HeaderError, string(outcry.CodeOf(err)))
	}
	if err := h.conn.PublishMsg(out); err != nil {
		h.cfg.Log.Debug("vantage: it was not answered, and asks again", "vantage", s.name, "error", err)
	}
}

func (h *Hub) decide(ctx context.Context, s *seat, m, out *nats.Msg) error {
	if err := h.cfg.Door.Admit(ctx, s.name); err != nil {
		if outcry.CodeOf(err) == outcry.CodeTooMany && s.temper.lost() {
			h.cfg.Log.Warn("vantage: it asks on and on, and is cut off", "vantage", s.name)
			h.kick(h.lines.of(s.name, h.alive)...)
		}
		return err
	}
	if strings.HasSuffix(m.Subject, "."+asks) {
		return h.checks(s, m, out)
	}
	receipt, err := h.cfg.Door.Deliver(ctx, s.name, m.Data)
	if err != nil {
		return err
	}
	out.Data, err = json.Marshal(receipt)
	return err
}

// checks answers what a vantage is to run, or the part of it that it asks for.
func (h *Hub) checks(s *seat, m, out *nats.Msg) error {
	body, tag, err := h.cfg.Door.Agenda(s.name)
	if err != nil {
		return err
	}
	s.tag.set(tag)
	out.Header.Set(vantage.HeaderTag, tag)
	out.Header.Set(vantage.HeaderSize, strconv.Itoa(len(body)))
	from, err := 0, error(nil)
	if given := m.Header.Get(vantage.HeaderFrom); given != "" {
		from, err = strconv.Atoi(given)
	}
	switch {
	case err != nil, from < 0, from > len(body):
		return outcry.Errorf(outcry.CodeInvalid, "%s is no place in %d bytes", vantage.HeaderFrom, len(body))
	case m.Header.Get(vantage.HeaderTag) == tag:
		return nil
	}
	out.Data = body[from:min(len(body), from+vantage.MaxPart)]
	return nil
}

// words are what a vantage is told of an error; what is wrong inside is for the
// log.
func (h *Hub) words(s *seat, err error) string {
	switch outcry.CodeOf(err) {
	case outcry.CodeInternal, outcry.CodeUnavailable:
		h.cfg.Log.Warn("vantage: it could not be answered", "vantage", s.name, "error", err)
		return "it cannot be done at the moment"
	}
	return err.Error()
}

// tell says to a vantage that it should ask again.
func (h *Hub) tell(name string) {
	err := h.conn.Publish(h.seats[name].prefix+hears, nil)
	if err == nil {
		err = h.conn.FlushTimeout(tellIn)
	}
	if err != nil {
		h.cfg.Log.Debug("vantage: it was not told", "vantage", name, "error", err)
	}
}

// temper is how much a vantage may ask after it was told that it asks too much.
type temper struct{ left *rate.Limiter }

// What is answered with "too many" before a connection is cut.
const (
	refusalsPerSecond = 10
	refusalsAtOnce    = 200
)

func newTemper() temper { return temper{rate.NewLimiter(refusalsPerSecond, refusalsAtOnce)} }

func (t temper) lost() bool { return !t.left.Allow() }

// lastTag is of the agenda that a vantage was last given.
type lastTag struct {
	mu  sync.Mutex
	tag string
}

func (l *lastTag) set(tag string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tag = tag
}

// isStale reports whether another one is known.
func (l *lastTag) isStale(tag string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tag != "" && l.tag != tag
}
