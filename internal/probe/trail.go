package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"time"

	"github.com/outcry/outcry/internal/netguard"
)

// Trail records the steps of one attempt. It is not safe for use by several
// goroutines.
type Trail struct {
	began time.Time
	steps []Step
	side  string
}

// NewTrail begins an attempt.
func NewTrail() *Trail { return &Trail{began: time.Now(), steps: make([]Step, 0, 6)} }

// Began is when the attempt did.
func (t *Trail) Began() time.Time { return t.began }

// Steps are those recorded so far.
func (t *Trail) Steps() []Step { return t.steps }

// Side puts whose they are before the names of the steps from now on, for an
// attempt with several sides: "receiver connect". Empty ends that.
func (t *Trail) Side(name string) {
	if t.side = name; name != "" {
		t.side += " "
	}
}

// Do runs a step. What it returns is the step's detail, or its error.
func (t *Trail) Do(name string, step func() (detail string, err error)) error {
	start := time.Now()
	detail, err := step()
	t.Add(name, start, time.Now(), detail, err)
	return err
}

// Add records a step that was measured elsewhere.
func (t *Trail) Add(name string, start, end time.Time, detail string, err error) {
	s := Step{Name: t.side + name, Start: start.Sub(t.began), Duration: end.Sub(start), Detail: detail}
	if err != nil {
		s.Err = err.Error()
	}
	t.steps = append(t.steps, s)
}

// End puts the trail into the result.
func (t *Trail) End(r Result) Result {
	r.Steps = t.steps
	return r
}

// Connect looks up and dials host:port, in the steps "dns" (not for a literal
// address) and "connect". The connection has the context's deadline.
func (t *Trail) Connect(ctx context.Context, d *netguard.Dialer, network, address string) (net.Conn, error) {
	var looked, resolved time.Time
	var answer httptrace.DNSDoneInfo
	trace := &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { looked = time.Now() },
		DNSDone:  func(i httptrace.DNSDoneInfo) { resolved, answer = time.Now(), i },
	}
	start := time.Now()
	conn, err := d.DialContext(httptrace.WithClientTrace(ctx, trace), network, address)
	if !resolved.IsZero() {
		t.Add("dns", looked, resolved, addresses(answer.Addrs), answer.Err)
		start = resolved
	}
	if answer.Err != nil {
		return nil, err
	}
	detail := ""
	if err == nil {
		detail = conn.RemoteAddr().String()
		err = setDeadline(ctx, conn)
	}
	t.Add("connect", start, time.Now(), detail, err)
	return conn, err
}

func setDeadline(ctx context.Context, conn net.Conn) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return fmt.Errorf("set the connection's deadline: %w", err)
	}
	return nil
}

// maxShown bounds how many addresses of an answer a step shows.
const maxShown = 4

func addresses(list []net.IPAddr) string {
	s := ""
	for i, a := range list {
		if i == maxShown {
			return fmt.Sprintf("%s and %d more", s, len(list)-i)
		}
		if i > 0 {
			s += ", "
		}
		s += a.String()
	}
	return s
}

// Handshake does the TLS handshake as a client, in the step "tls". When it
// fails, the connection is closed.
func (t *Trail) Handshake(ctx context.Context, conn net.Conn, cfg *tls.Config) (*tls.Conn, error) {
	tc := tls.Client(conn, cfg)
	err := t.Do("tls", func() (string, error) {
		if err := tc.HandshakeContext(ctx); err != nil {
			return "", handshakeError(ctx, err)
		}
		return TLSDetail(tc.ConnectionState()), nil
	})
	if err != nil {
		return nil, closeAfter(conn, err)
	}
	return tc, nil
}

// Secure connects over TCP and, where there are settings for it, shakes hands
// and verifies what the options want of the certificate.
func (t *Trail) Secure(ctx context.Context, d *netguard.Dialer, address string, cfg *tls.Config, o TLSOptions) (net.Conn, error) {
	conn, err := t.Connect(ctx, d, "tcp", address)
	if err != nil || cfg == nil {
		return conn, err
	}
	tc, err := t.Handshake(ctx, conn, cfg)
	if err != nil {
		return nil, err
	}
	state := tc.ConnectionState()
	if err := o.Verify(&state, cfg.Time()); err != nil {
		return nil, closeAfter(tc, err)
	}
	return tc, nil
}

// handshakeError keeps a deadline what it is; any other error that has no
// reason of its own is one of TLS: a peer that closes here refuses it.
func handshakeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("TLS handshake: %w", context.Cause(ctx))
	}
	if r := Classify(err); r == ReasonProtocol || r == ReasonReset {
		err = &Fault{Reason: ReasonTLS, Err: err}
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// closeAfter closes what an error leaves unused; the error is what counts.
func closeAfter(conn net.Conn, err error) error {
	_ = conn.Close() //nolint:errcheck // the first error is the one to tell
	return err
}

// TLSDetail is a handshake's outcome in a few words.
func TLSDetail(s tls.ConnectionState) string {
	d := tls.VersionName(s.Version)
	if s.NegotiatedProtocol != "" {
		d += ", " + s.NegotiatedProtocol
	}
	if len(s.PeerCertificates) > 0 {
		d += ", certificate until " + s.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly)
	}
	return d
}
