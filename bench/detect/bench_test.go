package main

import (
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
)

func BenchmarkJudgeYear(b *testing.B) {
	s, err := sim.New(sim.Null{Rate: 20}, 1)
	if err != nil {
		b.Fatal(err)
	}
	j, err := newJudge(1, "", s.Next())
	if err != nil {
		b.Fatal(err)
	}
	var seg sim.Segment
	busy := 0
	for range b.N {
		for range 1000 {
			s.Draw(&seg)
			for _, n := range seg.Counts {
				if n > 0 {
					busy++
				}
			}
			if err := j.step(&seg, func(outcry.Verdict) bool { return true }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(busy), "ns/busy-tick")
}

func BenchmarkPage(b *testing.B) {
	for range b.N {
		if _, err := runCost(1000, 10, 20, 0.02); err != nil {
			b.Fatal(err)
		}
	}
}
