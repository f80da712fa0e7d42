package replay

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/outcry/outcry"
)

// maxFile bounds a scenario file, in bytes.
const maxFile = 1 << 20

// Open loads a scenario by the path of its file or, when there is no such
// file, by its name among the shipped ones (NAME.yaml in shipped). An error is
// of CodeNotFound, or as [Load] gives it.
func Open(nameOrPath string, shipped fs.FS) (*Scenario, error) {
	file, err := os.Open(nameOrPath)
	if err == nil {
		defer func() { _ = file.Close() }() // read only: nothing can be lost
		return Load(nameOrPath, file)
	}
	inside, missing := shipped.Open(nameOrPath + ".yaml")
	if missing != nil {
		return nil, outcry.Wrap(outcry.CodeNotFound, err, "no scenario file %s, and no shipped scenario of that name (there are %s)", nameOrPath, strings.Join(Names(shipped), ", "))
	}
	defer func() { _ = inside.Close() }()
	return Load(nameOrPath+".yaml", inside)
}

// Names lists the shipped scenarios.
func Names(shipped fs.FS) []string {
	paths, err := fs.Glob(shipped, "*.yaml")
	if err != nil { // only of a bad pattern
		return nil
	}
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".yaml")
	}
	return paths
}

// Load reads a scenario. Its error joins all mistakes of the file, each an
// [outcry.Error] of CodeInvalid whose Field is NAME:LINE:COLUMN.
func Load(name string, r io.Reader) (*Scenario, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "reading the scenario %s", name)
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if len(text) > maxFile {
		return nil, outcry.FieldErrorf(name, "is larger than %d bytes", maxFile)
	}
	d := &document{name: name}
	sc := &Scenario{}
	if root := d.open(text); root != nil {
		d.scenario(root, sc)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return sc, nil
}

func (d *document) scenario(root ast.Node, sc *Scenario) {
	f := d.fields(root, "a scenario", "name", "source", "timezone", "history", "start", "end", "services", "regions", "carriers", "outages", "noise", "official", "metrics")
	f.need("name", "start", "end", "services")
	sc.Name, sc.Source = f.text("name"), f.text("source")
	if n, isText := f.by["name"].(*ast.StringNode); isText && n.Value == "" {
		d.fault(n, "name must not be empty")
	}
	sc.Zone = f.zone("timezone")
	sc.History = f.span("history")
	sc.Start, sc.End = f.instant("start"), f.instant("end")
	if !sc.Start.IsZero() && !sc.End.IsZero() && (!sc.End.After(sc.Start) || sc.End.Sub(sc.Start) > maxSpan) {
		d.fault(f.by["end"], "end must be after start, and within ten years")
	}
	for _, e := range d.entries(f.by["services"], "services") {
		sc.Services = append(sc.Services, d.service(e))
	}
	if f.by["services"] != nil && len(sc.Services) == 0 {
		d.fault(f.by["services"], "services must name at least one")
	}
	sc.Regions, sc.Carriers = f.sharesOf("regions", d.region), f.shares("carriers")
	for _, n := range d.list(f.by["outages"], "outages") {
		sc.Outages = append(sc.Outages, d.outage(n, sc))
	}
	for _, n := range d.list(f.by["noise"], "noise") {
		sc.Noise = append(sc.Noise, d.noise(n, sc))
	}
	for _, n := range d.list(f.by["official"], "official") {
		sc.Official = append(sc.Official, d.bulletin(n, sc))
	}
	for _, n := range d.list(f.by["metrics"], "metrics") {
		sc.Metrics = append(sc.Metrics, d.metric(n, sc))
	}
}

func (f fields) zone(key string) *time.Location {
	name := f.text(key)
	if name == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which would be another one on each machine
		f.d.fault(f.by[key], "%q is not a time zone such as America/Chicago", name)
		return time.UTC
	}
	return zone
}

