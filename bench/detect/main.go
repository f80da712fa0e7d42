// Command detect measures the judge: how soon it sees an outage at a given rate
// of false alarms, against the methods in use and the floor that theory sets,
// on the same simulated counts.
//
//	go run ./bench/detect [-quick] [-years F] [-only PART] [-out DIR] [-write]
//	go run ./bench/detect -scenarios [-seeds N]
//
// Parts: grid (nulls and delays), life (onset and end), robust (cold start,
// contaminated history, gaps, daylight saving, growth), cost. Tables go to
// stdout, charts to DIR; -write also brings docs/benchmarks/detection.md up to
// date. Everything but the timings follows from -seed.
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.Float64Var(&o.years, "years", 1, "factor on the simulated years of each null")
	flag.IntVar(&o.reps, "reps", 120, "outages tried at every point")
	flag.BoolVar(&o.quick, "quick", false, "a tenth of it, for a look")
	flag.StringVar(&o.only, "only", "", "one part: grid, life, robust or cost")
	flag.StringVar(&o.null, "null", "", "of the grid, only nulls whose name contains this")
	flag.StringVar(&o.out, "out", "bench/out", "directory for the charts")
	flag.BoolVar(&o.write, "write", false, "write docs/benchmarks/detection.md, with its charts")
	flag.BoolVar(&o.scenarios, "scenarios", false, "replay the scenarios instead")
	flag.IntVar(&o.seeds, "seeds", 50, "of each scenario")
	flag.StringVar(&o.scenario, "scenario", "", "only scenarios whose name contains this")
	flag.Uint64Var(&o.seed, "seed", 1, "what all draws follow from")
	flag.Parse()
	if err := run(&o, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
