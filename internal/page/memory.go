package page

import (
	"hash/maphash"
	"sync"
	"time"
)

// Memory makes the views of one world after the other, and makes anew only
// those of whose inputs one is another than before, or that time has changed.
// What it gives is to the byte what [Renderer.Views] would give; a test holds
// it to that over random changes.
//
// It keeps pieces: a service's page, its chart, its bars, its row, an incident,
// a month. Each is kept with a fingerprint of what it was made of and with the
// instant until which it is good (see notedTime), and is dropped with the
// first world that has no use for it. It is safe for concurrent use; worlds
// are taken one at a time.
type Memory struct {
	r       *Renderer
	printer printer
	turn    sync.Mutex // of one world

	mu         sync.Mutex // guards what follows
	last, next map[piece]kept
}

// piece names what is kept, in one language.
type piece struct{ lang, what, id string }

type kept struct {
	inputs      uint64
	from, until time.Time // for which instants it is good; until is the first for which it is not
	value       any
}

// NewMemory makes one that knows nothing yet.
func (r *Renderer) NewMemory() *Memory {
	return &Memory{r: r, printer: printer{maphash.MakeSeed()}, last: make(map[piece]kept)}
}

// begin takes a world on, and gives what ends that.
func (m *Memory) begin() (end func()) {
	m.turn.Lock()
	m.next = make(map[piece]kept, len(m.last))
	return func() {
		m.last, m.next = m.next, nil
		m.turn.Unlock()
	}
}

// good reports whether what was kept is what would be made now.
func (k *kept) good(inputs uint64, now time.Time) bool {
	return k.inputs == inputs && (now.Equal(k.from) || now.After(k.from) && now.Before(k.until))
}

// find gives what is kept under a name; ok is false when that is out of date.
func (m *Memory) find(p piece, inputs uint64, now time.Time) (k kept, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, known := m.next[p]
	if !known {
		k = m.last[p]
	}
	if k.good(inputs, now) {
		m.next[p] = k
		return k, true
	}
	return k, false
}

func (m *Memory) keep(p piece, k kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next[p] = k
}

// keep gives a piece of the builder's world: what is kept, or what make makes.
// It must make it of nothing that is not in the fingerprint, save of time,
// which it asks of the builder that it is given. Where nothing is remembered,
// everything is made.
func keep[T any](b *builder, what, id string, inputs uint64, make func(*builder) T) T {
	return keepLike(b, what, id, inputs, make, func(T, T) bool { return false })
}

// keepLike is keep for what others keep in turn: one that says the same as the
// last keeps its place.
func keepLike[T any](b *builder, what, id string, inputs uint64, make func(*builder) T, same func(old, next T) bool) T {
	if b.memory == nil {
		return make(b)
	}
	p := piece{b.Code, what, id}
	k, ok := b.memory.find(p, inputs, b.now.at)
	if !ok {
		own := *b
		own.now = b.now.noted()
		v := make(&own)
		if old, is := k.value.(T); is && same(old, v) {
			v = old
		}
		k = kept{inputs: inputs, from: b.now.at, until: *own.now.until, value: v}
		b.memory.keep(p, k)
	}
	b.now.limit(k.until)
	v, _ := k.value.(T) // each name has one type
	return v
}