func (d *document) service(e entry) Service {
	f := d.fields(e.value, "a service", "name", "per_hour", "peak_hour", "peak_ratio", "weekend", "dispersion")
	f.at = e.at
	f.need("name", "per_hour")
	if e.key == "" {
		d.fault(e.at, "a service must have an id")
	}
	return Service{
		ID:         e.key,
		Name:       f.text("name"),
		PerHour:    f.number("per_hour", 0, 0, 1e7),
		PeakHour:   f.number("peak_hour", 12, 0, 24),
		PeakRatio:  f.number("peak_ratio", 1, 1, 1000),
		Weekend:    f.number("weekend", 1, 0, 100),
		Dispersion: f.number("dispersion", 0, 0, 10),
	}
}

// region refuses a name that the intake would.
func (d *document) region(e entry) {
	if e.key != other && !isRegion(e.key) {
		d.fault(e.at, "region %q is not like GB or US-TX (ISO 3166)", e.key)
	}
}

// isRegion reports whether a name has the shape of ISO 3166-1 alpha-2 or 3166-2.
func isRegion(name string) bool {
	country, part, divided := strings.Cut(name, "-")
	letters := func(s string, also string) bool {
		return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"+also) == ""
	}
	if len(country) != 2 || !letters(country, "") {
		return false
	}
	return !divided || len(part) >= 1 && len(part) <= 3 && letters(part, "0123456789")
}

func (sc *Scenario) hasService(id string) bool {
	return slices.ContainsFunc(sc.Services, func(s Service) bool { return s.ID == id })
}

// longest is how long an outage, or a part of it, may be.
const longest = 366 * 24 * time.Hour

func (d *document) outage(n ast.Node, sc *Scenario) Outage {
	f := d.fields(n, "an outage", "onset", "resolved", "reports", "services", "ramp", "decay", "scope", "symptoms", "posts", "probes", "flap", "collateral")
	f.need("onset", "resolved", "reports", "services")
	o := Outage{
		Onset:    f.within("onset", sc),
		Resolved: f.instant("resolved"),
		Reports:  f.number("reports", 0, 0, 1e8),
		Services: f.shares("services"),
		Ramp:     f.span("ramp"),
		Decay:    f.span("decay"),
		Symptoms: f.shares("symptoms"),
		Posts:    f.number("posts", 0, 0, 1e8),
		Probes:   f.number("probes", 0, 0, 1),
	}
	if !o.Onset.IsZero() && !o.Resolved.IsZero() && !o.Resolved.After(o.Onset) {
		d.fault(f.by["resolved"], "resolved must be after onset")
	}
	if !o.Onset.IsZero() && o.Resolved.Sub(o.Onset) > longest {
		d.fault(f.by["resolved"], "resolved must be within a year of onset")
	}
	for key, lasts := range map[string]time.Duration{"ramp": o.Ramp, "decay": o.Decay} {
		if lasts > longest {
			d.fault(f.by[key], "%s must be a year at most", key)
		}
	}
	if f.by["services"] != nil && len(o.Services) == 0 {
		d.fault(f.by["services"], "services must name at least one")
	}
	for _, s := range o.Services {
		if !sc.hasService(s.Name) {
			d.fault(f.by["services"], "service %q is not declared in this scenario", s.Name)
		}
	}
	o.Collateral = f.names("collateral", o.Services.Has)
	scope := d.fields(f.by["scope"], "a scope", "regions", "carriers")
	o.Regions = scope.names("regions", sc.Regions.Has)
	o.Carriers = scope.names("carriers", sc.Carriers.Has)
	o.Flap = d.flap(f.by["flap"])
	return o
}

func (d *document) flap(n ast.Node) *Flap {
	if n == nil {
		return nil
	}
	f := d.fields(n, "a flap", "period", "duty")
	if !f.need("period", "duty") {
		return nil
	}
	out := &Flap{Period: f.span("period"), Duty: f.number("duty", 0.5, 0, 1)}
	if at := f.by["period"]; at != nil && out.Period < time.Second {
		d.fault(at, "period must be a second or more")
	}
	return out
}

