package main

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestIncidentsAreRunsOfHours(t *testing.T) {
	p := peaks{1, 5, 6, 2, 7, 1, 1, 8}
	for _, c := range []struct {
		what      string
		threshold float32
		want      int
	}{
		{"three runs exceed four", 4, 3},
		{"the pair of hours is one incident", 5, 3},
		{"what only equals the threshold does not exceed it", 7, 1},
		{"nothing exceeds the highest", 8, 0},
	} {
		if got := p.incidents(c.threshold); got != c.want {
			t.Errorf("%s: %d incidents over %g, not %d", c.what, got, c.threshold, c.want)
		}
	}
}

// The tuned threshold keeps to the rate, and the next value below does not.
func TestThresholdIsTheLeastThatKeepsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// separated by quiet hours, so that every high hour is an incident
		highs := rapid.SliceOfNDistinct(rapid.Float32Range(1, 1000), 3, 40, rapid.ID[float32]).Draw(t, "highs")
		var p peaks
		for _, h := range highs {
			p = append(p, h, 0, 0)
		}
		most := rapid.IntRange(0, len(highs)/2).Draw(t, "most")
		h := p.threshold(most)
		if n := p.incidents(h); n > most {
			t.Fatalf("%d incidents over %g, at most %d are allowed", n, h, most)
		}
		if n := p.incidents(math.Nextafter32(h, 0)); n <= most && h > 0 && most < len(highs)/2 {
			t.Fatalf("a threshold under %g would do: %d incidents, %d are allowed", h, n, most)
		}
	})
}

// Garwood's limits, as R's poisson.test gives them; testdata/interval.R made the
// vectors.
func TestPoissonIntervalAgreesWithR(t *testing.T) {
	f, err := os.Open("testdata/interval.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		var v [3]float64
		for k, text := range row {
			if v[k], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		lo, hi := poissonInterval(int(v[0]))
		if math.Abs(lo-v[1]) > 1e-8*(1+v[1]) || math.Abs(hi-v[2]) > 1e-8*(1+v[2]) {
			t.Errorf("of %g the interval is %.9f to %.9f, not %.9f to %.9f", v[0], lo, hi, v[1], v[2])
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
