package replay

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/outcry/outcry"
	"github.com/outcry/outcry/scenarios"
)

func TestLoadReadsEveryField(t *testing.T) {
	sc, err := Open("testdata/everything.yaml", scenarios.Files())
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, "2025-10-27T"+s+"+01:00")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	want := &Scenario{
		Name: "everything", Source: "made for a test", History: 72 * time.Hour, Start: at("00:00:00"), End: at("12:00:00"),
		Services: []Service{
			{ID: "mail", Name: "Mail", PerHour: 60, PeakHour: 9, PeakRatio: 6, Weekend: 0.3, Dispersion: 0.1},
			{ID: "chat", Name: "Chat", PerHour: 30, PeakHour: 20, PeakRatio: 3, Weekend: 1.5},
			{ID: "plain", Name: "Plain", PerHour: 20, PeakHour: 12, PeakRatio: 1, Weekend: 1},
		},
		Regions:  Shares{{"DE", 0.4}, {"AT", 0.3}, {"CH", 0.2}},
		Carriers: Shares{{"Telekom", 0.4}, {"Vodafone", 0.3}},
		Outages: []Outage{
			{Onset: at("02:00:00"), Resolved: at("04:00:00"), Reports: 3000, Services: Shares{{"mail", 0.7}, {"chat", 0.2}}, Collateral: []string{"chat"},
				Ramp: 20 * time.Minute, Decay: 5 * time.Minute, Flap: &Flap{30 * time.Minute, 0.6}, Regions: []string{"DE", "CH"},
				Symptoms: Shares{{"bounce", 0.5}, {"slow", 0.3}}, Posts: 1500, Probes: 0.5},
			{Onset: at("06:00:30"), Resolved: at("07:00:00"), Reports: 1000, Services: Shares{{"plain", 1}}, Carriers: []string{"Vodafone"}, Probes: 1},
		},
		Noise: []Noise{
			{Kind: Brigade, At: at("08:00:00"), Lasts: 20 * time.Minute, Service: "chat", Reports: 2000, Prefixes: 3},
			{Kind: Chatter, At: at("09:00:00"), Lasts: time.Hour, Service: "mail", Posts: 3000},
			{Kind: VantageOffline, At: at("10:00:00"), Lasts: 15 * time.Minute},
			{Kind: Gap, At: at("11:00:00"), Lasts: 30 * time.Minute},
		},
		Official: []Bulletin{
			{At: at("03:00:00"), Services: []string{"mail", "chat"}, Status: StatusIssue},
			{At: at("04:10:00"), Services: []string{"mail"}, Status: StatusResolved},
		},
		Metrics: []Metric{
			{Name: "bounces", Service: "mail", PerMinute: 12, Every: time.Minute, Dispersion: 0.1, Burst: 5, Fault: 20},
			{Name: "plain-errors", Service: "plain", PerMinute: 3, Every: 30 * time.Second, Burst: 1, Fault: 10},
		},
	}
	if diff := cmp.Diff(want, sc, cmpopts.IgnoreFields(Scenario{}, "Zone")); diff != "" {
		t.Error(diff)
	}
	if sc.Zone.String() != "Europe/Berlin" {
		t.Errorf("time zone %v", sc.Zone)
	}
}

const small = `name: small
start: 2025-04-02T00:00:00Z
end: 2025-04-03T00:00:00Z
services: {a: {name: A, per_hour: 1}}
regions: {DE: 0.5}
`

