package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// load reads the failures of a folder: anomaly.yaml with the minute and the
// cause of each, and one CSV each.
func load(dir string) ([]*failure, error) {
	text, err := os.ReadFile(filepath.Join(dir, "anomaly.yaml")) //nolint:gosec // the folder that was asked for
	if err != nil {
		return nil, fmt.Errorf("reading the causes: %w", err)
	}
	var listed []struct {
		Data      string
		Timestamp int64
		Cause     any
	}
	if err := yaml.Unmarshal(text, &listed); err != nil {
		return nil, fmt.Errorf("reading the causes: %w", err)
	}
	var out []*failure
	for _, l := range listed {
		f := &failure{name: l.Data, truth: map[string]bool{}}
		if err := f.read(filepath.Join(dir, l.Data+".csv"), l.Timestamp); err != nil {
			return nil, fmt.Errorf("reading case %s: %w", l.Data, err)
		}
		if err := f.label(l.Cause); err != nil {
			return nil, fmt.Errorf("reading the cause of %s: %w", l.Data, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// label takes one conjunction, or a list of them.
func (f *failure) label(cause any) error {
	list, many := cause.([]any)
	if !many {
		list = []any{cause}
	}
	for _, c := range list {
		m, ok := c.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is not a conjunction", c)
		}
		values := map[string]string{}
		for k, v := range m {
			values[k] = fmt.Sprint(v)
		}
		f.truth[element(values)] = true
	}
	return nil
}

// columns of a case's file: what is neither minute nor count is an attribute.
type columns struct {
	minute, failed, all int
	attributes          []int
}

func (f *failure) columns(head []string) (columns, error) {
	c := columns{minute: -1, failed: -1, all: -1}
	for i, h := range head {
		switch h = strings.TrimPrefix(h, "\ufeff"); h {
		case "min":
			c.minute = i
		case "value":
			c.failed = i
		case "cnt":
			c.all = i
		default:
			c.attributes = append(c.attributes, i)
			f.attributes = append(f.attributes, h)
		}
	}
	if min(c.minute, c.failed, c.all) < 0 || len(c.attributes) == 0 {
		return c, fmt.Errorf("columns %q: min, value, cnt and an attribute are needed", head)
	}
	return c, nil
}

func (f *failure) read(path string, minute int64) error {
	file, err := os.Open(path) //nolint:gosec // named by the folder that was asked for
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(io.LimitReader(file, 64<<20)).ReadAll()
	if err != nil {
		return fmt.Errorf("parsing: %w", err)
	}
	if len(rows) == 0 {
		return fmt.Errorf("the file %s is empty", path)
	}
	cols, err := f.columns(rows[0])
	if err != nil {
		return err
	}
	samples := make([]sample, 0, len(rows))
	for i, row := range rows[1:] {
		s, err := cols.sample(row)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+2, err)
		}
		if s.minute <= minute {
			samples = append(samples, s)
		}
	}
	f.fill(samples, minute)
	return nil
}

type sample struct {
	minute int64
	at     []string
	tally  tally
}

func (c columns) sample(row []string) (sample, error) {
	var s sample
	var n [3]float64
	for i, column := range []int{c.minute, c.failed, c.all} {
		x, err := strconv.ParseFloat(row[column], 64)
		if err != nil || !(x >= 0 && x < 1e15) {
			return s, fmt.Errorf("%q is not a count", row[column])
		}
		n[i] = x
	}
	s.minute, s.tally = int64(n[0]), tally{n[1], n[2]}
	for _, i := range c.attributes {
		s.at = append(s.at, row[i])
	}
	return s, nil
}

// fill sorts samples into cells. What comes after the minute to be explained is
// not looked at: an operator does not have it either.
func (f *failure) fill(samples []sample, now int64) {
	var minutes []int64
	for _, s := range samples {
		if s.minute < now {
			minutes = append(minutes, s.minute)
		}
	}
	slices.Sort(minutes)
	minutes = slices.Compact(minutes)
	f.minutes = len(minutes)
	known := map[string]int{}
	for _, s := range samples {
		key := strings.Join(s.at, "\x00")
		i, ok := known[key]
		if !ok {
			i = len(f.cells)
			known[key] = i
			f.cells = append(f.cells, cell{at: s.at, before: make([]tally, len(minutes))})
		}
		to := &f.cells[i].now
		if m, before := slices.BinarySearch(minutes, s.minute); before {
			to = &f.cells[i].before[m]
		}
		*to = to.plus(s.tally)
	}
}
