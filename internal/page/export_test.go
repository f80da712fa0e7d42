package page

import (
	"hash/maphash"
	"time"
)

// Body renders a view, and does not compress it.
func (r *Renderer) Body(v View, now time.Time) ([]byte, error) { return r.body(v, now, 0) }

// Prints gives what takes fingerprints.
func Prints() func(values ...any) uint64 { return printer{maphash.MakeSeed()}.of }
