// Command probe measures what checks cost, with Debian's blackbox exporter for
// Prometheus on the same targets and assertions in the same run as the yardstick.
//
//	go run ./bench/probe [-seconds 10] [-rounds 3] [-rate 300] [-write FILE]
//
// It needs prometheus-blackbox-exporter. Four things are measured:
//
//   - The CPU time of one HTTP check (status 2xx, and a body that matches). Both
//     sides run the same number a second against the same server, one after the
//     other, in each round; CPU is read of the process that probes and of no
//     other. Ours has its scheduler, steps, metrics and signals; that the
//     exporter has to be asked for each probe over HTTP is its way of working,
//     and the asking itself is in a third process. We keep connections, which
//     the exporter cannot; so the figure without kept connections stands beside.
//   - 10,000 mixed checks (HTTP, TCP, TLS, DNS) every 30 s with one core.
//   - 10,000 HTTP checks of as many endpoints every 10 s.
//   - The memory of a check that waits.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	role := flag.String("role", "", "of a child process; for this program itself")
	server := flag.String("server", "", "ports of the server, for a child process")
	seconds := flag.Int("seconds", 10, "length of each measurement of CPU")
	rounds := flag.Int("rounds", 3, "measurements of each side")
	rate := flag.Int("rate", 300, "probes a second")
	write := flag.String("write", "", "file for the report, beside standard output")
	flag.Parse()
	var err error
	if *role == "" {
		err = run(*seconds, *rounds, *rate, *write)
	} else {
		err = child(*role, *server, *seconds, *rate)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// figure is what one side of a comparison takes of a core for one probe.
type figure struct {
	name   string
	millis []float64 // one for each round
}

func (f *figure) median() float64 {
	s := slices.Sorted(slices.Values(f.millis))
	return s[len(s)/2]
}

func run(seconds, rounds, rate int, write string) error {
	ports, stop, err := startServer()
	if err != nil {
		return err
	}
	defer stop()
	exporter := &figure{name: "blackbox exporter"}
	kept := &figure{name: "Outcry, connections kept (as it is by default)"}
	fresh := &figure{name: "Outcry, a new connection each time"}
	for range rounds {
		for _, side := range []struct {
			f    *figure
			role string
		}{{kept, "kept"}, {fresh, "fresh"}} {
			n, err := measured(side.role, ports, seconds, rate)
			if err != nil {
				return err
			}
			side.f.millis = append(side.f.millis, n["ms"])
		}
		ms, err := measureExporter(ports, seconds, rate)
		if err != nil {
			return err
		}
		exporter.millis = append(exporter.millis, ms)
	}
	mixed, err := measured("mixed", ports, 0, 0)
	if err != nil {
		return err
	}
	endpoints, err := measured("endpoints", ports, 0, 0)
	if err != nil {
		return err
	}
	memory, err := measured("memory", ports, 0, 0)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	sides(&b, []*figure{exporter, kept, fresh}, seconds, rate)
	masses(&b, mixed, endpoints, memory)
	out := io.Writer(os.Stdout)
	if write != "" {
		f, err := os.Create(write)
		if err != nil {
			return err
		}
		defer f.Close()
		out = io.MultiWriter(out, f)
	}
	_, err = out.Write(b.Bytes())
	return err
}

func sides(w io.Writer, figures []*figure, seconds, rate int) {
	fmt.Fprintf(w, "# What checks cost: measured\n\n")
	fmt.Fprintf(w, "Made by `go run ./bench/probe -write docs/benchmarks/probe.md`; bench/probe/main.go tells how. %s, %d cores, which this run\nhad to share with other work (load average %s); CPU time and punctuality suffer from that, ratios and memory hardly.\n\n", runtime.Version(), runtime.NumCPU(), load())
	fmt.Fprintf(w, "## One HTTP check\n\nStatus 2xx and a body that matches, %d a second for %d s, medians of %d rounds. CPU time of the probing process.\n\n", rate, seconds, len(figures[0].millis))
	fmt.Fprintf(w, "| | CPU ms for a probe | lowest and highest | probes for a CPU second | ratio |\n| --- | --- | --- | --- | --- |\n")
	base := figures[0].median()
	for _, f := range figures {
		fmt.Fprintf(w, "| %s | %.3f | %.3f–%.3f | %.0f | %.1f |\n", f.name, f.median(), slices.Min(f.millis), slices.Max(f.millis), 1000/f.median(), base/f.median())
	}
	fmt.Fprintf(w, "\nThe goal is a ratio of 3.\n\n")
}

// load is how many processes have wanted a core, over 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); err == nil && len(f) > 2 {
		return f[2]
	}
	return "unknown"
}

func masses(w io.Writer, mixed, endpoints, memory map[string]float64) {
	fmt.Fprintf(w, "## 10,000 mixed checks every 30 s on one core\n\n6,000 HTTP (each to an address of its own, connections kept), 2,000 TCP, 1,000 TLS, 1,000 DNS, with GOMAXPROCS=1, for a minute after the first interval.\n\n")
	table(w, mixed)
	fmt.Fprintf(w, "\n## 10,000 HTTP endpoints every 10 s\n\nEach of an address of its own, without TLS, connections kept, for 20 s after the first interval. The goal is under 35 %% of a core and 200 MB.\n"+
		"`go test -run xxx -bench TenThousand -benchtime 1x ./internal/probe/httpcheck` measures the same, and the first interval by itself.\n\n")
	table(w, endpoints)
	fmt.Fprintf(w, "\n## Memory of a check that waits\n\nHeap after a collection, for each of 10,000 HTTP checks on schedule that have not run yet: %.0f bytes. The same after each has run once,\nwith its connection kept: %.0f bytes.\n", memory["idle"], memory["ran"])
	fmt.Fprintf(w, "\nWhat checks leave behind after 10,000 runs: [leaks.md](leaks.md).\n")
}

func table(w io.Writer, m map[string]float64) {
	fmt.Fprintf(w, "| | |\n| --- | --- |\n| of a core | %.1f %% |\n| runs | %.0f |\n| failed | %.0f |\n| begun within 0.1 s of their time | %.2f %% |\n| memory (RSS) | %.0f MB |\n",
		m["core"]*100, m["runs"], m["failed"], m["ontime"]*100, m["rss"])
}

// measured runs a role in a process of its own and reads what it found, "key
// value" lines.
func measured(role, ports string, seconds, rate int) (map[string]float64, error) {
	cmd := exec.Command(os.Args[0], "-role", role, "-server", ports, "-seconds", strconv.Itoa(seconds), "-rate", strconv.Itoa(rate))
	cmd.Stderr = os.Stderr
	if role == "mixed" {
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", role, err)
	}
	found := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if found[key], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("role %s said %q: %w", role, line, err)
		}
	}
	return found, nil
}

// wait lets what is measured run.
func wait(d time.Duration) { <-time.After(d) }
