package intake

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// limiter is a token bucket per network, as the generic cell rate algorithm
// (ITU-T I.371) has it: of a bucket only the instant is kept at which it would
// be full again, so that a full bucket and none are the same.
//
// Memory is bounded by two generations: when the young one has its share of
// networks, the old one is dropped and the young takes its place. Who is in
// neither starts with a full bucket, so the bound favours strangers, not a crowd
// of them: what remains is then the limit of the machine.
type limiter struct {
	every  int64 // nanoseconds per report; 0: no limit
	burst  int64 // nanoseconds that a bucket may be behind
	prefix Limit
	shards [limiterShards]limiterShard
}

const limiterShards = 16

type limiterShard struct {
	mu         sync.Mutex
	young, old map[uint64]int64 // network → when its bucket is full, Unix nanoseconds
	half       int              // networks in one generation
}

func newLimiter(l Limit) *limiter {
	lim := &limiter{prefix: l}
	if l.Rate > 0 {
		lim.every = int64(float64(time.Second) / l.Rate)
		lim.burst = lim.every * int64(l.Burst)
	}
	for i := range lim.shards {
		lim.shards[i].half = max(1, l.Networks/limiterShards/2)
		lim.shards[i].young = make(map[uint64]int64)
	}
	return lim
}

// take counts one report; wait is 0 when it may pass, else how long to wait.
func (l *limiter) take(a netip.Addr, now time.Time) (wait time.Duration) {
	if l.every == 0 {
		return 0
	}
	network := networkOf(a, &l.prefix)
	s := &l.shards[(network*0x9e3779b97f4a7c15)>>60]
	return s.take(network, now.UnixNano(), l.every, l.burst)
}

func (s *limiterShard) take(network uint64, now, every, burst int64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, known := s.young[network]
	if !known {
		full = s.old[network]
	}
	full = max(full, now) + every
	if full-now > burst {
		return time.Duration(full - now - burst)
	}
	if !known && len(s.young) >= s.half {
		s.old, s.young = s.young, make(map[uint64]int64, s.half)
	}
	s.young[network] = full
	return 0
}

// networkOf is the network of an address as a number: the first 64 bits of an
// IPv6 prefix, or an IPv4 prefix, which no IPv6 prefix in use looks like.
func networkOf(a netip.Addr, l *Limit) uint64 {
	if a.Is4() {
		b := a.As4()
		return uint64(binary.BigEndian.Uint32(b[:])) &^ (1<<(32-l.IPv4) - 1)
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]) &^ (1<<(64-l.IPv6) - 1)
}

// tooMany is the refusal of a limit.
func tooMany(wait time.Duration) *outcry.Error {
	return &outcry.Error{
		Code: outcry.CodeTooMany, Message: "too many reports come from this network; try again later",
		Err: &waitError{wait},
	}
}

// waitError carries how long to wait, for Retry-After.
type waitError struct{ wait time.Duration }

func (e *waitError) Error() string { return "next one in " + e.wait.Round(time.Millisecond).String() }
