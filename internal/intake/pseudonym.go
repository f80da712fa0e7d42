package intake

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
)

// class is what a pseudonym stands for; each has salts of its own.
type class uint8

const (
	classReporter class = iota
	classNetwork
	classAgent
	classID
	classes
)

func (c class) String() string {
	return [...]string{"reporter", "network", "agent", "id"}[c]
}

// life is for how many days a class keeps its salt; 0 is for good.
func (c class) life() int64 {
	return [...]int64{classReporter: 1, classNetwork: 90, classAgent: 0, classID: 1}[c]
}

// SaltLives says by class, which is a period's name up to the first dash, how
// long after it was made a salt may be forgotten. Everybody's period begins at a
// time of their own, so a salt is in use for two lives of its class, and a signal
// may be late by the time that Config.MaxAge allows. A class that is not named is
// never forgotten: what is usual of a service's crowd hangs on it.
func SaltLives() map[string]time.Duration {
	lives := make(map[string]time.Duration)
	for c := range classes {
		if days := c.life(); days > 0 {
			lives[c.String()] = 2*time.Duration(days)*secondsOfDay*time.Second + saltMargin
		}
	}
	return lives
}

// saltMargin is more than any Config.MaxAge that can be set, and clocks that are wrong.
const saltMargin = 10 * 24 * time.Hour

// period is one salt's time.
type period struct {
	class class
	n     int64 // in lives of the class since the Unix epoch
}

// String is the period's name in the Salter: "reporter-2026-11-23" begins on
// that day.
func (p period) String() string {
	days := p.class.life()
	if days == 0 {
		return p.class.String()
	}
	return p.class.String() + "-" + time.Unix(p.n*days*secondsOfDay, 0).UTC().Format(time.DateOnly)
}

const secondsOfDay = 24 * 60 * 60

// pseudonyms hashes with the salts of a Salter, which it asks once per period.
type pseudonyms struct {
	salts Salter
	mu    sync.Mutex                         // of who adds a key
	keys  atomic.Pointer[map[period]*macKey] // replaced, never changed
}

func newPseudonyms(s Salter) *pseudonyms {
	p := &pseudonyms{salts: s}
	p.keys.Store(&map[period]*macKey{})
	return p
}

// pseudonymOf is what a signal's pseudonyms are made of.
type pseudonymOf struct {
	caller, key, reporter, agent string
	line                         int
	address                      netip.Addr
	asn                          uint32
	exempt                       bool
	limit                        *Limit
}

// name sets the signal's pseudonyms.
func (p *pseudonyms) name(ctx context.Context, s *outcry.Signal, of *pseudonymOf, now time.Time) (err error) {
	var buf [512]byte
	if person := of.person(buf[:0]); person != nil {
		if s.Reporter, err = p.hash(ctx, classReporter, person, s.At); err != nil {
			return err
		}
	}
	if of.agent != "" {
		agent, err := p.hash(ctx, classAgent, append(buf[:0], cut(of.agent)...), now)
		if err != nil {
			return err
		}
		s.Agent = uint32(agent)
	}
	if of.key != "" {
		if s.ID, err = p.hash(ctx, classID, of.idempotency(buf[:0]), now); err != nil {
			return err
		}
	}
	if of.exempt {
		return nil
	}
	if s.Network, err = p.hash(ctx, classNetwork, of.network(buf[:0]), s.At); err != nil {
		return err
	}
	s.Wide, err = p.hash(ctx, classNetwork, of.wide(buf[:0]), s.At)
	return err
}

// maxAgent is how much of a user agent counts, in bytes.
const maxAgent = 256

func cut(agent string) string { return agent[:min(len(agent), maxAgent)] }

// person gives nil when nothing tells people apart.
func (of *pseudonymOf) person(b []byte) []byte {
	switch {
	case of.reporter != "":
		b = append(b, 'r')
		b = appendText(b, of.caller)
		return appendText(b, of.reporter)
	case of.address.IsValid():
		return of.stranger(b)
	}
	return nil
}

// stranger is an address and an agent. Of an IPv6 address the half that says
// which network counts: the other one changes by the day (RFC 8981).
func (of *pseudonymOf) stranger(b []byte) []byte {
	a := of.address.As16()
	n := 16
	if of.address.Is6() {
		n = 8
	}
	b = append(append(b, 'a'), a[:n]...)
	return append(b, cut(of.agent)...)
}

func (of *pseudonymOf) network(b []byte) []byte {
	return binary.BigEndian.AppendUint64(append(b, 'n'), networkOf(of.address, of.limit))
}

// wide is the autonomous system, or else the /16 or /32.
func (of *pseudonymOf) wide(b []byte) []byte {
	if of.asn != 0 {
		return binary.BigEndian.AppendUint32(append(b, 's'), of.asn)
	}
	return binary.BigEndian.AppendUint64(append(b, 'w'), networkOf(of.address, &Limit{IPv4: 16, IPv6: 32}))
}

// idempotency tells callers apart, so that nobody can use up another's keys.
func (of *pseudonymOf) idempotency(b []byte) []byte {
	b = appendText(b, of.caller)
	if of.caller == "" {
		b = of.stranger(b)
	}
	b = appendText(append(b, 'k'), of.key)
	return strconv.AppendInt(b, int64(of.line), 10)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// hash is never 0, which stands for no pseudonym.
func (p *pseudonyms) hash(ctx context.Context, c class, data []byte, at time.Time) (uint64, error) {
	k, err := p.key(ctx, periodOf(c, data, at))
	if err != nil {
		return 0, err
	}
	return max(1, k.sum(data)), nil
}

// periodOf gives everybody a time of their own at which their period begins.
func periodOf(c class, data []byte, at time.Time) period {
	days := c.life()
	if days == 0 {
		return period{class: c}
	}
	length := days * secondsOfDay
	own := int64(spread(data) % uint64(length))
	return period{class: c, n: (at.Unix() - own) / length}
}

// spread is FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): even, and no
// secret. It says when a period begins and nothing else.
func spread(data []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range data {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h >> 8
}

func (p *pseudonyms) key(ctx context.Context, t period) (*macKey, error) {
	if k := (*p.keys.Load())[t]; k != nil {
		return k, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := *p.keys.Load()
	if k := old[t]; k != nil {
		return k, nil
	}
	salt, err := p.salts.Salt(ctx, t.String())
	if err != nil {
		return nil, fmt.Errorf("getting the salt of %v: %w", t, err)
	}
	m := make(map[period]*macKey, len(old)+1)
	for o, k := range old {
		if o.class != t.class || o.n >= t.n-keptPeriods {
			m[o] = k
		}
	}
	m[t] = newMACKey(salt)
	p.keys.Store(&m)
	return m[t], nil
}

// keptPeriods is how many past salts stay in memory: those that a signal as old
// as Config.MaxAge may need.
const keptPeriods = 4

// macKey is a key of HMAC-SHA256 (RFC 2104), prepared. It is written out here
// because crypto/hmac allocates, and every report needs three sums.
type macKey struct {
	inner, outer [sha256.BlockSize]byte
}

func newMACKey(key []byte) *macKey {
	k := &macKey{}
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	copy(k.inner[:], key)
	copy(k.outer[:], key)
	for i := range k.inner {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
	return k
}

// sum is the first 64 bits of the HMAC.
func (k *macKey) sum(data []byte) uint64 {
	var buf [sha256.BlockSize + 640]byte
	inner := sha256.Sum256(append(append(buf[:0], k.inner[:]...), data...))
	outer := sha256.Sum256(append(append(buf[:0], k.outer[:]...), inner[:]...))
	return binary.BigEndian.Uint64(outer[:])
}
