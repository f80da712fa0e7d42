package replay

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/scenarios"
)

func shipped(t testing.TB, name string) *Scenario {
	t.Helper()
	sc, err := Open(name, scenarios.Files())
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestDrawIsInOrderAndTheSameForTheSameSeed(t *testing.T) {
	sc := shipped(t, "quiet-and-loud-nothing")
	sc.History = 24 * time.Hour
	first := slices.Collect(Draw(sc, 7))
	if !slices.IsSortedFunc(first, func(a, b Record) int { return a.At.Compare(b.At) }) {
		t.Error("records are not in order of time")
	}
	if !slices.Equal(first, slices.Collect(Draw(sc, 7))) {
		t.Error("the same seed gives other records")
	}
	if slices.Equal(first, slices.Collect(Draw(sc, 8))) {
		t.Error("another seed gives the same records")
	}
	for _, r := range first {
		if r.Kind != outcry.KindCoverage && (r.At.Before(sc.Begin().Truncate(time.Millisecond)) || !r.At.Before(sc.End)) {
			t.Fatalf("%v lies outside the scenario", r)
		}
	}
}

func TestGapsThatOverlapAreOne(t *testing.T) {
	sc := shipped(t, "quiet-and-loud-nothing")
	sc.History = 0
	gap := sc.Noise[3]
	sc.Noise = []Noise{gap, gap}
	sc.Noise[1].At = gap.At.Add(-gap.Lasts / 2)
	var marks []time.Time
	for r := range Draw(sc, 1) {
		if r.Kind == outcry.KindCoverage {
			marks = append(marks, r.At)
		}
	}
	if want := []time.Time{gap.At.Add(-gap.Lasts / 2).UTC(), gap.At.Add(gap.Lasts).UTC()}; !slices.Equal(marks, want) {
		t.Errorf("went and came at %v, want %v", marks, want)
	}
}

func TestAnOutageOfAFewSecondsIsDrawn(t *testing.T) {
	sc := shipped(t, "two-at-once")
	sc.History, sc.Services[0].PerHour = 0, 0
	o := sc.Outages[0]
	o.Ramp, o.Decay, o.Reports = 0, 0, 200
	for _, lasts := range []time.Duration{time.Millisecond, time.Second, 5 * time.Second} {
		o.Resolved = o.Onset.Add(lasts)
		sc.Outages = []Outage{o}
		n := 0
		for r := range Draw(sc, 1) {
			if r.Kind == outcry.KindReport && r.Service == "imessage" {
				n++
			}
		}
		if n > 2000 { // a rate that is divided by nothing never comes to an end
			t.Errorf("an outage of %s has %d reports, where 200 were asked for", lasts, n)
		}
	}
}

func TestGapSwallowsAllButItsOwnMarks(t *testing.T) {
	sc := shipped(t, "quiet-and-loud-nothing")
	sc.History = 0
	gap := sc.Noise[3]
	var marks []Record
	for r := range Draw(sc, 1) {
		switch {
		case r.Kind == outcry.KindCoverage:
			marks = append(marks, r)
		case !r.At.Before(gap.At) && r.At.Before(gap.At.Add(gap.Lasts)):
			t.Fatalf("%v came through the gap", r)
		}
	}
	if len(marks) != 2 || marks[0].Up || !marks[1].Up || !marks[0].At.Equal(gap.At) || !marks[1].At.Equal(gap.At.Add(gap.Lasts)) {
		t.Errorf("marks of the gap: %v", marks)
	}
}

func TestDrawStopsWhenNobodyListens(t *testing.T) {
	n := 0
	for range Draw(shipped(t, "imessage-2024-05-16"), 1) {
		if n++; n == 10 {
			break
		}
	}
}

// feature is a count that both draws must agree about; name says of what.
func features(r Record) []string {
	if r.Kind == outcry.KindMetric {
		return nil // the reference draws none; TestTheSizeAndScatterOfAMetric holds ours
	}
	out := []string{"kind " + r.Kind.String()}
	if r.Kind == outcry.KindCoverage || r.Kind == outcry.KindBulletin {
		return out
	}
	s := r.Kind.String() + " " + r.Service
	out = append(out, s, fmt.Sprintf("%s %s", s, r.At.Format("02T15")))
	switch r.Kind {
	case outcry.KindReport:
		brigade := strings.HasPrefix(r.Reporter, "b")
		out = append(out, "region "+r.Region, "carrier "+r.Carrier, s+" "+r.Symptom, "agent "+r.Agent, fmt.Sprint("brigade ", brigade))
		if strings.Split(r.Address, ".")[2] == "255" && !brigade {
			out = append(out, "nat "+r.Carrier)
		}
	case outcry.KindProbe:
		out = append(out, fmt.Sprintf("probe %s %s %v", r.Vantage, r.Service, r.OK), fmt.Sprintf("probe hour %s %s %v", r.At.Format("02T15"), r.Vantage, r.OK), fmt.Sprint("ms ", r.MS/50))
	case outcry.KindPost:
		out = append(out, "text "+r.Text)
	case outcry.KindBulletin, outcry.KindAlert, outcry.KindCoverage: // counted above
	}
	return out
}

// tallied counts the features of several draws, whose counts they keep apart,
// so that the spread between seeds is known.
type tallied map[string][]float64

func (c tallied) add(r Record, run, runs int) {
	for _, f := range features(r) {
		if c[f] == nil {
			c[f] = make([]float64, runs)
		}
		c[f][run]++
	}
}

func moments(v []float64) (mean, variance float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		variance += (x - mean) * (x - mean) / float64(len(v)-1)
	}
	return mean, variance
}

