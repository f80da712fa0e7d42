package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/outcry/outcry/bench/detect/chart"
)

func TestChartIsWellFormed(t *testing.T) {
	c := chart.Chart{Title: "delay < false & alarms", Lines: []chart.Line{
		{Name: "judge", X: []float64{0.1, 1, 52}, Y: []float64{300, 100, 20}, Strong: true},
		{Name: "<rule>", X: []float64{1}, Y: []float64{500}, Dashed: true},
	}}
	var b strings.Builder
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "<polyline"); n != 2 {
		t.Errorf("%d lines drawn, not 2", n)
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Error("a coordinate is no number")
	}
}