// within reads an instant that must lie in the scenario's time.
func (f fields) within(key string, sc *Scenario) time.Time {
	t := f.instant(key)
	if !t.IsZero() && !sc.Start.IsZero() && (t.Before(sc.Begin()) || !t.Before(sc.End)) {
		f.d.fault(f.by[key], "%s lies outside the scenario's time", key)
	}
	return t
}

func (d *document) noise(n ast.Node, sc *Scenario) Noise {
	all := []string{"kind", "at", "lasts", "service", "reports", "prefixes", "posts"}
	f := d.fields(n, "noise", all...)
	out := Noise{Kind: NoiseKind(f.text("kind")), At: f.within("at", sc), Lasts: f.span("lasts")}
	wants := map[NoiseKind][]string{
		Brigade:        {"kind", "at", "lasts", "service", "reports", "prefixes"},
		Chatter:        {"kind", "at", "lasts", "service", "posts"},
		VantageOffline: {"kind", "at", "lasts"},
		Gap:            {"kind", "at", "lasts"},
	}[out.Kind]
	if wants == nil {
		f.need("kind")
		if f.by["kind"] != nil {
			d.fault(f.by["kind"], "kind must be brigade, chatter, vantage-offline or gap")
		}
		return out
	}
	f.need(wants...)
	for _, key := range all {
		if v := f.by[key]; v != nil && !slices.Contains(wants, key) {
			d.fault(v, "noise of kind %s has no %s", out.Kind, key)
		}
	}
	out.Service = f.text("service")
	if out.Service != "" && !sc.hasService(out.Service) {
		d.fault(f.by["service"], "service %q is not declared in this scenario", out.Service)
	}
	out.Reports, out.Posts = f.count("reports", 0, 1e8), f.count("posts", 0, 1e8)
	out.Prefixes = f.count("prefixes", 1, 1e6)
	return out
}

func (d *document) bulletin(n ast.Node, sc *Scenario) Bulletin {
	f := d.fields(n, "a bulletin", "at", "services", "status")
	f.need("at", "services", "status")
	b := Bulletin{At: f.instant("at"), Services: f.names("services", sc.hasService), Status: f.text("status")}
	if !b.At.IsZero() && !sc.Start.IsZero() && b.At.Before(sc.Begin()) {
		d.fault(f.by["at"], "at lies before the scenario's time")
	}
	if b.Status != StatusIssue && b.Status != StatusResolved && f.by["status"] != nil {
		d.fault(f.by["status"], "status must be issue or resolved")
	}
	return b
}

func (d *document) metric(n ast.Node, sc *Scenario) Metric {
	f := d.fields(n, "a metric", "name", "service", "per_minute", "every", "dispersion", "burst", "fault")
	f.need("name", "service", "per_minute")
	m := Metric{
		Name: f.text("name"), Service: f.text("service"), PerMinute: f.number("per_minute", 0, 0, 1e5), Every: f.span("every"),
		Dispersion: f.number("dispersion", 0, 0, 10), Burst: f.number("burst", 1, 1, 1e4), Fault: f.number("fault", 10, 0, 1000),
	}
	if f.by["every"] == nil {
		m.Every = 30 * time.Second
	}
	if m.Every < 10*time.Second || m.Every > 2*time.Minute {
		d.fault(f.by["every"], "every must be from 10s to 2m")
		m.Every = 30 * time.Second
	}
	if m.Service != "" && !sc.hasService(m.Service) {
		d.fault(f.by["service"], "service %q is not declared in this scenario", m.Service)
	}
	if slices.ContainsFunc(sc.Metrics, func(o Metric) bool { return o.Name == m.Name }) {
		d.fault(f.by["name"], "two metrics are called %q", m.Name)
	}
	return m
}
