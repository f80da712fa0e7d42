package probetest

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
)

// Fault is what a server does in place of its answer, and from then on.
type Fault string

// The faults that [Misbehaving] tries at each turn of a server.
const (
	Silent  Fault = "falls silent"
	Closed  Fault = "hangs up"
	Garbled Fault = "sends garbage"
	Foreign Fault = "speaks another protocol"
	Endless Fault = "never stops sending"
)

// Faults lists them.
func Faults() []Fault { return []Fault{Silent, Closed, Garbled, Foreign, Endless} }

// What other protocols say.
const (
	SaysHTTP = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwhat"
	SaysMail = "220 mail.example ESMTP\r\n"
)

// Misbehaving is a check of a server that is well up to one of its turns, and
// there does one of [Faults]; [Misbehaving.Test] tries all of them at all turns.
// It stands between the check and the server. Each run must end by its deadline,
// with a reason that fits, and read a bounded amount.
type Misbehaving struct {
	Server string                                  // HOST:PORT of one that is well
	Check  func(addr string) (probe.Prober, error) // of the server at another address

	// Outer, where the check speaks TLS from the first byte, is what the check
	// meets, and Inner how the server is spoken to. Faults are then those of the
	// protocol within; there is one more turn, 0, before the handshake.
	Outer, Inner *tls.Config

	// StartTLS, where TLS begins in the midst: what is sent in the clear after that
	// breaks TLS.
	StartTLS bool

	Foreign  string // what another protocol says; default [SaysHTTP]
	Endless  string // how what never ends begins
	Parting  int    // so many of the last turns are of goodbyes, and their loss need not count
	Reasons  []Expected
	Datagram bool // over UDP: nobody can hang up

	// Patience is how long a run with a fault other than silence may take. The
	// default is long, so that a check which waits for its deadline has the wrong
	// reason; some must, since more could come.
	Patience time.Duration

	Abreast int // runs at a time; default 8
	Turns   int // that are tried, from the first; default 24
}

// Expected is what a fault in a step is to be told as, in place of the usual. An
// empty step or fault is any; the first that fits counts.
type Expected struct {
	Step    string // its name, or the end of it
	Fault   Fault
	Reasons []probe.Reason
}

// Of a run with a fault.
const (
	briefly  = 400 * time.Millisecond // to wait for a server that is silent, and for more if all takes longer here
	patient  = 8 * time.Second        // where nothing is to be waited for
	slack    = 2 * time.Second        // beyond the deadline, on a machine that is busy
	maxRead  = 64 << 20               // bytes of what never ends, of all connections; most of it lies in the kernel's buffers
	maxTurns = 24
	abreast  = 8
	wellRuns = 3
)

// Test tries everything.
func (m Misbehaving) Test(t *testing.T) {
	t.Helper()
	m.Foreign = cmp.Or(m.Foreign, SaysHTTP)
	turns, took := m.well(t)
	first := 1
	if m.Outer != nil {
		first = 0
	}
	var all sync.WaitGroup
	defer all.Wait() // also where a check cannot be made: those that run use t
	var struck atomic.Int32
	room := make(chan struct{}, cmp.Or(m.Abreast, abreast))
	cases := 0
	for turn := first; turn <= min(turns, cmp.Or(m.Turns, maxTurns)); turn++ {
		for _, f := range Faults() {
			if m.Datagram && f == Closed {
				continue
			}
			cases++
			room <- struct{}{}
			w := &stumble{Misbehaving: m, at: turn, fault: f}
			p, err := m.Check(w.start(t))
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				defer func() { <-room }()
				says := fmt.Sprintf("the server %s at turn %d of %d", f, turn, turns)
				if w.run(t, says, p, turn > turns-m.Parting, took) {
					struck.Add(1)
				}
			})
		}
	}
	all.Wait()
	t.Logf("%d turns, %d faults, of which %d came to pass; a run without any takes %s", turns, cases, struck.Load(), took.Round(time.Millisecond))
	if int(struck.Load()) < cases/2 { // turns of some protocols come apart in one run and together in another
		t.Errorf("only %d of %d faults came to pass", struck.Load(), cases)
	}
}

// well has some runs without faults. The server's turns are those of the
// shortest: who asks again and again for what has not come yet takes more in
// another, and then the last of the shortest are not yet its goodbyes.
func (m Misbehaving) well(t *testing.T) (turns int, took time.Duration) {
	t.Helper()
	for range wellRuns {
		w := &stumble{Misbehaving: m, at: -1}
		p, err := m.Check(w.start(t))
		r := Within(t, p, err, time.Minute)
		Want(t, "without any fault", r, "")
		leave(p)
		n := w.count()
		if n == 0 || r.Reason != "" {
			t.Fatalf("a server that is well has %d turns: %s", n, r.Summary())
		}
		if turns == 0 || n < turns {
			turns = n
		}
		took = max(took, r.Latency)
	}
	return turns, took
}

