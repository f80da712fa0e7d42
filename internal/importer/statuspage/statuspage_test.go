package statuspage

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/importer/importertest"
)

func TestSample(t *testing.T) {
	data, err := os.ReadFile("testdata/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read("summary.json", data)
	out := importertest.Made(t, d, err)
	c, err := config.Parse("x", []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range c.Services {
		s := &c.Services[i]
		got = append(got, s.Group+"/"+s.Name+": "+s.Description)
	}
	want := []string{"API/REST: https://api.acme.example", "API/Webhooks: ", "/Dashboard: “the app”: Where customers sign in\nand out"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if p := c.Pages[0]; p.Title != "Acme Status" || p.Timezone != "America/New_York" {
		t.Errorf("the page is %+v", p)
	}
	for _, word := range []string{"Webhooks are late: it is open there", "Sign-in failed: what was before", "Database upgrade", "only_show_if_degraded", "description of the group API", "https://status.acme.example"} {
		if !strings.Contains(out, word) {
			t.Errorf("%q is dropped without a word", word)
		}
	}
	if strings.Contains(out, "maintenance 2024-03-01") {
		t.Error("work that is over is mentioned")
	}
}

func TestListsOfTheAuthenticatedAPI(t *testing.T) {
	d, err := Read("x", []byte(`[{"id":"a","name":"One","group_id":null},{"id":"b","name":""}]`))
	if err != nil {
		t.Fatal(err)
	}
	out, sum, err := d.Finish(config.Types{})
	if err != nil || sum.Services != 2 || !strings.Contains(string(out), "id: components-1") {
		t.Errorf("%+v, %v:\n%s", sum, err, out)
	}
}

func TestWhatIsNone(t *testing.T) {
	for why, text := range map[string]string{
		"nothing": "", "no JSON": "<html>", "another document": `{"status":{}}`, "no components": `{"components":[]}`, "components that are none": `{"components":[1]}`,
	} {
		d, err := Read("x", []byte(text))
		importertest.Refused(t, why, d, err)
	}
}

func FuzzRead(f *testing.F) {
	sample, err := os.ReadFile("testdata/summary.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte(`{"page":{"time_zone":"Local","name":"\u0000"},"components":[{"name":"a"}],"incidents":[{}],"scheduled_maintenances":[{"components":[{}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read("x", data)
		importertest.Sound(t, d, err)
	})
}
