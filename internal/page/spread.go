package page

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Spread does a thing for each of n, on all processors: a change of many
// services must be on the wire nearly as soon as that of one. It is over when
// all are done. What is done must be independent of each other.
func Spread(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
