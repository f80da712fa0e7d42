// Command exam makes scenarios that nobody has seen, plays them, and marks what
// the judge said of them.
//
//	go run ./bench/exam [-seeds N] [-from N] [-kind PART] [-draws own,reference] [-out DIR]
//
// Each seed draws one scenario of every kind from wide priors: how many services
// and how large, where their people are, what fails, how fast, where, for how
// long, and what else goes on. What is true is known from the scenario; what can be known
// at all, and when, is worked out from the sizes (see [floor]). The scenario
// files, and the whole answers, are left in -out, to be played again by hand:
// `outcry replay DIR/NAME.yaml --seed N`.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

// options are the command's flags.
type options struct {
	seeds, from, workers int
	kind, out, draws     string
	limit                time.Duration
	twice                int
	kept                 bool
}

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.IntVar(&o.seeds, "seeds", 2, "scenarios of each kind")
	flag.IntVar(&o.from, "from", 1, "the first seed")
	flag.StringVar(&o.kind, "kind", "", "only kinds whose name contains this")
	flag.StringVar(&o.draws, "draws", "own,reference", "in turn, by seed")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "how many at a time")
	flag.IntVar(&o.twice, "twice", 10, "play each n-th scenario twice, and hold the answers against each other; 0: none")
	flag.DurationVar(&o.limit, "for", 24*time.Hour, "begin no more after this time")
	flag.BoolVar(&o.kept, "kept", false, "mark the answers that -out has, of whatever judge, and play only what it lacks")
	flag.StringVar(&o.out, "out", "bench/out/exam", "where scenarios and answers are left")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, &o)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o *options) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("make a directory for the scenarios: %w", err)
	}
	draws := strings.Split(o.draws, ",")
	var papers []*paper
	for seed := o.from; seed < o.from+o.seeds; seed++ {
		for i, k := range kinds() {
			if !strings.Contains(k.name, o.kind) {
				continue
			}
			p, err := newPaper(k, seed, draws[(seed+i)%len(draws)], o.out)
			if err != nil {
				return err
			}
			papers = append(papers, p)
		}
	}
	marks, err := sit(ctx, papers, o)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(report(marks))
	return err
}
