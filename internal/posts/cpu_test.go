package posts

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is what the process has used of processors: what a benchmark costs on
// a machine that others use too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportRate reports posts a second of one core: by the clock, and by the
// processor time since some had been used.
func reportRate(b *testing.B, n int, since time.Duration) {
	b.Helper()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
	if used := cpuTime() - since; used > 0 {
		b.ReportMetric(float64(n)/used.Seconds(), "posts/cpu-s")
	}
}
