package main

import (
	"math"
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

// Garwood's limits, from the tables of the exact method.
func TestPoissonInterval(t *testing.T) {
	for _, c := range []struct {
		n      int
		lo, hi float64
	}{{0, 0, 3.689}, {1, 0.0253, 5.572}, {10, 4.795, 18.39}, {100, 81.36, 121.63}} {
		lo, hi := poissonInterval(c.n)
		if math.Abs(lo-c.lo) > 0.01 || math.Abs(hi-c.hi) > 0.01 {
			t.Errorf("of %d the interval is %.4f to %.4f, not %.4f to %.4f", c.n, lo, hi, c.lo, c.hi)
		}
	}
}
