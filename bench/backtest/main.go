// Command backtest measures the judge on others' data: tweets in five minutes
// from the Numenta Anomaly Benchmark, and reports drawn around the incidents that
// GitHub's status page had in four years, with their real times and durations.
//
//	go run ./bench/backtest [-data DIR] [-write docs/benchmarks/backtest.md]
//
// DIR has the folders nab and github-status; without it, it says so and fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/backtest"
)

const preface = `# Backtests on others' data

Made by ` + "`go run ./bench/backtest -write docs/benchmarks/backtest.md`" + `, at one false incident a year.

`

func main() {
	data := flag.String("data", "../shared/data", "folder with nab and github-status")
	write := flag.String("write", "", "write the tables to this file too")
	flag.Parse()
	var b strings.Builder
	b.WriteString(preface)
	err := tweets(&b, *data)
	if err == nil {
		err = status(&b, *data)
	}
	if err == nil {
		_, err = os.Stdout.WriteString(b.String())
	}
	if err == nil && *write != "" {
		err = os.WriteFile(*write, []byte(b.String()), 0o644) //nolint:gosec // for everybody to read
	}
	if err != nil {
		log.Fatal(err)
	}
}

// tweets judges the series of the Numenta Anomaly Benchmark.
func tweets(b *strings.Builder, data string) error {
	files, err := filepath.Glob(filepath.Join(data, "nab", "*.csv"))
	if err == nil && len(files) == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		return fmt.Errorf("look for series in %s: %w", filepath.Join(data, "nab"), err)
	}
	b.WriteString(tweetsPreface)
	for _, file := range files {
		r, err := tweet(file, filepath.Join(data, "nab", "labels.json"))
		if err != nil {
			return err
		}
		s := r.Scores
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Twitter_volume_"), ".csv")
		fmt.Fprintf(b, "| %s | %.1f | %d of %d | %d | %d | %s |\n", name, float64(r.Events)/float64(r.Bins), s.Detected, s.Windows, s.Alerts, s.FalseAlarms, surge(r.Alerts))
	}
	b.WriteString(tweetsAfter)
	return nil
}

const tweetsPreface = `## Tweets

Tweets that name a company, in five minutes, from the Numenta Anomaly Benchmark: 55 days, of which the judge learns 14; windows
of a day and more, of which those after the 14 days are scored.

| series | mean in 5 min | windows detected | alerts | in no window | these, times the usual: median |
| --- | --- | --- | --- | --- | --- |
`

const tweetsAfter = `
The budget holds for people who report on their own account, around a rate that wanders slowly. Tweets repeat one another, and a
company is in the news every other day: the alerts in no window are bursts within minutes that nobody labelled. A judge of such
counts alone is far over its budget. The labels are weak, and their windows begin half a day before the event.

`

func tweet(file, labels string) (*backtest.Result, error) {
	in, err := os.Open(file) //nolint:gosec // named by the person who runs it
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // only read
	s, err := backtest.ReadCSV(file, in, time.UTC)
	if err != nil {
		return nil, err
	}
	known, err := os.Open(labels) //nolint:gosec // likewise
	if err != nil {
		return nil, err
	}
	defer known.Close() //nolint:errcheck // only read
	ws, err := backtest.ReadLabels(labels, known, file, time.UTC)
	if err != nil {
		return nil, err
	}
	return backtest.Run(context.Background(), s, backtest.Options{Labels: ws, Seed: 1})
}

// surge is how many times the usual the alerts of no window brought, in the
// middle.
func surge(alerts []backtest.Alert) string {
	var xs []float64
	for i := range alerts {
		if a := &alerts[i]; !a.Learning && a.Label == nil && a.Usual > 0 {
			xs = append(xs, a.Events/a.Usual)
		}
	}
	if len(xs) == 0 {
		return "–"
	}
	slices.Sort(xs)
	return fmt.Sprintf("%.1f", xs[len(xs)/2])
}

// at is a quantile of sorted numbers.
func at(xs []float64, q float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	return xs[int(math.Round(q*float64(len(xs)-1)))]
}
