package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"syscall"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
	"github.com/outcry/outcry/internal/detect"
)

// cost is what judging takes on this machine, on one core.
type cost struct {
	Rate     float64
	Services int
	Scopes   int
	Days     float64
	Busy     int           // service-ticks with news
	Series   int           // series steps in them: the service, and each scope that the news touches
	CPU      time.Duration // of the process: the machine may be shared
	Allocs   float64       // per busy step
	Bytes    float64       // live, per service
	Idle     float64       // ns per empty tick of the whole page
}

func (c *cost) perBusy() float64   { return float64(c.CPU.Nanoseconds()) / float64(c.Busy) }
func (c *cost) perSeries() float64 { return float64(c.CPU.Nanoseconds()) / float64(c.Series) }

// week is what a week would take.
func (c *cost) week() time.Duration { return time.Duration(float64(c.CPU) * 7 / c.Days) }

// page is many services with reports in cells of ten scopes: five regions and
// five carriers.
type page struct {
	judge   *detect.Judge
	rng     *rand.Rand
	ids     []string
	perTick float64
	tallies []outcry.Tally
	cells   [][1]outcry.Cell
	scopes  int
}

func newPage(services, scopes int, rate float64) (*page, outcry.Tick, error) {
	p := &page{rng: rand.New(rand.NewPCG(1, 2)), perTick: rate / sim.SegmentTicks * float64(services), scopes: scopes}
	var cfg detect.Config
	for i := range services {
		id := fmt.Sprintf("service-%d", i)
		p.ids = append(p.ids, id)
		cfg.Services = append(cfg.Services, outcry.Service{ID: id})
	}
	p.cells = make([][1]outcry.Cell, services)
	start := outcry.TickOf(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	var err error
	p.judge, err = detect.New(cfg, start)
	return p, start, err
}

// news draws a tick's tallies: every report from another service, mostly.
func (p *page) news(t outcry.Tick) []outcry.Tally {
	p.tallies = p.tallies[:0]
	n := 0
	for u := p.rng.ExpFloat64(); u < p.perTick; u += p.rng.ExpFloat64() {
		n++
	}
	seen := make(map[int]bool, n)
	for range n {
		i := p.rng.IntN(len(p.ids))
		if seen[i] {
			continue
		}
		seen[i] = true
		one := outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1}
		half := p.scopes / 2
		scope := outcry.Scope{Region: regionName(p.rng.IntN(half)), Carrier: carrierName(p.rng.IntN(p.scopes - half))}
		p.cells[i] = [1]outcry.Cell{{CellKey: outcry.CellKey{Symptom: "down", Scope: scope}, Counts: one}}
		p.tallies = append(p.tallies, outcry.Tally{Service: p.ids[i], Kind: outcry.KindReport, Tick: t, Counts: one, Networks: 1, Hourly: 1, Cells: p.cells[i][:]})
	}
	return p.tallies
}

func regionName(i int) string  { return string([]byte{'R', byte('A' + i)}) }
func carrierName(i int) string { return string([]byte{'c', byte('a' + i)}) }

// runCost measures a page for some days, after a day of warming up.
func runCost(services, scopes int, rate, days float64) (*cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p, t, err := newPage(services, scopes, rate)
	if err != nil {
		return nil, err
	}
	warm := t + outcry.Ticks(24*time.Hour)
	c := &cost{Rate: rate, Services: services, Scopes: scopes, Days: days}
	for ; t < warm; t++ {
		if _, err := p.judge.Step(t, 1, p.news(t)); err != nil {
			return nil, err
		}
	}
	var mid runtime.MemStats
	runtime.ReadMemStats(&mid)
	end := t + outcry.Tick(days*8640)
	drawn := uint64(0)
	began := cpuTime()
	for ; t < end; t++ {
		news := p.news(t)
		drawn++
		if _, err := p.judge.Step(t, 1, news); err != nil {
			return nil, err
		}
		c.Busy += len(news)
		c.Series += 4 * len(news) // the service, its region, its carrier, and the two together
	}
	c.CPU = cpuTime() - began
	runtime.ReadMemStats(&after)
	c.Allocs = (float64(after.Mallocs-mid.Mallocs) - float64(drawn)) / float64(c.Busy)
	runtime.GC()
	runtime.ReadMemStats(&after)
	c.Bytes = float64(after.HeapAlloc-before.HeapAlloc) / float64(services)
	c.idle(p, t)
	runtime.KeepAlive(p)
	return c, nil
}

// cpuTime is what the process has used so far; zero where the system does not
// tell.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// idle measures ticks that bring nothing.
func (c *cost) idle(p *page, t outcry.Tick) {
	const n = 2000
	began := cpuTime()
	for i := range outcry.Tick(n) {
		if _, err := p.judge.Step(t+i, 1, nil); err != nil {
			return
		}
	}
	c.Idle = float64((cpuTime() - began).Nanoseconds()) / n
}

func runCosts(quick bool) ([]*cost, error) {
	var out []*cost
	for _, c := range []struct{ rate, days float64 }{{1, 1}, {20, 0.25}} {
		if quick {
			c.days /= 4
		}
		m, err := runCost(1000, 10, c.rate, c.days)
		if err != nil {
			return nil, fmt.Errorf("measure the cost: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

func costTable(w io.Writer, all []*cost) {
	t := table{head: []string{"services × scopes", "reports per service and 15 min", "ns per service step with news", "ns per series step", "series steps a second", "allocations per step",
		"bytes per service (per series)", "ns per empty tick of the page", "a week of it takes"}}
	for _, c := range all {
		series := float64(1 + c.Scopes)
		t.row(fmt.Sprintf("%d × %d", c.Services, c.Scopes), fmt.Sprintf("%g", c.Rate), fmt.Sprintf("%.0f", c.perBusy()), fmt.Sprintf("%.0f", c.perSeries()),
			fmt.Sprintf("%.2f million", 1e3/c.perSeries()), fmt.Sprintf("%.1f", c.Allocs), fmt.Sprintf("%.0f (%.0f)", c.Bytes, c.Bytes/series),
			fmt.Sprintf("%.0f", c.Idle), c.week().Round(time.Second).String())
	}
	t.write(w)
}
