package generic_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/generic"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "one of our own form", Body: `{"key":"disk-7","status":"Firing","name":"Disk is full","at":"2024-05-16T21:39:00Z","labels":{"service":"shop","load":7,"deep":{}}}`, Want: `firing disk-7: Disk is full {load=7,service=shop}`},
		{Says: "a list of them", Body: `[{"key":1,"status":"resolved"},{"key":"b","status":"acknowledged"}]`, Want: `resolved 1:  {}`},
		{Says: "whole numbers are written as they came, however long", Body: `[{"key":12345678,"status":"firing","labels":{"check":7654321,"load":1e6}},{"key":9007199254740993,"status":"resolved"}]`, Want: "firing 12345678:  {check=7654321,load=1e6}\nresolved 9007199254740993:  {}"},
		{Says: "no key", Body: `{"status":"firing"}`, Want: `!key`},
		{Says: "no status", Body: `{"key":"a"}`, Want: `!status`},
		{Says: "an instant that is none", Body: `{"key":"a","status":"firing","at":"now"}`, Want: `!at`},
		{Says: "a list of texts", Body: `["a"]`, Want: `!`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, generic.New(generic.Native()), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, generic.New(generic.Native()), cases()) }

func TestFieldsAreMapped(t *testing.T) {
	m := generic.Mapping{
		List: "data.checks", Key: "id+regions.1", Name: "title", Status: "state.now", Firing: []string{"DOWN"}, Resolved: []string{"UP", "OK"},
		Labels: map[string]string{"region": "regions.0", "none": "regions.7.x"}, All: "tags",
	}
	alertstest.Run(t, generic.New(m), []alertstest.Case{
		{Says: "paths through objects and lists", Body: `{"data":{"checks":[{"id":7,"title":"Shop","state":{"now":"down"},"regions":["eu","us"],"tags":{"a":true}},{"id":8,"state":{"now":"ok"},"regions":["eu","us"]}]}}`,
			Want: "firing 7/us: Shop {a=true,region=eu}\nresolved 8/us:  {region=eu}"},
		{Says: "a list that is not there", Body: `{"data":{}}`, Want: "!data.checks"},
		{Says: "half a key", Body: `{"data":{"checks":[{"id":7,"state":{"now":"down"},"regions":[]}]}}`, Want: "!regions.1"},
	})
}
