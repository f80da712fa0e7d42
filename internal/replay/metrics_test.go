package replay

import (
	"math"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// counted draws a scenario with one metric and gives its readings.
func counted(t *testing.T, m Metric, outages ...Outage) []Record {
	t.Helper()
	start := time.Date(2025, 6, 11, 0, 0, 0, 0, time.UTC)
	sc := &Scenario{
		Name: "m", Zone: time.UTC, Start: start, End: start.Add(48 * time.Hour), Services: []Service{{ID: "a", Name: "A", PeakRatio: 1}, {ID: "b", Name: "B", PeakRatio: 1}},
		Metrics: []Metric{m}, Outages: outages,
	}
	var out []Record
	for r := range Draw(sc, 3) {
		if r.Kind == outcry.KindMetric {
			out = append(out, r)
		}
	}
	return out
}

// counts are the readings' numbers.
func counts(list []Record) (out []float64) {
	for i := range list {
		out = append(out, float64(list[i].Count))
	}
	return out
}

func TestAMetricIsReadAtItsPace(t *testing.T) {
	list := counted(t, Metric{Name: "errors", Service: "a", PerMinute: 20, Every: time.Minute, Burst: 1})
	if len(list) != 48*60 {
		t.Errorf("%d readings in two days, want one a minute", len(list))
	}
	for i := 1; i < len(list); i++ {
		if gap := list[i].At.Sub(list[i-1].At); gap < 59*time.Second || gap > 61*time.Second || list[i].Metric != "errors" || list[i].Service != "a" {
			t.Fatalf("reading %d after %v: %+v", i, gap, list[i])
		}
	}
}

func TestTheSizeAndScatterOfAMetric(t *testing.T) {
	for _, c := range []struct {
		why        string
		m          Metric
		mean       float64
		dispersion float64 // variance over mean
		tolerance  float64
	}{
		{"independent errors scatter as Poisson says", Metric{PerMinute: 20, Burst: 1}, 20, 1, 0.1},
		// a sum of geometric sizes of mean b has (2b−1) times the scatter
		{"bursts of five scatter ninefold", Metric{PerMinute: 20, Burst: 5}, 20, 9, 0.9},
		// two days are some fifty independent hours: a fifth of its variance is chance
		{"what wanders by a tenth scatters by its square besides", Metric{PerMinute: 100, Burst: 1, Dispersion: 0.1}, 100, 1 + 0.1*100, 5},
	} {
		t.Run(c.why, func(t *testing.T) {
			c.m.Name, c.m.Service, c.m.Every = "errors", "a", time.Minute
			mean, variance := moments(counts(counted(t, c.m)))
			if math.Abs(mean-c.mean) > 0.12*c.mean || math.Abs(variance/mean-c.dispersion) > c.tolerance {
				t.Errorf("mean %.2f, dispersion %.2f; want %.2f and %.2f", mean, variance/mean, c.mean, c.dispersion)
			}
		})
	}
}

func TestAMetricInAnOutage(t *testing.T) {
	on := time.Date(2025, 6, 11, 12, 0, 0, 0, time.UTC)
	fault := func(change func(*Outage)) Outage {
		o := Outage{Onset: on, Resolved: on.Add(2 * time.Hour), Services: Shares{{"a", 1}}}
		change(&o)
		return o
	}
	for _, c := range []struct {
		why    string
		outage Outage
		times  float64
	}{
		{"it rises with its service's fault", fault(func(*Outage) {}), 12},
		{"not with another's", fault(func(o *Outage) { o.Services = Shares{{"b", 1}} }), 1},
		{"nor with a carrier's, of which its machines know nothing", fault(func(o *Outage) { o.Carriers = []string{"Telekom"} }), 1},
		{"nor when people only think that it is this one", fault(func(o *Outage) { o.Collateral = []string{"a"} }), 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			list := counted(t, Metric{Name: "errors", Service: "a", PerMinute: 30, Every: time.Minute, Burst: 1, Fault: 12}, c.outage)
			var in, out []Record
			for _, r := range list {
				if r.At.After(on.Add(2*time.Minute)) && r.At.Before(on.Add(2*time.Hour)) {
					in = append(in, r)
				} else if r.At.Before(on) || r.At.After(on.Add(2*time.Hour+2*time.Minute)) {
					out = append(out, r)
				}
			}
			during, _ := moments(counts(in))
			usual, _ := moments(counts(out))
			if got := during / usual; math.Abs(got-c.times) > 0.1*c.times {
				t.Errorf("%.2f times the usual, want %v", got, c.times)
			}
		})
	}
}
