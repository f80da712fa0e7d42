package backtest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// point is one line of a series.
type point struct {
	at   time.Time
	n    uint64
	line int
}

// ReadCSV reads timestamp,value lines; further columns are left alone. The first
// line may be a header; the others may come in any order. Times are RFC 3339,
// "2006-01-02 15:04:05" in the zone, or seconds or milliseconds since 1970, and say
// when a bin begins. Days may begin by the zone's clocks. Semicolons or tabs may
// stand for the commas. Bins that divide a tick of ten seconds are summed into
// ticks. A mistake is a CodeInvalid error that begins with name:line.
func ReadCSV(name string, in io.Reader, zone *time.Location) (*Series, error) {
	b := withoutMark(in)
	r := csv.NewReader(b)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = separator(b), -1, true, true
	var points []point
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		line, _ := r.FieldPos(0)
		p, err := parsePoint(record, line, zone)
		if err != nil && first && header(record) {
			continue
		}
		if err != nil {
			return nil, wrong(name, line, "%w", err)
		}
		if points = append(points, p); len(points) > maxBins {
			return nil, wrong(name, line, "more than %d bins", maxBins)
		}
	}
	return assemble(name, points, zone)
}

// separator is what stands between the columns, by the first line.
func separator(in *bufio.Reader) rune {
	start, _ := in.Peek(256) // what cannot be read is told when it is to be
	line, _, _ := strings.Cut(strings.TrimLeft(string(start), "\r\n"), "\n")
	for _, c := range ";\t" {
		if !strings.Contains(line, ",") && strings.ContainsRune(line, c) {
			return c
		}
	}
	return ','
}

// wrong is a mistake in a file, at a line.
func wrong(name string, line int, format string, args ...any) error {
	return outcry.Wrap(outcry.CodeInvalid, fmt.Errorf(format, args...), "%s:%d", name, line)
}

func csvError(name string, err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return wrong(name, p.StartLine, "%w", p.Err)
	}
	return outcry.Wrap(outcry.CodeUnavailable, err, "read %s", name)
}

// header reports whether a line is of names: none of it begins as a time or a
// number does.
func header(record []string) bool {
	return len(record) > 1 && !slices.ContainsFunc(record[:2], func(s string) bool {
		return s == "" || strings.ContainsAny(s[:1], "+-.0123456789")
	})
}

func parsePoint(record []string, line int, zone *time.Location) (p point, err error) {
	if len(record) < 2 {
		return p, errors.New("want two columns, with a comma, a semicolon or a tab between them: timestamp,value")
	}
	p.line = line
	if p.at, err = parseTime(strings.TrimSpace(record[0]), zone); err != nil {
		return p, err
	}
	p.n, err = parseCount(strings.TrimSpace(record[1]))
	return p, err
}

func parseCount(s string) (uint64, error) {
	x, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(x):
		return 0, fmt.Errorf("%q is no count", s)
	case x < 0:
		return 0, fmt.Errorf("a count of %s is below zero", s)
	case x > maxCount:
		return 0, fmt.Errorf("a count of %s is more than %d", s, maxCount)
	case x != float64(uint64(x)):
		return 0, fmt.Errorf("%s is no whole number: the judge counts people, so multiply a rate by its bin", s)
	}
	return uint64(x), nil
}

// assemble makes bins of points: their step is the commonest distance, and every
// distance must be a whole number of steps, by the clock on the wall if not by
// the time that went by.
func assemble(name string, points []point, zone *time.Location) (*Series, error) {
	slices.SortStableFunc(points, func(a, b point) int { return a.at.Compare(b.at) })
	if len(points) < 2 {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s: want two bins at least, got %d", name, len(points))
	}
	step, err := stepOf(name, points)
	if err != nil {
		return nil, err
	}
	if step < MinStep {
		points, step = summed(points), MinStep
	}
	s := &Series{Name: name, Step: step, Bins: make([]Bin, 0, len(points)), Shift: points[0].at.Sub(outcry.TickOf(points[0].at).Start())}
	for i, p := range points {
		if i > 0 {
			gap := distance(points[i-1].at, p.at, step, zone)
			if gap%step != 0 {
				return nil, wrong(name, p.line, "%s is %v after the time before, which is no whole number of bins of %v", p.at.Format(time.RFC3339), gap, step)
			}
			s.Missing += int(gap/step) - 1
			if gap == step {
				s.Bins[i-1].To = outcry.TickOf(p.at)
			}
		}
		s.Bins = append(s.Bins, Bin{From: outcry.TickOf(p.at), To: outcry.TickOf(p.at.Add(step)), N: p.n})
	}
	return s, nil
}

// distance is the time between the beginnings of two bins. Days and half days that
// begin by the clock on the wall are an hour shorter or longer when it is put
// forward or back; of bins up to an hour none holds the change.
func distance(from, to time.Time, step time.Duration, zone *time.Location) time.Duration {
	gap := to.Sub(from)
	if gap%step == 0 || step <= time.Hour {
		return gap
	}
	return wall(to, zone).Sub(wall(from, zone))
}

// wall is what the zone's clocks show, as if they were never changed.
func wall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// summed adds up the points of each tick, in place.
func summed(points []point) []point {
	kept := points[:0]
	for _, p := range points {
		p.at = p.at.Truncate(MinStep)
		if last := len(kept) - 1; last >= 0 && kept[last].at.Equal(p.at) {
			kept[last].n += p.n
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

// stepOf is the commonest distance between neighbours.
func stepOf(name string, points []point) (time.Duration, error) {
	count := map[time.Duration]int{}
	var step time.Duration
	for i := range points[1:] {
		gap := points[i+1].at.Sub(points[i].at)
		if gap <= 0 {
			return 0, wrong(name, points[i+1].line, "%s is that of line %d, too; where clocks go back, write times with their offset", points[i+1].at.Format(time.RFC3339), points[i].line)
		}
		if count[gap]++; count[gap] > count[step] {
			step = gap
		}
	}
	if MinStep%step != 0 && step < MinStep || step > MaxStep {
		return 0, wrong(name, points[1].line, "bins of %v: want %v to %v, or a whole part of the least", step, MinStep, MaxStep)
	}
	if span := points[len(points)-1].at.Sub(points[0].at); span > 50*365*24*time.Hour {
		return 0, wrong(name, points[len(points)-1].line, "a series of more than fifty years")
	}
	return step, nil
}
