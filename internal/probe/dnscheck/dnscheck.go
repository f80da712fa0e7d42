// Package dnscheck probes DNS servers: over UDP, TCP or TLS, for a name and a
// type of record, whether the code and the records of the answer are as
// wanted. It asks the server itself; the system's resolver has no part in it.
//
// Steps: dns (of the server's own name), connect, tls, query. Over UDP the
// query is sent a second time when half of the time is over, and an answer
// that does not fit into a packet is fetched over TCP.
package dnscheck

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// packetSize is what we tell servers that we take over UDP (DNS flag day 2020).
const packetSize = 1232

type prober struct {
	opts       Options
	host, addr string
	network    string      // "udp" or "tcp"
	cfg        *tls.Config // nil: not over TLS
	question   dns.Question
	rcode      int
	matches    *regexp.Regexp
	dialer     *netguard.Dialer
}

// Target is the host of the server.
func (p *prober) Target() string { return p.host }

// Probe asks and compares.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	answer, err := p.exchange(ctx, trail, p.network)
	if err == nil && answer.Truncated && p.network == "udp" {
		answer, err = p.exchange(ctx, trail, "tcp")
	}
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(p.judge(answer))
}

func (p *prober) exchange(ctx context.Context, trail *probe.Trail, network string) (*dns.Msg, error) {
	conn, err := trail.Connect(ctx, p.dialer, network, p.addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // the answer has been read, or will not be
	if p.cfg != nil {
		if conn, err = trail.Handshake(ctx, conn, p.cfg); err != nil {
			return nil, err
		}
	}
	var answer *dns.Msg
	err = trail.Do("query", func() (detail string, err error) {
		answer, err = p.query(ctx, &dns.Conn{Conn: conn, UDPSize: packetSize}, network == "udp")
		if err != nil {
			return "", fmt.Errorf("ask for %s %s: %w", p.question.Name, dns.TypeToString[p.question.Qtype], err)
		}
		return fmt.Sprintf("%s, %d records", dns.RcodeToString[answer.Rcode], len(answer.Answer)), nil
	})
	return answer, err
}

// query sends the question; packets get lost, so over UDP twice.
func (p *prober) query(ctx context.Context, conn *dns.Conn, packets bool) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.Id, q.RecursionDesired, q.Question = dns.Id(), p.opts.Recurse, []dns.Question{p.question}
	q.SetEdns0(packetSize, false)
	if deadline, ok := ctx.Deadline(); ok && packets {
		half := time.Now().Add(time.Until(deadline) / 2)
		answer, err := once(conn, q, half, conn.ReadMsg)
		if err == nil || !isTimeout(err) {
			return answer, err
		}
		return once(conn, q, deadline, conn.ReadMsg)
	}
	return once(conn, q, time.Time{}, func() (*dns.Msg, error) { return fromStream(conn.Conn, q.Id) })
}

// once sends and reads until the answer to this question comes: packets that
// are not it are somebody's guesses, or late.
func once(conn *dns.Conn, q *dns.Msg, deadline time.Time, read func() (*dns.Msg, error)) (*dns.Msg, error) {
	if !deadline.IsZero() {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, fmt.Errorf("set the deadline: %w", err)
		}
	}
	if err := conn.WriteMsg(q); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	for {
		answer, err := read()
		if err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		if answer.Id == q.Id && answer.Response && sameQuestion(q, answer) {
			return answer, nil
		}
	}
}

// headerBytes are those of a message (RFC 1035, 4.1.1).
const headerBytes = 12

// fromStream reads a message with its length before it (RFC 1035, 4.2.2). Of
// what is no answer to us, no more than the header is waited for: what another
// protocol says begins with a length that never comes.
func fromStream(r io.Reader, id uint16) (*dns.Msg, error) {
	var head [2 + headerBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	length := int(binary.BigEndian.Uint16(head[:]))
	if length < headerBytes || binary.BigEndian.Uint16(head[2:]) != id || head[4]&0x80 == 0 {
		return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("it is none of DNS, or to another question")}
	}
	packed := append(make([]byte, 0, length), head[2:]...)[:length]
	if _, err := io.ReadFull(r, packed[headerBytes:]); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	m := new(dns.Msg)
	return m, m.Unpack(packed)
}

// sameQuestion allows for a server that leaves the question out of an error.
func sameQuestion(q, a *dns.Msg) bool {
	if len(a.Question) == 0 {
		return a.Rcode != dns.RcodeSuccess
	}
	x, y := q.Question[0], a.Question[0]
	return len(a.Question) == 1 && x.Qtype == y.Qtype && x.Qclass == y.Qclass && strings.EqualFold(x.Name, y.Name)
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// judge compares an answer with what is wanted.
func (p *prober) judge(m *dns.Msg) probe.Result {
	if m.Rcode != p.rcode {
		return probe.Bad(probe.ReasonStatus, fmt.Sprintf("the server answers %s, wanted %s", dns.RcodeToString[m.Rcode], dns.RcodeToString[p.rcode]))
	}
	got := p.data(m)
	if len(got) == 0 && p.rcode == dns.RcodeSuccess && !p.opts.Empty {
		return probe.Bad(probe.ReasonAnswer, "the answer has no record of the type")
	}
	for _, want := range p.opts.Answers {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.EqualFold(s, want) }) {
			return probe.Bad(probe.ReasonAnswer, fmt.Sprintf("no record %q among %q", want, got))
		}
	}
	if p.opts.Exact && len(got) != len(p.opts.Answers) {
		return probe.Bad(probe.ReasonAnswer, fmt.Sprintf("records %q, wanted exactly %q", got, p.opts.Answers))
	}
	if p.matches != nil && !slices.ContainsFunc(got, p.matches.MatchString) {
		return probe.Bad(probe.ReasonAnswer, fmt.Sprintf("no record of %q matches /%s/", got, p.matches))
	}
	return probe.Good(fmt.Sprintf("%s %s", dns.RcodeToString[m.Rcode], strings.Join(got, ", ")))
}

// data lists what the records of the type hold, as text.
func (p *prober) data(m *dns.Msg) []string {
	var list []string
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Rrtype == p.question.Qtype || p.question.Qtype == dns.TypeANY {
			list = append(list, strings.TrimSpace(strings.TrimPrefix(rr.String(), h.String())))
		}
	}
	return list
}
