// Command detect measures the judge: how soon it sees an outage at a given rate
// of false alarms, against the methods in use and the floor that theory sets,
// on the same simulated counts.
//
//	go run ./bench/detect [-quick | -full] [-years F] [-only PART] [-out DIR] [-write]
//	go run ./bench/detect -only promise [-target YEARS] [-for DURATION] [-write]
//
// Parts: grid (nulls and delays), life (onset and end), robust (cold start,
// contaminated history, gaps, daylight saving, growth), cost; and promise, which
// runs only when it is asked for: the judge alone through a hundred years of
// every null, a page of its own. It keeps what it has in DIR, may be ended at any
// time, and goes on from there. Tables go to
// stdout, charts to DIR; -write also brings docs/benchmarks/detection.md up to
// date. Everything but the timings follows from -seed. bench/scenarios plays the
// scenarios.
package main

import (
	"flag"
	"log"
	"os"
	"time"
)

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.Float64Var(&o.years, "years", 1, "factor on the simulated years of each null")
	flag.IntVar(&o.reps, "reps", 120, "outages tried at every point")
	flag.BoolVar(&o.quick, "quick", false, "a tenth of it, for a look")
	flag.BoolVar(&o.full, "full", false, "five times the years: hours of computing")
	flag.StringVar(&o.only, "only", "", "one part: grid, life, robust, cost or promise")
	flag.Float64Var(&o.target, "target", 100, "of promise, simulated years of each null")
	flag.DurationVar(&o.limit, "for", 45*time.Minute, "of promise, begin no more after this time")
	flag.StringVar(&o.null, "null", "", "of the grid, only nulls whose name contains this")
	flag.StringVar(&o.out, "out", "bench/out", "directory for the charts")
	flag.BoolVar(&o.write, "write", false, "write docs/benchmarks/detection.md, with its charts")
	flag.Uint64Var(&o.seed, "seed", 1, "what all draws follow from")
	flag.Parse()
	if o.only == "promise" {
		if err := promises(&o, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := run(&o, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