func TestLoadListsEveryMistake(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // how the error's lines begin
	}{
		{"an empty file", "", []string{"f:1:1: holds 0 documents"}},
		{"two documents", small + "---\n" + small, []string{"f:1:1: holds 2 documents"}},
		{"not a mapping", "- a", []string{"f:1:1: a scenario must be a mapping"}},
		{"broken YAML", "name: [", []string{"f:1:7: "}},
		{"nothing that is needed", "source: x", []string{`f:1:1: "name" is missing`, `f:1:1: "start" is missing`, `f:1:1: "end" is missing`, `f:1:1: "services" is missing`}},
		{"a word misspelt and one twice", small + "nosie: []\nregions: {}\n", []string{`f:6:1: a scenario has no field "nosie"`, `f:7:1: "regions" is given twice`}},
		{"an end before the start", strings.Replace(small, "04-03", "04-01", 1), []string{"f:3:6: end must be after start"}},
		{"a time without a zone", strings.Replace(small, "2025-04-02T00:00:00Z", "2025-04-02 00:00", 1), []string{"f:2:8: start must be a time such as"}},
		{"an unknown time zone", small + "timezone: Mars/Olympus", []string{`f:6:11: "Mars/Olympus" is not a time zone`}},
		{"a strange length of time", small + "history: 4 weeks", []string{"f:6:10: history must be a length of time"}},
		{"no services", strings.Replace(small, "{a: {name: A, per_hour: 1}}", "{}", 1), []string{"f:4:11: services must name at least one"}},
		{"a service without its rate", strings.Replace(small, ", per_hour: 1", ", peak_hour: 25", 1), []string{`f:4:12: "per_hour" is missing`, "f:4:36: peak_hour must be a number from 0 to 24"}},
		{"shares of more than all", strings.Replace(small, "DE: 0.5", "DE: 0.5, AT: 0.6", 1), []string{"f:5:10: the shares of regions add up to 1.1"}},
		{"a share that is a word", strings.Replace(small, "0.5", "half", 1), []string{"f:5:15: the share of DE must be a number"}},
		{"metrics of nothing, with one name, that are read too seldom", small + "metrics: [{name: m, service: b, per_minute: 1}, {name: m, service: a, per_minute: 1, every: 5m}, {service: a}]", []string{
			`f:6:30: service "b" is not declared`, `f:6:56: two metrics are called "m"`, "f:6:93: every must be from 10s to 2m", `f:6:98: "name" is missing`, `f:6:98: "per_minute" is missing`}},
		{"an outage that ends before it began, of a service that is not, in places that are not", small + `outages:
  - onset: 2025-04-02T10:00:00Z
    resolved: 2025-04-02T09:00:00Z
    reports: many
    services: {b: 1}
    collateral: [c]
    scope: {regions: [FR], carriers: x}
    flap: {period: 0}
`, []string{"f:8:15: resolved must be after onset", "f:9:14: reports must be a number", `f:10:15: service "b" is not declared`, `f:11:18: collateral: "c" is not declared`,
			`f:12:23: regions: "FR" is not declared`, "f:12:38: carriers must be a list", `f:13:11: "duty" is missing`}},
		{"an outage outside the time", small + "outages: [{onset: 2025-04-09T10:00:00Z, resolved: 2025-04-09T11:00:00Z, reports: 1, services: {a: 1}}]", []string{"f:6:19: onset lies outside the scenario's time"}},
		{"noise of no kind, and a gap with posts", small + "noise:\n  - {kind: rumour, at: 2025-04-02T10:00:00Z, lasts: 1h}\n  - {kind: gap, at: 2025-04-02T10:00:00Z, lasts: 1h, posts: 3}\n  - {lasts: 1h}",
			[]string{"f:7:12: kind must be brigade", "f:8:61: noise of kind gap has no posts", `f:9:5: "kind" is missing`}},
		{"a brigade of half a report from nowhere", small + "noise: [{kind: brigade, at: 2025-04-02T10:00:00Z, lasts: 1h, service: z, reports: 0.5, prefixes: 0}]",
			[]string{`f:6:71: service "z" is not declared`, "f:6:83: reports must be a whole number", "f:6:98: prefixes must be a number from 1"}},
		{"a bulletin that says nothing known", small + "official: [{at: 2025-04-02T10:00:00Z, services: [a, a], status: maybe}]", []string{`f:6:53: services names "a" twice`, "f:6:65: status must be issue or resolved"}},
		{"a bulletin from before the first report", small + "official: [{at: 2024-04-02T10:00:00Z, services: [a], status: issue}]", []string{"f:6:17: at lies before the scenario's time"}},
		{"entries of lists that are empty", small + "outages:\n  -\nnoise:\n  -\nofficial: [null]\n", []string{"f:7:4: an entry of outages is empty", "f:9:4: an entry of noise is empty", "f:10:12: an entry of official is empty"}},
		{"an outage of a century, that dies down in another", small + "outages: [{onset: 2025-04-02T10:00:00Z, resolved: 2125-04-02T11:00:00Z, decay: 500w, reports: 1, services: {a: 1}}]",
			[]string{"f:6:51: resolved must be within a year of onset", "f:6:80: decay must be a year at most"}},
		{"a region that the intake refuses", strings.Replace(small, "DE: 0.5", "Germany: 0.5", 1), []string{`f:5:11: region "Germany" is not like GB or US-TX`}},
		{"no name for the scenario or a service", "name: ''\n" + strings.Replace(strings.TrimPrefix(small, "name: small\n"), "{a: ", "{'': ", 1), []string{"f:1:7: name must not be empty", "f:4:12: a service must have an id"}},
		{"the time zone of whoever reads it", small + "timezone: Local", []string{`f:6:11: "Local" is not a time zone`}},
		{"a file of a megabyte", small + "#" + strings.Repeat("x", maxFile), []string{"f: is larger than 1048576 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load("f", strings.NewReader(c.text))
			if outcry.CodeOf(err) != outcry.CodeInvalid {
				t.Fatalf("got %v", err)
			}
			lines := strings.Split(err.Error(), "\n")
			ok := len(lines) == len(c.want)
			for i := range c.want {
				ok = ok && strings.HasPrefix(lines[i], c.want[i])
			}
			if !ok {
				t.Errorf("got:\n%v\nwant:\n%v", err, strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestLoadPassesOverAByteOrderMark(t *testing.T) {
	if sc, err := Load("f", strings.NewReader("\uFEFF"+strings.ReplaceAll(small, "\n", "\r\n"))); err != nil || sc.Name != "small" {
		t.Errorf("got %v, %v", sc, err)
	}
}

func TestOpenByNameOrPath(t *testing.T) {
	shelf := fstest.MapFS{"small.yaml": {Data: []byte(small)}}
	if sc, err := Open("small", shelf); err != nil || sc.Name != "small" {
		t.Errorf("by name: %v", err)
	}
	if sc, err := Open("../../scenarios/slow-burn.yaml", shelf); err != nil || sc.Name != "slow-burn" {
		t.Errorf("by path: %v", err)
	}
	for _, name := range []string{"nothing", "../small", ""} {
		if _, err := Open(name, shelf); outcry.CodeOf(err) != outcry.CodeNotFound || !strings.Contains(err.Error(), "there are small") {
			t.Errorf("%q gives %v", name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"testdata/everything.yaml", "../../scenarios/two-at-once.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, text string) {
		sc, err := Load("f", strings.NewReader(text))
		if err != nil || sc.End.Sub(sc.Begin()) > 48*time.Hour || extent(sc) > 1e5 {
			return // wrong, or more than a fuzzer should wait for
		}
		n := 0
		for r := range Draw(sc, 1) {
			if r.Kind == 0 || r.At.IsZero() {
				t.Fatalf("drew %v", r)
			}
			if n++; n == 100 {
				break
			}
		}
	})
}

// extent is about how many signals the scenario draws.
func extent(sc *Scenario) (n float64) {
	for _, s := range sc.Services {
		n += s.PerHour * s.PeakRatio * (1 + s.Weekend) * sc.End.Sub(sc.Begin()).Hours()
	}
	for _, o := range sc.Outages {
		n += o.Reports + o.Posts + o.Resolved.Sub(o.Onset).Seconds() + o.Decay.Seconds()
	}
	for _, x := range sc.Noise {
		n += float64(x.Reports + x.Posts + x.Prefixes)
	}
	return n
}
