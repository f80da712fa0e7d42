package app

import (
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
)

// Every entry of the catalogue gives a source that a configuration takes.
func TestTheCatalogueIsSound(t *testing.T) {
	all, err := Vendors("")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 60 {
		t.Errorf("%d vendors; at least 60 are promised", len(all))
	}
	types := map[string]bool{}
	var text strings.Builder
	text.WriteString(oneService + "sources:\n")
	for i := range all {
		text.WriteString(all[i].YAML("shop"))
		types[all[i].Type] = true
		if all[i].Title == "" || len(all[i].Tags) == 0 || !strings.HasPrefix(all[i].URL, "https://") {
			t.Errorf("%+v lacks something", all[i])
		}
	}
	c, err := config.Parse("catalogue.yaml", []byte(text.String()), Types())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := makePages(c.Sources); err != nil || len(c.Sources) != len(all) {
		t.Errorf("%d of %d sources: %v", len(c.Sources), len(all), err)
	}
	if len(types) < 8 {
		t.Errorf("of %d types only", len(types))
	}
}

func TestVendorsAreFound(t *testing.T) {
	for search, want := range map[string]string{"GitHub": "github", "python infra": "pypi", "status.claude.com": "anthropic"} {
		if got, err := Vendors(search); err != nil || len(got) != 1 || got[0].Name != want {
			t.Errorf("%s: %v, %v", search, got, err)
		}
	}
	if got, err := Vendors("no such vendor"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := VendorNamed("hub"); err == nil || !strings.Contains(err.Error(), "github") {
		t.Errorf("%v", err)
	}
	if v, err := VendorNamed("slack"); err != nil || v.Type != "slack" {
		t.Errorf("%v, %v", v, err)
	}
}
