package page_test

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/hostile"
)

// fields gives the names of a JSON object's fields, sorted.
func fields(v any) []string {
	object, _ := v.(map[string]any)
	out := make([]string, 0, len(object))
	for k := range object {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func decode(t *testing.T, d *page.Document) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(d.Body, &out); err != nil {
		t.Fatalf("%s: %v", d.Path, err)
	}
	return out
}

func first(t *testing.T, v any) any {
	t.Helper()
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		t.Fatalf("%v is no list with something in it", v)
	}
	return list[0]
}

// TestStatuspageFields holds the v2 documents to the format field by field:
// clients read some of them without asking whether they are there.
func TestStatuspageFields(t *testing.T) {
	sum := decode(t, documents(t, pagetest.World(pagetest.Outage))["/api/v2/summary.json"])
	incident, _ := first(t, sum["incidents"]).(map[string]any)
	update, _ := first(t, incident["incident_updates"]).(map[string]any)
	for _, c := range []struct {
		name string
		got  any
		want string
	}{
		{"the summary", sum, "components incidents page scheduled_maintenances status"},
		{"the page", sum["page"], "id name time_zone updated_at url"},
		{"the status", sum["status"], "description indicator"},
		{"a group", first(t, sum["components"]), "components created_at description group group_id id name only_show_if_degraded page_id position showcase start_date status updated_at"},
		{"an incident", incident, "components created_at id impact incident_updates monitoring_at name page_id reminder_intervals resolved_at shortlink started_at status updated_at"},
		{"an update", update, "affected_components body created_at custom_tweet deliver_notifications display_at id incident_id status tweet_id updated_at"},
		{"what an update affects", first(t, update["affected_components"]), "code name new_status old_status"},
		{"a component", first(t, incident["components"]), "created_at description group group_id id name only_show_if_degraded page_id position showcase start_date status updated_at"},
	} {
		if got := strings.Join(fields(c.got), " "); got != c.want {
			t.Errorf("%s has the fields\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	if update["id"] != "u3" {
		t.Errorf("the first update is %v, not the newest", update["id"])
	}
}

// TestIncidentsComponentsAreThePages: a component of an incident is in the group
// that it is in on the page.
func TestIncidentsComponentsAreThePages(t *testing.T) {
	type component struct {
		ID    string  `json:"id"`
		Group *string `json:"group_id"`
	}
	var sum struct {
		Components []component `json:"components"`
		Incidents  []struct {
			Components []component `json:"components"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(documents(t, pagetest.World(pagetest.Outage))["/api/v2/summary.json"].Body, &sum); err != nil || len(sum.Incidents) == 0 {
		t.Fatalf("%v: %d incidents", err, len(sum.Incidents))
	}
	groups := make(map[string]string)
	for _, c := range sum.Components {
		if c.Group != nil {
			groups[c.ID] = *c.Group
		}
	}
	for _, c := range sum.Incidents[0].Components {
		if c.Group == nil || *c.Group != groups[c.ID] {
			t.Errorf("%s is in group %v, on the page in %q", c.ID, c.Group, groups[c.ID])
		}
	}
}

// TestStatuspageWords: what clients act on, stage by stage.
func TestStatuspageWords(t *testing.T) {
	for _, c := range []struct {
		name                              string
		stage                             pagetest.Stage
		indicator, description, component string
		unresolved                        int
	}{
		{"nothing is wrong, in the words that clients compare with", pagetest.Quiet, "none", "All Systems Operational", "operational", 0},
		{"an unconfirmed incident is minor", pagetest.Unconfirmed, "minor", "People report problems with all services.", "degraded_performance", 1},
		{"a confirmed one is major", pagetest.Outage, "major", "All services are failing.", "major_outage", 1},
		{"recovering is minor again", pagetest.Recovering, "minor", "All services are coming back.", "degraded_performance", 1},
		{"and resolved is none", pagetest.Resolved, "none", "All Systems Operational", "operational", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := documents(t, pagetest.World(c.stage))
			sum := decode(t, docs["/api/v2/summary.json"])
			if diff := cmp.Diff(map[string]any{"indicator": c.indicator, "description": c.description}, sum["status"]); diff != "" {
				t.Error(diff)
			}
			component, _ := first(t, sum["components"]).(map[string]any)
			if component["status"] != c.component {
				t.Errorf("the group is %v, want %s", component["status"], c.component)
			}
			open, _ := decode(t, docs["/api/v2/incidents/unresolved.json"])["incidents"].([]any)
			if len(open) != c.unresolved {
				t.Errorf("%d are unresolved, want %d", len(open), c.unresolved)
			}
		})
	}
}

// TestFeedsAreXML also with hostile text in every field: four incidents and what
// is planned.
func TestFeedsAreXML(t *testing.T) {
	for _, w := range []page.World{pagetest.World(pagetest.Resolved), pagetest.Filled(hostile.Values()[2].Text)} {
		docs, want := documents(t, w), 4+len(w.Maintenances)
		var atom struct {
			Entries []struct {
				ID    string `xml:"id"`
				Title string `xml:"title"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal(docs["/history.atom"].Body, &atom); err != nil || len(atom.Entries) != want {
			t.Errorf("Atom: %v, %d entries", err, len(atom.Entries))
		}
		if id := atom.Entries[0].ID; id != "https://status.example.org/incidents/2024-0516-imsg" {
			t.Errorf("the newest entry is %s", id)
		}
		var rss struct {
			Items []struct {
				Title string `xml:"title"`
			} `xml:"channel>item"`
		}
		if err := xml.Unmarshal(docs["/history.rss"].Body, &rss); err != nil || len(rss.Items) != want {
			t.Errorf("RSS: %v, %d items", err, len(rss.Items))
		}
	}
}
