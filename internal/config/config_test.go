package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// smallest is a configuration with nothing that can be left out.
const smallest = "services: [{id: shop}]\n"

func TestDefaultsOfTheSmallestFile(t *testing.T) {
	c, err := Parse("x.yaml", []byte(smallest))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Service("shop")
	got := fmt.Sprint(s.Name, s.Timezone, s.Publication, c.Pages[0].ID, c.Listen, c.AdminListen, c.Detection.FalseAlarms)
	want := "shop UTC {auto 10m0s} main :8080 127.0.0.1:8081 1 per service and year"
	if got != "shopUTC{auto 10m0s}main:8080127.0.0.1:80811 per service and year" && got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if dsn, err := c.StoreDSN(); err != nil || dsn != "sqlite:"+filepath.Join("outcry-data", "outcry.db") {
		t.Errorf("store: %q, %v", dsn, err)
	}
}

// What a service leaves out comes from above: its time zone from the first
// page that shows it, its policy field by field from the general one.
func TestInheritance(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`
publication: {mode: confirm, deadline: 5m}
pages:
  - {id: eu, timezone: Europe/Berlin, services: [a]}
  - {id: all, timezone: Asia/Tokyo, comments: held}
comments: {mode: open}
services:
  - {id: a, publication: {deadline: 20m}, symptoms: [{id: not-delivered}]}
  - {id: b, publication: {mode: manual}}
  - {id: c, comments: off}
`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Service("a"), c.Service("b")
	if a.Timezone != "Europe/Berlin" || b.Timezone != "Asia/Tokyo" {
		t.Errorf("time zones: %s, %s", a.Timezone, b.Timezone)
	}
	if (a.Publication != Publication{ModeConfirm, 20 * time.Minute}) || (b.Publication != Publication{ModeManual, 5 * time.Minute}) {
		t.Errorf("publication: %v, %v", a.Publication, b.Publication)
	}
	if a.Comments != CommentsHeld || b.Comments != CommentsHeld || c.Service("c").Comments != CommentsOff {
		t.Errorf("comments: %s, %s, %s", a.Comments, b.Comments, c.Service("c").Comments)
	}
	if name := a.Symptoms[0].Name; name != "Not delivered" {
		t.Errorf("symptom: %q", name)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`
services: [{id: shop}]
checks:
  - &base {name: one, service: shop, type: http, interval: 1m, url: "https://a.example/"}
  - {<<: *base, name: two, interval: 2m}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Checks[1].Name, " ", c.Checks[1].Interval, " ", c.Checks[1].Options.Text("url"))
	if want := "two 2m0s https://a.example/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The annotated example is a complete configuration; were a key renamed
// without it, operators would copy a mistake.
func TestExampleLoads(t *testing.T) {
	c, err := Load("../../docs/config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Checks) == 0 || len(c.Notify.Channels) == 0 || len(c.Intake.Tokens) == 0 {
		t.Error("the example leaves a section empty")
	}
}

// Every key of every struct is shown in the example.
func TestExampleNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../docs/config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range allKeys() {
		if !strings.Contains(string(text), key+":") {
			t.Errorf("the key %q is not in docs/config.example.yaml", key)
		}
	}
}

// The example says of each default that it is one; those that stand in it
// uncommented must be true.
func TestExampleStatesTheDefaults(t *testing.T) {
	c, err := Load("../../docs/config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want Config
	want.SetDefaults()
	got := []any{c.Listen, c.AdminListen, c.MaxListeners, c.Data, c.Bus.MaxAge, c.Bus.MaxBytes, c.Bus.Duplicates, c.Retention, c.Log,
		c.Publication, c.Intake.Limit, c.Intake.MaxBatch, c.Intake.MaxReport, c.Counting, c.Detection.FalseAlarms, c.Detection.Tiers,
		c.Vantage.References, c.Scopes.Regions.Max, c.Notify.WebPush.MaxPerService, c.Notify.WebPush.Keep}
	def := []any{want.Listen, want.AdminListen, want.MaxListeners, want.Data, want.Bus.MaxAge, want.Bus.MaxBytes, want.Bus.Duplicates, want.Retention, want.Log,
		want.Publication, want.Intake.Limit, want.Intake.MaxBatch, want.Intake.MaxReport, want.Counting, want.Detection.FalseAlarms, want.Detection.Tiers,
		want.Vantage.References, want.Scopes.Regions.Max, want.Notify.WebPush.MaxPerService, want.Notify.WebPush.Keep}
	if diff := cmp.Diff(def, got); diff != "" {
		t.Errorf("docs/config.example.yaml does not show the defaults (-default +example):\n%s", diff)
	}
}

func TestLoadSaysWhichFileIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(path)
	if want := path + ": cannot be opened: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, ok := errors.AsType[Errors](err); !ok {
		t.Errorf("got a %T, want Errors", err)
	}
}
