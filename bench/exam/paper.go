package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// paper is one scenario to be played.
type paper struct {
	kind     string
	seed     int
	draw     string // which draw: own or reference
	path     string // of the scenario file
	scenario *replay.Scenario
}

func (p *paper) String() string { return fmt.Sprintf("%s-%d", p.kind, p.seed) }

// newPaper draws a scenario, writes its file, and reads it back as a reader
// of the file does.
func newPaper(k kind, seed int, draw, dir string) (*paper, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.name))                             // never fails
	d := &dice{rand.New(rand.NewPCG(uint64(seed), h.Sum64()))} //nolint:gosec // a simulation
	sc := newScene(d)
	k.make(d, sc)
	sc.Name = fmt.Sprintf("exam-%s-%d", k.name, seed)
	sc.Source = "made by bench/exam"
	p := &paper{kind: k.name, seed: seed, draw: draw, path: filepath.Join(dir, sc.Name+".yaml")}
	text := write(sc)
	if err := os.WriteFile(p.path, text, 0o644); err != nil { //nolint:gosec // for everybody to read
		return nil, fmt.Errorf("write a scenario: %w", err)
	}
	var err error
	if p.scenario, err = replay.Load(p.path, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("read the scenario %s back: %w", p, err)
	}
	return p, nil
}

// write puts a scenario into its file's form.
func write(sc *replay.Scenario) []byte {
	var b bytes.Buffer
	at := func(t time.Time) string { return t.In(sc.Zone).Format(time.RFC3339) }
	fmt.Fprintf(&b, "name: %s\nsource: %s\ntimezone: %s\nhistory: %s\nstart: %s\nend: %s\nservices:\n",
		sc.Name, sc.Source, sc.Zone, span(sc.History), at(sc.Start), at(sc.End))
	for _, s := range sc.Services {
		fmt.Fprintf(&b, "  %s: {name: %s, per_hour: %.4g, peak_hour: %.3g, peak_ratio: %.3g, weekend: %.3g, dispersion: %.3g}\n",
			s.ID, s.Name, s.PerHour, s.PeakHour, s.PeakRatio, s.Weekend, s.Dispersion)
	}
	fmt.Fprintf(&b, "regions: %s\ncarriers: %s\noutages:\n", shares(sc.Regions), shares(sc.Carriers))
	for i := range sc.Outages {
		o := &sc.Outages[i]
		fmt.Fprintf(&b, "  - {onset: %s, resolved: %s, reports: %.6g, services: %s, ramp: %s, decay: %s, scope: {regions: %s, carriers: %s}, symptoms: %s, posts: %.0f, probes: %.2g",
			at(o.Onset), at(o.Resolved), o.Reports, shares(o.Services), span(o.Ramp), span(o.Decay), list(o.Regions), list(o.Carriers), shares(o.Symptoms), o.Posts, o.Probes)
		if o.Flap != nil {
			fmt.Fprintf(&b, ", flap: {period: %s, duty: %.2g}", span(o.Flap.Period), o.Flap.Duty)
		}
		if len(o.Collateral) > 0 {
			fmt.Fprintf(&b, ", collateral: %s", list(o.Collateral))
		}
		b.WriteString("}\n")
	}
	b.WriteString("noise:\n")
	for _, n := range sc.Noise {
		fmt.Fprintf(&b, "  - {kind: %s, at: %s, lasts: %s", n.Kind, at(n.At), span(n.Lasts))
		switch n.Kind {
		case replay.Brigade:
			fmt.Fprintf(&b, ", reports: %d, prefixes: %d, service: %s", n.Reports, n.Prefixes, n.Service)
		case replay.Chatter:
			fmt.Fprintf(&b, ", posts: %d, service: %s", n.Posts, n.Service)
		case replay.VantageOffline, replay.Gap: // no more to say
		}
		b.WriteString("}\n")
	}
	b.WriteString("official:\n")
	for _, w := range sc.Official {
		fmt.Fprintf(&b, "  - {at: %s, services: %s, status: %s}\n", at(w.At), list(w.Services), w.Status)
	}
	return b.Bytes()
}

func span(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }

func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

func shares(s replay.Shares) string {
	var parts []string
	for _, e := range s {
		parts = append(parts, fmt.Sprintf("%s: %.6f", e.Name, e.Part))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