// TestDrawAgreesWithTheReference compares every feature's mean over some seeds
// with that of draw.py, in standard errors of their difference. The draws' own
// spread is the yardstick (rates wander from seed to seed), at least Poisson's.
func TestDrawAgreesWithTheReference(t *testing.T) {
	if testing.Short() {
		t.Skip("work of one goroutine, and long under the race detector")
	}
	reference := findReference(t)
	const runs = 8
	const file = "testdata/everything.yaml"
	sc, err := Open(file, scenarios.Files())
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := tallied{}, tallied{}
	for run := range runs {
		for r := range Draw(sc, uint64(run)) {
			ours.add(r, run, runs)
		}
		referenceDraw(t, reference, file, run, func(r Record) { theirs.add(r, run, runs) })
	}
	compare(t, ours, theirs, runs)
}

func compare(t *testing.T, ours, theirs tallied, runs int) {
	hourly := regexp.MustCompile(`^report \w+ \d\dT\d\d$`)
	zero := make([]float64, runs)
	chi, n, worst, which := 0.0, 0, 0.0, ""
	all := map[string]bool{}
	for f := range ours {
		all[f] = true
	}
	for f := range theirs {
		all[f] = true
	}
	for f := range all {
		a, b := ours[f], theirs[f]
		if a == nil {
			a = zero
		}
		if b == nil {
			b = zero
		}
		ma, va := moments(a)
		mb, vb := moments(b)
		// Few seeds know their spread badly, so it is not taken as less than
		// Poisson's and, for an hour's reports, the wandering of the rate.
		variance := max((va+vb)/2, (ma+mb)/2, 0.5)
		if hourly.MatchString(f) {
			variance = max(variance, ma+0.2*ma*ma)
		}
		z := (ma - mb) / math.Sqrt(2*variance/float64(runs))
		if math.Abs(z) > math.Abs(worst) {
			worst, which = z, fmt.Sprintf("%s: ours %.1f, theirs %.1f", f, ma, mb)
		}
		chi, n = chi+z*z, n+1
	}
	t.Logf("%d features, χ²/n %.2f, the worst %.1f standard errors (%s)", n, chi/float64(n), worst, which)
	if chi/float64(n) > 1.3 || math.Abs(worst) > 6 {
		t.Errorf("the draws differ: χ²/n %.2f, %.1f standard errors in %s", chi/float64(n), worst, which)
	}
}

// findReference gives the command that runs draw.py; the test is for machines
// that have it.
func findReference(t *testing.T) []string {
	t.Helper()
	const script = "../../scenarios/draw.py"
	if err := exec.Command("python3", "-c", "import yaml, zoneinfo").Run(); err != nil {
		t.Skip("needs python3 with PyYAML to run the reference draw")
	}
	return []string{"python3", script}
}

func referenceDraw(t *testing.T, command []string, file string, seed int, each func(Record)) {
	t.Helper()
	cmd := exec.Command(command[0], append(command[1:], file, fmt.Sprint(seed))...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for r, err := range ReadSignals(bufio.NewReader(out)) {
		if err != nil {
			t.Fatal(err)
		}
		each(r)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// line writes a record as draw.py does.
func line(t testing.TB, r Record) string {
	m := map[string]any{"at": r.At.Format("2006-01-02T15:04:05.000Z"), "kind": r.Kind.String(), "service": r.Service}
	switch r.Kind {
	case outcry.KindReport:
		m["symptom"], m["region"], m["carrier"], m["address"], m["agent"], m["reporter"] = r.Symptom, r.Region, r.Carrier, r.Address, r.Agent, r.Reporter
	case outcry.KindProbe:
		m["vantage"], m["region"], m["ok"], m["reason"], m["ms"] = r.Vantage, r.Region, r.OK, r.Reason, r.MS
	case outcry.KindPost:
		m["text"], m["author"], m["source"] = r.Text, r.Author, r.Source
	case outcry.KindBulletin:
		m["status"] = r.Status
	case outcry.KindCoverage:
		m["up"] = r.Up
	case outcry.KindAlert: // no draw has one
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsDrawnCanBeReadBack(t *testing.T) {
	sc := shipped(t, "quiet-and-loud-nothing")
	sc.History = 0
	want := slices.Collect(Draw(sc, 3))
	var text strings.Builder
	for _, r := range want {
		text.WriteString(line(t, r) + "\n")
	}
	var got []Record
	for r, err := range ReadSignals(strings.NewReader(text.String())) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if !slices.Equal(want, got) {
		t.Error("what was read is not what was drawn")
	}
}

func TestShapeSumsToItsArea(t *testing.T) {
	on := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name string
		o    Outage
		want float64 // seconds at full rate
	}{
		{"a step", Outage{Onset: on, Resolved: on.Add(time.Hour)}, 3600},
		{"a ramp loses half of its length", Outage{Onset: on, Resolved: on.Add(time.Hour), Ramp: 10 * time.Minute}, 3300},
		{"a tail adds its length over ln 10", Outage{Onset: on, Resolved: on.Add(time.Hour), Decay: 10 * time.Minute}, 3600 + 600/math.Ln10},
		{"flapping leaves its duty, on a grid of ten seconds both ends of it", Outage{Onset: on, Resolved: on.Add(time.Hour), Flap: &Flap{Period: 5 * time.Minute, Duty: 0.5}}, 1920},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := shapeOf(&c.o).area(); math.Abs(got-c.want) > 0.035*c.want {
				t.Errorf("%v, want about %v", got, c.want)
			}
		})
	}
}

func BenchmarkDraw(b *testing.B) {
	sc := shipped(b, "imessage-2024-05-16")
	n := 0
	for b.Loop() {
		for range Draw(sc, 1) {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}
