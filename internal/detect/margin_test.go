package detect

import (
	"math"
	"testing"
)

func TestMargin(t *testing.T) {
	cases := []struct {
		says     string
		hours, v float64
		want     float64
	}{
		{"without history, all of it", 0, priorV, youngMargin},
		{"after two weeks still", youngHours, 0.01, youngMargin},
		{"a calm service that is known has most of the credit", knownHours, 0.015, youngMargin - 0.9*calmCredit},
		{"more history gives no more", 10 * knownHours, 0.015, youngMargin - 0.9*calmCredit},
		{"half way, half of it", (youngHours + knownHours) / 2, 0, youngMargin - 0.5*calmCredit},
		{"one whose rate swings has none", 10 * knownHours, 0.3, youngMargin},
	}
	for _, c := range cases {
		s := &service{Reports: &stream{Base: Baseline{AllHours: c.hours}, Noise: noise{V: c.v}}}
		if got := s.margin(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %.3f, want %.3f", c.says, got, c.want)
		}
	}
}
