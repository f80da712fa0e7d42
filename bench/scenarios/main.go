// Command scenarios plays every shipped scenario many times over, and tells how
// soon outages were published, how well their onset and scope were known, and
// what was published that should not have been.
//
//	go run ./bench/scenarios [-seeds N] [-for 20m] [-scenario PART] [-write]
//
// Each seed is played on the reference draw (scenarios/draw.py, which needs
// python3 with PyYAML) and on our own, with checks and by reports alone, several
// at a time. What has been played is kept in -out, under a hash of this program
// and of the scenario, and not played again: so it may be stopped at any time, go
// on later, and be asked for the table of what there is with -for 0s.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

// options are the command's flags.
type options struct {
	seeds, workers   int
	scenario, out    string
	draws, evidence  string
	limit            time.Duration
	write, anyBinary bool
}

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.IntVar(&o.seeds, "seeds", 50, "of each scenario, from 1")
	flag.StringVar(&o.scenario, "scenario", "", "only scenarios whose name contains this")
	flag.StringVar(&o.draws, "draws", "reference,own", "which draws")
	flag.StringVar(&o.evidence, "evidence", "all,reports", "with checks and bulletins, by reports alone, or both")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "how many at a time")
	flag.DurationVar(&o.limit, "for", 24*time.Hour, "begin no more after this time")
	flag.StringVar(&o.out, "out", "bench/out/scenarios", "where results are kept")
	flag.BoolVar(&o.anyBinary, "any", false, "take kept results of other builds, too")
	flag.BoolVar(&o.write, "write", false, "write docs/benchmarks/scenarios.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, &o)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o *options) error {
	k, err := newKeeper(o.out, o.anyBinary)
	if err != nil {
		return err
	}
	jobs, err := plan(o)
	if err != nil {
		return err
	}
	done, err := playAll(ctx, jobs, k, o)
	if err != nil {
		return err
	}
	text := report(done, o.seeds)
	if _, err := os.Stdout.WriteString(text); err != nil || !o.write {
		return err
	}
	return os.WriteFile("docs/benchmarks/scenarios.md", []byte(text), 0o644) //nolint:gosec // for everybody to read
}

func has(list, one string) bool {
	for _, s := range strings.Split(list, ",") {
		if strings.TrimSpace(s) == one {
			return true
		}
	}
	return false
}
