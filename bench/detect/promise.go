package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
)

// promisePath is the page of the long run.
const promisePath = "docs/benchmarks/promise.md"

// lifetime is how many years one simulated service lives, after the weeks in
// which it learns: then another one begins, with a seed of its own.
const lifetime = 4

// kept is what a null has brought so far.
type kept struct {
	Null    string
	Years   float64
	Lives   int
	False   int
	Worst   int     // false incidents of the worst of the lives
	CPU     float64 // seconds
	Overdue float64 // share of the time that was spent in false incidents
}

// promises runs the judge alone through years of every null, the least served
// null first, until each has its years or time is up.
func promises(o *options, w io.Writer) error {
	path, err := promiseFile(o.out)
	if err != nil {
		return err
	}
	nulls := o.plan().nulls
	all, err := loadKept(path, nulls)
	if err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < o.limit; {
		k := neediest(all, o.target)
		if k < 0 {
			break
		}
		if err := all[k].live(nulls[k], o.seed); err != nil {
			return err
		}
		log.Printf("%s: %d false incidents in %.0f years, %.0f s of CPU", all[k].Null, all[k].False, all[k].Years, all[k].CPU)
		if err := saveKept(path, all); err != nil {
			return err
		}
	}
	promiseTable(w, all)
	if !o.write {
		return nil
	}
	var b bytes.Buffer
	b.WriteString(promisePreface)
	promiseTable(&b, all)
	if err := os.WriteFile(promisePath, b.Bytes(), 0o644); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

const promisePreface = `# Does the judge keep its promise

This page is written by ` + "`go run ./bench/detect -only promise -write`" + `. The judge alone runs through years of every null of
bench/detect/sim, at its default budget of one false public incident a year, with all that it learns: nothing is told to it, save the
order of magnitude where a service has 500 reports in 15 minutes. Each simulated service learns for eight weeks, is then
judged for four years, and makes place for another one. The intervals are exact (Garwood), of 95%. The seeds are others than
those on which its constants were chosen.

`

// neediest is the null with the least CPU time of those that lack years; −1:
// none does.
func neediest(all []kept, target float64) int {
	best := -1
	for i := range all {
		if all[i].Years < target && (best < 0 || all[i].CPU < all[best].CPU) {
			best = i
		}
	}
	return best
}

// live takes one more service through its life.
func (k *kept) live(n sim.Null, seed uint64) error {
	began := cpuTime()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", n, k.Lives, seed))
	s, err := sim.New(n, uint64(sum[0])|uint64(sum[1])<<8|uint64(sum[2])<<16|uint64(sum[3])<<24|1<<40)
	if err != nil {
		return err
	}
	j, err := informed(1, n, s.Next())
	if err != nil {
		return err
	}
	var seg sim.Segment
	bad, over := 0, 0
	segments := int(lifetime * sim.Year)
	for i := range warmup + segments {
		s.Draw(&seg)
		err := j.step(&seg, func(v outcry.Verdict) bool {
			if j.begins(v) && i >= warmup {
				bad++
			}
			return true
		})
		if err != nil {
			return err
		}
		if j.failing && i >= warmup {
			over++
		}
	}
	years := k.Years + lifetime
	k.Overdue = (k.Overdue*k.Years + float64(over)/float64(segments)*lifetime) / years
	k.Years, k.Lives, k.False, k.Worst = years, k.Lives+1, k.False+bad, max(k.Worst, bad)
	k.CPU += (cpuTime() - began).Seconds()
	return nil
}

// promiseTable writes what there is, with the sum of all.
func promiseTable(w io.Writer, all []kept) {
	t := table{head: []string{"null", "years", "false incidents", "a year (95%)", "worst service, of its four years", "time in false incidents", "promise of 1 a year"}}
	n, years := 0, 0.0
	for _, k := range all {
		if k.Years == 0 {
			continue
		}
		n, years = n+k.False, years+k.Years
		t.row(k.Null, fmt.Sprintf("%.0f", k.Years), fmt.Sprint(k.False), rate(k.False, k.Years), fmt.Sprint(k.Worst),
			fmt.Sprintf("%.3f%%", 100*k.Overdue), promise(k.False, k.Years, 1))
	}
	if years > 0 {
		t.row("all", fmt.Sprintf("%.0f", years), fmt.Sprint(n), rate(n, years), "", "", promise(n, years, 1))
	}
	t.write(w)
}

// promiseFile is where results are kept: those of one judge are not mixed with
// those of another.
func promiseFile(dir string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("tell this build from others: %w", err)
	}
	b, err := os.ReadFile(exe) //nolint:gosec // ourselves
	if err != nil {
		return "", fmt.Errorf("tell this build from others: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for everybody to read
		return "", fmt.Errorf("make a directory for the results: %w", err)
	}
	sum := sha256.Sum256(b)
	return filepath.Join(dir, "promise-"+hex.EncodeToString(sum[:6])+".json"), nil
}

func loadKept(path string, nulls []sim.Null) ([]kept, error) {
	all := make([]kept, len(nulls))
	for i, n := range nulls {
		all[i].Null = n.String()
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is kept: %w", err)
	}
	var have []kept
	if err := json.Unmarshal(b, &have); err != nil {
		return nil, fmt.Errorf("read what is kept in %s: %w", path, err)
	}
	for i := range all {
		if at := slices.IndexFunc(have, func(k kept) bool { return k.Null == all[i].Null }); at >= 0 {
			all[i] = have[at]
		}
	}
	return all, nil
}

func saveKept(path string, all []kept) error {
	b, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return fmt.Errorf("keep the results: %w", err)
	}
	if err := os.WriteFile(path+".new", b, 0o644); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("keep the results: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep the results: %w", err)
	}
	return nil
}
