// Package tcpcheck probes TCP ports: it connects, may send something, and may
// wait for what the server says.
//
// Steps: dns, connect, send, expect. A server that greets (SSH, SMTP, FTP) is
// checked with expect alone; its first 64 KiB are looked at.
package tcpcheck

import (
	"context"
	"fmt"
	"io"
	"net"
	"regexp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type tcp.
type Options struct {
	URL    string `yaml:"url,required"` // tcp://host:port
	Send   string `yaml:"send"`         // bytes to send once connected
	Expect string `yaml:"expect"`       // regular expression (RE2) for what the server sends
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// maxRead is how much of what the server sends is looked at, in bytes.
const maxRead = 64 << 10

type prober struct {
	host, addr string
	send       string
	expect     *regexp.Regexp // nil: connecting is enough
	dialer     *netguard.Dialer
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "tcp" {
		return nil, outcry.FieldErrorf("url", "scheme %q is not tcp", u.Scheme)
	}
	p := &prober{host: u.Hostname(), send: o.Send, dialer: env.Own()}
	if p.addr, err = probe.HostPort(u, ""); err != nil {
		return nil, err
	}
	if o.Expect != "" {
		if p.expect, err = regexp.Compile(o.Expect); err != nil {
			return nil, outcry.FieldErrorf("expect", "%s", err)
		}
	}
	return p, nil
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// Probe connects, sends and listens.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := trail.Connect(ctx, p.dialer, "tcp", p.addr)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // all that mattered has been read
	if err := p.talk(conn, trail); err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good("connected to " + conn.RemoteAddr().String()))
}

func (p *prober) talk(conn net.Conn, trail *probe.Trail) error {
	if p.send != "" {
		err := trail.Do("send", func() (string, error) {
			n, err := io.WriteString(conn, p.send)
			return fmt.Sprintf("%d bytes", n), err
		})
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	if p.expect == nil {
		return nil
	}
	return trail.Do("expect", func() (string, error) { return p.listen(conn) })
}

// listen reads until what came matches.
func (p *prober) listen(conn net.Conn) (string, error) {
	buf := make([]byte, 0, 1024)
	for {
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if m := p.expect.Find(buf); m != nil {
			return fmt.Sprintf("%.80q", m), nil
		}
		if err != nil {
			return "", p.disappointed(buf, err)
		}
		if len(buf) >= maxRead {
			return "", &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("%d bytes came without a match of /%s/", len(buf), p.expect)}
		}
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)]
		}
	}
}

// disappointed tells a server that said something else from one that said
// nothing.
func (p *prober) disappointed(got []byte, err error) error {
	if len(got) == 0 {
		return fmt.Errorf("wait for the server to speak: %w", err)
	}
	return &probe.Fault{Reason: probe.ReasonBody, Err: fmt.Errorf("the server said %.80q, wanted /%s/", got, p.expect)}
}
