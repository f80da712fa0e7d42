package backtest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// shop is four weeks of a service with 30 reports an hour around a daily rhythm
// and, on the last day but one, an hour ten times over.
func shop(step time.Duration) (*Series, Window) {
	rng := rand.New(rand.NewPCG(3, 4))
	begin := time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)
	bad := Window{From: begin.Add(26*24*time.Hour + 10*time.Hour)}
	bad.To = bad.From.Add(time.Hour)
	s := &Series{Name: "shop.csv", Step: step}
	for at := begin; at.Before(begin.Add(28 * 24 * time.Hour)); at = at.Add(step) {
		mean := 30 * step.Hours() * (1 + 0.5*math.Cos(2*math.Pi*float64(at.Hour()-17)/24))
		if !at.Before(bad.From) && at.Before(bad.To) {
			mean *= 10
		}
		s.Bins = append(s.Bins, Bin{From: outcry.TickOf(at), To: outcry.TickOf(at.Add(step)), N: poisson(rng, mean)})
	}
	return s, bad
}

func poisson(rng *rand.Rand, mean float64) (n uint64) {
	for x := rng.ExpFloat64(); x < mean; x += rng.ExpFloat64() {
		n++
	}
	return n
}

func TestRunFindsAnOutage(t *testing.T) {
	cases := []struct {
		says  string
		step  time.Duration
		delay time.Duration // at most, after the window's start
	}{
		{"in ticks of the judge's own length, within minutes", outcry.TickLength, 5 * time.Minute},
		{"in bins of five minutes, at the end of the first or the second", 5 * time.Minute, 10 * time.Minute},
		{"in hours, at the end of the hour", time.Hour, time.Hour},
	}
	for _, c := range cases {
		s, bad := shop(c.step)
		r, err := Run(t.Context(), s, Options{Labels: []Window{bad}, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		x := r.Scores
		if x.Detected != 1 || x.Missed != 0 || x.FalseAlarms != 0 || x.Alerts < 1 || *x.Precision != 1 || *x.Recall != 1 || *x.DelayMedianS > c.delay.Seconds() {
			t.Errorf("%s: %+v, alerts %+v", c.says, x, r.Alerts)
			continue
		}
		a := r.Alerts[0]
		if a.OnsetInterval[0].After(bad.From) || a.OnsetInterval[1].Before(bad.From) || a.EndedAt == nil || a.EndedAt.After(bad.To.Add(2*time.Hour+2*c.step)) {
			t.Errorf("%s: alert %+v of window %+v", c.says, a, bad)
		}
		if math.Abs(r.Learned.PerHour/30-1) > 0.15 || r.Learned.Dispersion > 0.1 {
			t.Errorf("%s: learned %.1f an hour, dispersion %.3f; the truth is 30, 0", c.says, r.Learned.PerHour, r.Learned.Dispersion)
		}
	}
}

// The same series gives the same bytes, another budget another number of alerts
// and not fewer.
// TestRunRaisesOneAlertABin judges counts of whole days, in which a fault is drawn
// to come and go: nobody who reads days can tell those times apart.
func TestRunRaisesOneAlertABin(t *testing.T) {
	begin := time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
	s := &Series{Name: "days.csv", Step: 24 * time.Hour}
	for day := range 60 {
		at := begin.AddDate(0, 0, day)
		n := uint64(310 + 7*(day%5))
		if day == 45 || day == 46 {
			n *= 2
		}
		s.Bins = append(s.Bins, Bin{From: outcry.TickOf(at), To: outcry.TickOf(at.AddDate(0, 0, 1)), N: n})
	}
	for seed := range uint64(4) {
		r, err := Run(t.Context(), s, Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Alerts) == 0 {
			t.Errorf("seed %d: two days of twice as many raise nothing", seed)
			continue
		}
		for i := range r.Alerts[1:] {
			if a, b := r.Alerts[i], r.Alerts[i+1]; a.EndedAt == nil || !b.DetectedAt.After(*a.EndedAt) {
				t.Errorf("seed %d: an alert until %v, and another one at %v", seed, a.EndedAt, b.DetectedAt)
			}
		}
		if a := r.Alerts[0]; a.Events < 400 || a.Onset.Before(begin.AddDate(0, 0, 44)) || a.Onset.After(begin.AddDate(0, 0, 46)) {
			t.Errorf("seed %d: %v events from %v on, in all times that it was on", seed, a.Events, a.Onset)
		}
	}
}

func TestRunIsRepeatable(t *testing.T) {
	s, _ := shop(30 * time.Minute)
	var docs [2][]byte
	for i := range docs {
		r, err := Run(t.Context(), s, Options{Seed: 5, FalseAlarms: []float64{0.1, 1000}})
		if err != nil {
			t.Fatal(err)
		}
		if docs[i], err = json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		if r.Scores != nil || r.Budgets[0].ThresholdNats <= r.Budgets[1].ThresholdNats || r.Budgets[0].Alerts > r.Budgets[1].Alerts {
			t.Errorf("budgets: %+v", r.Budgets)
		}
	}
	if !bytes.Equal(docs[0], docs[1]) {
		t.Error("two runs differ")
	}
}

// What is left out is not quiet: a baseline that took it for quiet would be low,
// and its return an outage.
func TestGapsTeachNothing(t *testing.T) {
	s, _ := shop(10 * time.Minute)
	var kept []Bin
	for _, b := range s.Bins[:26*24*6] {
		if h := b.From.Start().Hour(); h < 9 || h >= 17 {
			kept = append(kept, b)
		}
	}
	s.Bins = kept
	r, err := Run(t.Context(), s, Options{Labels: []Window{}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Scores.FalseAlarms > 0 || r.Scores.Recall != nil || r.Scores.Precision != nil {
		t.Errorf("scores: %+v", r.Scores)
	}
}

func TestScore(t *testing.T) {
	base := time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC)
	hour := func(h float64) time.Time { return base.Add(time.Duration(h * float64(time.Hour))) }
	alert := func(from, to float64) Alert {
		end := hour(to)
		return Alert{DetectedAt: hour(from), EndedAt: &end, Learning: from < 0}
	}
	r := &Result{From: hour(-48), ScoredFrom: base, To: hour(100), Years: 2}
	cases := []struct {
		says    string
		alert   Alert
		window  Window
		outcome string
		delay   float64
		wrong   int
	}{
		{"an alert in the window is of it", alert(1.5, 3), Window{hour(1), hour(2)}, Detected, 1800, 0},
		{"so is one shortly before: people label late", alert(0.5, 3), Window{hour(1), hour(2)}, Detected, -1800, 0},
		{"one that has long been on covers it, and was false", alert(1, 30), Window{hour(10), hour(12)}, Covered, 0, 1},
		{"one that was over before is another", alert(1, 2), Window{hour(10), hour(12)}, Missed, 0, 1},
		{"one after the window is another", alert(13, 14), Window{hour(10), hour(12)}, Missed, 0, 1},
		{"what is over before the scores begin is not scored", alert(-5, -4), Window{hour(-6), hour(-3)}, Learning, 0, 0},
		{"nor what nobody counted", alert(1, 2), Window{hour(200), hour(201)}, Outside, 0, 1},
	}
	for _, c := range cases {
		labels, s := score([]Alert{c.alert}, []Window{c.window}, r)
		if labels[0].Outcome != c.outcome || s.FalseAlarms != c.wrong || s.FalsePerYear != float64(c.wrong)/2 {
			t.Errorf("%s: %+v, %+v", c.says, labels[0], s)
		}
		if c.outcome == Detected && *labels[0].DelayS != c.delay {
			t.Errorf("%s: delay %v, want %v", c.says, *labels[0].DelayS, c.delay)
		}
	}
}

func TestAnAlertIsNotEarlyForTheNextWindow(t *testing.T) {
	base := time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC)
	minute := func(m int) time.Time { return base.Add(time.Duration(m) * time.Minute) }
	end := minute(120)
	alerts := []Alert{{DetectedAt: minute(5), EndedAt: &end}}
	labels, s := score(alerts, []Window{{minute(0), minute(60)}, {minute(30), minute(90)}}, &Result{From: minute(-60), ScoredFrom: minute(-60), To: minute(600), Years: 1})
	if labels[0].Outcome != Detected || labels[1].Outcome != Covered || s.Detected != 1 || s.Covered != 1 || *s.DelayMeanS != 300 {
		t.Errorf("of windows that overlap: %+v, %+v", labels, s)
	}
}

func TestRunRefuses(t *testing.T) {
	s, _ := shop(time.Hour)
	cases := []struct {
		says string
		o    Options
		want string
	}{
		{"a time zone that is none", Options{Timezone: "Mars/Base"}, "unknown time zone"},
		{"an end before the beginning", Options{To: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}, "no two bins before"},
		{"nothing to score", Options{From: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, "nothing is left to score"},
	}
	for _, c := range cases {
		if _, err := Run(t.Context(), s, c.o); outcry.CodeOf(err) != outcry.CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.says, err, c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	s, bad := shop(time.Hour)
	s.Name = `<script>"&`
	s.Bins = append(s.Bins[:300], s.Bins[350:]...)
	r, err := Run(t.Context(), s, Options{Labels: []Window{bad}})
	if err != nil {
		t.Fatal(err)
	}
	svg, err := Draw(r, false)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
	}
	picture, err := Draw(r, true)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[colour]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			red, green, blue, _ := img.At(x, y).RGBA()
			seen[colour(red>>8<<16|green>>8<<8|blue>>8)] = true
		}
	}
	for _, c := range []colour{counted, usual, within, alarmed, known, unseen, learns} {
		if !seen[c] {
			t.Errorf("the picture has no #%06x", uint32(c))
		}
	}
	var text bytes.Buffer
	if err := r.Text(&text); err != nil || !strings.Contains(text.String(), "1 of 1 windows detected") {
		t.Errorf("%v: %s", err, text.String())
	}
}

// The median of an even number of delays is in the middle of two.
func TestMedianOfDelays(t *testing.T) {
	for _, c := range []struct {
		says   string
		delays []float64
		want   float64
	}{
		{"one is its own", []float64{300}, 300},
		{"of two the mean", []float64{1800, 300}, 1050},
		{"of three the middle one", []float64{1800, 0, 300}, 300},
	} {
		var s Scores
		if s.count(nil, 1, c.delays); *s.DelayMedianS != c.want {
			t.Errorf("%s: %v, want %v", c.says, *s.DelayMedianS, c.want)
		}
	}
}

// The scale's numbers are short, whatever the highest count.
func TestScaleIsReadable(t *testing.T) {
	long, base := regexp.MustCompile(`>[0-9.]{7,}<`), time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)
	for top := uint64(1); top < 400; top += 3 {
		r := &Result{Series: "x", From: base, To: base.Add(time.Hour), ScoredFrom: base}
		from := outcry.TickOf(base)
		r.bins = []drawn{{Bin: Bin{From: from, To: from + 360, N: top}, E: 1, Var: 1}}
		svg, err := Draw(r, false)
		if err != nil {
			t.Fatal(err)
		}
		if told := long.Find(svg); told != nil {
			t.Fatalf("with %d at the top the scale says %s", top, told)
		}
	}
}
