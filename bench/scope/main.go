// Command scope measures how well Outcry says where a fault is: on real
// failures of a content network whose causes people have labelled
// (shared/data/rs, from github.com/shaido987/riskloc, MIT), and on generated
// ones whose causes are known, with two methods of the literature beside it in
// the same run.
//
//	go run ./bench/scope [-data ../shared/data/rs] [-folds 5] [-repeats 50] [-drawn 50] [-write docs/benchmarks/scope.md]
//
// It takes about a minute. Of a real case it looks at the minute that is
// labelled and those before it, never at what comes after.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	data := flag.String("data", "../shared/data/rs", "folder with anomaly.yaml and its cases")
	write := flag.String("write", "", "write the tables to this file too")
	r := &report{}
	flag.IntVar(&r.folds, "folds", 5, "parts that the cases are cut into")
	flag.IntVar(&r.repeats, "repeats", 50, "ways to cut them")
	flag.IntVar(&r.drawn, "drawn", 50, "generated failures of each size and depth")
	flag.Parse()
	if err := run(r, *data); err != nil {
		log.Fatal(err)
	}
	fmt.Print(r.String())
	if *write == "" {
		return
	}
	if err := os.WriteFile(*write, []byte(r.String()), 0o644); err != nil { //nolint:gosec // a page to be read
		log.Fatal(err)
	}
}

func run(r *report, data string) error {
	fs, err := load(data)
	if err != nil {
		return err
	}
	if r.folds < 2 || r.folds > len(fs) || r.repeats < 1 || r.drawn < 1 {
		return fmt.Errorf("%d folds of %d cases, %d repeats and %d drawn: at least 2 folds, 1 repeat and 1 drawn are needed", r.folds, len(fs), r.repeats, r.drawn)
	}
	var outcomes []*outcome
	for _, m := range methods() {
		o, err := try(m, fs)
		if err != nil {
			return err
		}
		outcomes = append(outcomes, o)
	}
	r.preface()
	r.real(fs, outcomes)
	if err := r.generated(outcomes); err != nil {
		return err
	}
	r.listing(fs, outcomes)
	return nil
}
