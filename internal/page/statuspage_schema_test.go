package page_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/hostile"
)

// v2Schemas reads the schema of each of the format's endpoints, by its path.
// It was written from the published description of the format, not from our
// types: it knows words and nulls that we never use.
func v2Schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/statuspage-v2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("v2.json", doc); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]*jsonschema.Schema)
	for _, name := range []string{
		"summary", "status", "components", "incidents", "incidents/unresolved",
		"scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active",
	} {
		s, err := c.Compile("v2.json#/$defs/" + strings.ReplaceAll(name, "/", "~1") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		out["/api/v2/"+name+".json"] = s
	}
	return out
}

// withWork adds planned maintenance: over, under way and to come.
func withWork(w page.World) page.World {
	for i, from := range []time.Duration{-50 * time.Hour, -time.Hour, 30 * time.Hour} {
		at := w.Now.Add(from)
		w.Maintenances = append(w.Maintenances, page.Maintenance{
			ID: "work-" + string(rune('a'+i)), Title: "Work", Body: "It **waits**.", Services: []string{"imessage"},
			From: at, To: at.Add(2 * time.Hour), CreatedAt: at.Add(-time.Hour), UpdatedAt: at.Add(-time.Hour),
		})
	}
	return w
}

// TestStatuspageSchema holds every v2 document of every stage to the schema
// of its endpoint.
func TestStatuspageSchema(t *testing.T) {
	schemas := v2Schemas(t)
	worlds := map[string]page.World{"nothing known": {Now: pagetest.Now(pagetest.Quiet)}, "hostile": pagetest.Filled(hostile.Values()[2].Text)}
	for stage := pagetest.Quiet; stage <= pagetest.Stale; stage++ {
		worlds["stage "+string(rune('0'+stage))] = withWork(pagetest.World(stage))
	}
	for name, w := range worlds {
		docs := documents(t, w)
		for path, s := range schemas {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(docs[path].Body))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); err != nil {
				t.Errorf("%s, %s: %v", name, path, err)
			}
		}
	}
}

// TestStatuspageSchemaIsStrict: the schema refuses what a client would stumble
// over, so that the test above means something.
func TestStatuspageSchemaIsStrict(t *testing.T) {
	schemas := v2Schemas(t)
	body := string(documents(t, withWork(pagetest.World(pagetest.Outage)))["/api/v2/summary.json"].Body)
	for _, c := range []struct{ why, old, new string }{
		{"a word that the format does not have", `"status":"major_outage"`, `"status":"unknown"`},
		{"a field that is missing", `"showcase":false,`, ``},
		{"a field that the format does not have", `"showcase":false,`, `"showcase":false,"mood":"sad",`},
		{"a time without its zone", `.000Z"`, `"`},
		{"a list that is null", `"components":[{`, `"components":null,"x":[{`},
		{"an incident that is over among the unresolved", `"resolved_at":null`, `"resolved_at":"2024-05-16T22:35:00.000Z"`},
	} {
		broken := strings.Replace(body, c.old, c.new, 1)
		if broken == body {
			t.Errorf("%s: the document has no %s", c.why, c.old)
			continue
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
		if err != nil {
			t.Fatal(err)
		}
		if schemas["/api/v2/summary.json"].Validate(v) == nil {
			t.Errorf("the schema takes %s", c.why)
		}
	}
}
