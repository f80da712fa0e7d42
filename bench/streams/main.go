// Command streams tells what each stream of evidence contributed to the incidents
// of replays, as a table in Markdown. It reads documents of
// `outcry replay SCENARIO --seed N --json`:
//
//	for n in imessage-2024-05-16 carrier-only two-at-once slow-burn quiet-and-loud-nothing; do
//	  for s in 1 2 3; do outcry replay $n --seed $s --json > $n-$s.json; done
//	done
//	go run ./bench/streams *.json
//
// With -nulls N, it measures instead what metrics cost in false alarms: each of N
// seeds is a year of a service that nothing ails, once with a metric and once
// without, of several sorts.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/outcry/outcry/internal/replay"
)

func main() {
	years := flag.Int("nulls", 0, "measure false alarms of metrics, over so many years of each sort")
	flag.Parse()
	work := func() error { return run(os.Stdout, flag.Args()) }
	if *years > 0 {
		work = func() error { return nulls(os.Stdout, *years) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "streams:", err)
		os.Exit(1)
	}
}

// key is one line of the table.
type key struct {
	scenario, services string
	order              int
	stream             string
}

// line gathers the seeds of one.
type line struct {
	nats, alone, sooner []float64 // alone: seconds after the onset
	seeds, never        int       // never: of seeds, not published without it
	notAlone            int
}

func run(w io.Writer, files []string) error {
	lines := make(map[key]*line)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var r replay.Result
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		add(lines, &r)
	}
	return write(w, lines)
}

// add takes in the incidents of a replay's outages.
func add(lines map[key]*line, r *replay.Result) {
	for i := range r.Outages {
		o := &r.Outages[i]
		for k := range r.Incidents {
			if in := &r.Incidents[k]; o.Incident != nil && in.ID == *o.Incident && !o.Covered {
				addIncident(lines, r.Scenario, o, in)
			}
		}
	}
}

func addIncident(lines map[key]*line, scenario string, o *replay.OutageScore, in *replay.Incident) {
	for n, c := range in.Contributions {
		k := key{scenario, strings.Join(o.Services, ", "), n, c.Stream}
		for have := range lines { // the order is that of the first document
			if have.scenario == k.scenario && have.services == k.services && have.stream == k.stream {
				k = have
			}
		}
		l := lines[k]
		if l == nil {
			l = &line{}
			lines[k] = l
		}
		l.seeds++
		l.nats = append(l.nats, c.Nats)
		if c.AloneAt == nil {
			l.notAlone++
		} else {
			l.alone = append(l.alone, c.AloneAt.Sub(o.Onset).Seconds())
		}
		if c.SoonerS == nil {
			l.never++
		} else {
			l.sooner = append(l.sooner, *c.SoonerS)
		}
	}
}

func write(w io.Writer, lines map[key]*line) error {
	keys := slices.SortedFunc(maps.Keys(lines), func(a, b key) int {
		return cmp.Or(strings.Compare(a.scenario, b.scenario), strings.Compare(a.services, b.services), cmp.Compare(a.order, b.order), strings.Compare(a.stream, b.stream))
	})
	fmt.Fprintln(w, "| scenario | outage of | stream | seeds | nats at publication | alone, seconds after onset | sooner by it, seconds | without it never |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, k := range keys {
		l := lines[k]
		alone := spread(l.alone, 0)
		if l.notAlone > 0 {
			alone += fmt.Sprintf(" (never: %d of %d)", l.notAlone, l.seeds)
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %s | %d | %s | %s | %s | %d of %d |\n", k.scenario, k.services, k.stream, l.seeds,
			spread(l.nats, 1), alone, spread(l.sooner, 0), l.never, l.seeds); err != nil {
			return err
		}
	}
	return nil
}

// spread is the least, the median and the most.
func spread(x []float64, digits int) string {
	if len(x) == 0 {
		return "–"
	}
	x = slices.Sorted(slices.Values(x))
	return fmt.Sprintf("%.*f / %.*f / %.*f", digits, x[0], digits, x[len(x)/2], digits, x[len(x)-1])
}