// run is one with the fault, and tells whether it came to pass. It is no harm
// to some.
func (s *stumble) run(t *testing.T, says string, p probe.Prober, harmless bool, took time.Duration) bool {
	t.Helper()
	timeout := cmp.Or(s.Patience, max(patient, 20*took))
	switch {
	case s.fault == Silent:
		timeout = max(briefly, 4*took)
	case s.Datagram: // what is no answer may be waited behind
		timeout = max(4*briefly, 4*took)
	}
	r := probe.Attempt(t.Context(), p, timeout)
	leave(p)
	if r.Latency > timeout+slack {
		t.Errorf("%s: it took %s, with %s allowed: %s", says, r.Latency, timeout, r.Summary())
	}
	if s.fault != Silent && !s.Datagram && s.Patience == 0 && r.Latency > timeout/2 {
		t.Errorf("%s: it waits for more, %s: %s", says, r.Latency, r.Summary())
	}
	if n := s.flooded.Load(); n > maxRead {
		t.Errorf("%s: the check has taken %d MB", says, n>>20)
	}
	hit := s.hit()
	if r.Reason == "" && (!hit || harmless) {
		return hit
	}
	if step, want := s.want(r, s.fault); !slices.Contains(want, r.Reason) {
		t.Errorf("%s: in step %q: %s; wanted one of %q", says, step, r.Summary(), want)
	}
	return hit
}

// leave closes what a prober keeps open between its runs.
func leave(p probe.Prober) {
	if c, ok := p.(io.Closer); ok {
		_ = c.Close() //nolint:errcheck // the server is not well
	}
}

// want finds the step that failed, and the reasons that fit.
func (m Misbehaving) want(r probe.Result, f Fault) (step string, reasons []probe.Reason) {
	for _, s := range r.Steps {
		if s.Err != "" {
			step = s.Name
		}
	}
	for _, e := range m.Reasons {
		if (e.Step == "" || strings.HasSuffix(step, e.Step)) && (e.Fault == "" || e.Fault == f) {
			return step, e.Reasons
		}
	}
	reasons = usual(step, f)
	if m.StartTLS && f != Silent {
		reasons = append(reasons, probe.ReasonTLS)
	}
	return step, reasons
}

// usual is how a fault is told where nothing else is expected.
func usual(step string, f Fault) []probe.Reason {
	if f != Silent && (step == "tls" || strings.HasSuffix(step, " tls")) {
		return []probe.Reason{probe.ReasonTLS}
	}
	switch f {
	case Silent:
		return []probe.Reason{probe.ReasonTimeout}
	case Closed:
		return []probe.Reason{probe.ReasonReset}
	case Endless:
		return []probe.Reason{probe.ReasonTooLarge, probe.ReasonProtocol}
	default:
		return []probe.Reason{probe.ReasonProtocol}
	}
}

// stumble is a server for one run: the well one, up to a turn.
type stumble struct {
	Misbehaving
	at      int // turn; -1: never
	fault   Fault
	flooded atomic.Int64
	mu      sync.Mutex
	turns   int
	struck  bool
}

func (s *stumble) start(t *testing.T) string {
	if s.Datagram {
		return s.datagrams(t)
	}
	w := &wire{server: s.Server, outer: s.Outer, inner: s.Inner, commit: s.commit, turn: s.next}
	if s.at == 0 {
		return Serve(t, func(c net.Conn) {
			read(c)
			s.next(false)
			s.commit(c, s.fault)
			if s.fault != Closed {
				Stall(c)
			}
		})
	}
	return Serve(t, w.serve)
}

func (s *stumble) next(client bool) Fault {
	if client {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns++; s.at >= 0 && s.turns >= s.at {
		s.struck = true
		return s.fault
	}
	return ""
}

func (s *stumble) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns
}

func (s *stumble) hit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struck
}

// commit does what the fault says on the client's connection.
func (s *stumble) commit(c net.Conn, f Fault) {
	switch f {
	case Garbled:
		_, _ = c.Write(garbage()) //nolint:errcheck // the client tells
	case Foreign:
		_, _ = io.WriteString(c, s.Foreign) //nolint:errcheck // as above
	case Endless:
		s.flood(c)
	}
}

// flood sends until the client goes, or has taken far too much.
func (s *stumble) flood(c net.Conn) {
	_, _ = io.WriteString(c, s.Endless) //nolint:errcheck // the next one tells
	chunk := []byte(strings.Repeat("x", 64<<10))
	for s.flooded.Load() <= 2*maxRead {
		n, err := c.Write(chunk)
		s.flooded.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// garbage is what no protocol knows: some of them would take its beginning for
// a length, and wait for more than a little.
func garbage() []byte {
	b := []byte("\x00\xff\x17\x03\x99 this is no protocol \r\n\r\n")
	random := rand.NewChaCha8([32]byte{1})
	more := make([]byte, 8<<10)
	_, _ = random.Read(more) //nolint:errcheck // it cannot fail
	return append(b, more...)
}
