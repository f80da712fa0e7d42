package detect

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// board is a page of many services, each with ten scopes (five regions, five
// carriers), which brings so many reports a service and hour.
type board struct {
	j       *Judge
	r       *rand.Rand
	ids     []string
	keys    []outcry.CellKey
	tallies []outcry.Tally
	cells   []outcry.Cell
	next    outcry.Tick
	perTick float64 // of all services
}

func newBoard(b *testing.B, services int, perHour float64) *board {
	b.Helper()
	x := &board{r: rand.New(rand.NewPCG(1, 2)), next: day0(), perTick: float64(services) * perHour / 360}
	var cfg Config
	for i := range services {
		id := fmt.Sprintf("service-%d", i)
		x.ids = append(x.ids, id)
		cfg.Services = append(cfg.Services, outcry.Service{ID: id})
	}
	for i := range 25 {
		x.keys = append(x.keys, outcry.CellKey{Symptom: "down", Scope: outcry.Scope{Region: fmt.Sprintf("R%d", i%5), Carrier: fmt.Sprintf("c%d", i/5)}})
	}
	x.cells = make([]outcry.Cell, 0, services)
	var err error
	if x.j, err = New(cfg, x.next); err != nil {
		b.Fatal(err)
	}
	return x
}

// tick is one tick's news, each of another service, and how many there are.
func (x *board) tick(b *testing.B) int {
	b.Helper()
	x.tallies, x.cells = x.tallies[:0], x.cells[:0]
	n := min(int(drawPoisson(x.r, x.perTick)), len(x.ids))
	first := x.r.IntN(len(x.ids))
	for i := range n {
		c := outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1}
		x.cells = append(x.cells, outcry.Cell{CellKey: x.keys[x.r.IntN(len(x.keys))], Counts: c})
		id := x.ids[(first+i*7)%len(x.ids)]
		x.tallies = append(x.tallies, outcry.Tally{Service: id, Kind: outcry.KindReport, Tick: x.next, Counts: c, Networks: 1, Cells: x.cells[i : i+1]})
	}
	if _, err := x.j.Step(x.next, 1, x.tallies); err != nil {
		b.Fatal(err)
	}
	x.next++
	return n
}

// perNews is how many series a report touches: its service, region, carrier,
// both together, and its symptom.
const perNews = 5

// cpuTime is what the process has used, its collector included: on a machine
// that others use too, the clock on the wall says nothing.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStepBusy measures ticks in which every twelfth service has news,
// after four days of the same. Its steps are of a second of a core.
func BenchmarkStepBusy(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := newBoard(b, 499, 30)
	for x.next < day0()+4*8640 {
		x.tick(b)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportAllocs()
	b.ResetTimer()
	news, began := 0, cpuTime(b)
	for b.Loop() {
		news += x.tick(b)
	}
	used := cpuTime(b) - began
	b.ReportMetric(float64(perNews*news)/used.Seconds(), "series-steps/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(news), "cpu-ns/news")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(x.ids)*37), "bytes/series")
	runtime.KeepAlive(x)
}

// BenchmarkStepEmpty measures ticks that bring nothing: what they expected is
// added up when news comes.
func BenchmarkStepEmpty(b *testing.B) {
	x := newBoard(b, 1000, 0)
	for b.Loop() {
		x.tick(b)
	}
}

// BenchmarkQuietWeek plays a week of a thousand services with ten scopes each
// and a report an hour, of which nothing comes.
func BenchmarkQuietWeek(b *testing.B) {
	for b.Loop() {
		x := newBoard(b, 1000, 1)
		for x.next < day0()+7*8640 {
			x.tick(b)
		}
	}
}
