package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The page that -write brings up to date, and where its charts lie beside it.
const (
	documentPath = "docs/benchmarks/detection.md"
	imageDir     = "docs/benchmarks/images"
)

const preface = `# How soon, at what price: the judge measured

This page is written by ` + "`go run ./bench/detect -write`" + `; every figure in it follows from the seed, except the cost, which is
CPU time of the machine that it ran on.

Counts are simulated (bench/detect/sim): a season of day and week, Poisson, times a slow log-normal multiplier of the sd and
correlation time that each null names. The judge and every deployed peer get eight weeks of history and learn the season from
it; the textbook tests are *told* the season; the floor is told the season and the outage's size. The thresholds of all but
the judge are tuned, by bisection on the null itself, to the stated rate of false incidents (runs of hours over the threshold).
The judge is not tuned: it has its budget and what it has learned. Delays run from the onset to the end of the tick of the
first failing verdict; the same futures are put before every method. Farrington and EARS are held against R's surveillance
in bench/detect/peers.

`

// document writes the page and its charts.
func (r *results) document() error {
	charts, err := r.charts(imageDir)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(preface)
	fmt.Fprintf(&b, "Run on %s with %d cores, %s; it took %s.\n\n", runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), runtime.Version(), r.wall.Round(time.Second))
	r.tables(&b)
	for _, c := range charts {
		name := filepath.Base(c)
		fmt.Fprintf(&b, "![%s](images/%s)\n\n", strings.TrimSuffix(name, ".svg"), name)
	}
	if err := os.WriteFile(documentPath, b.Bytes(), 0o644); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
