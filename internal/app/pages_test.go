package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
)

// TestLanguagesOfTheConfiguration: what the configuration takes for a page's
// language is what pages speak.
func TestLanguagesOfTheConfiguration(t *testing.T) {
	r, err := page.New(page.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Languages() {
		text := fmt.Sprintf("pages: [{id: main, language: %s}]\nservices: [{id: a}]\n", l.ID)
		if _, err := config.Parse("c.yaml", []byte(text), Types()); err != nil {
			t.Error(err)
		}
	}
	_, err = config.Parse("c.yaml", []byte("pages: [{id: main, language: xx}]\nservices: [{id: a}]\n"), Types())
	if err == nil {
		t.Fatal("a language that there is not was taken")
	}
	if listed := strings.Count(err.Error(), ","); listed != len(r.Languages())-1 {
		t.Errorf("the mistake lists other languages than pages speak: %v", err)
	}
}

// TestHiddenServices: which services strangers may report where, and from which
// sites' pages.
func TestHiddenServices(t *testing.T) {
	t.Setenv("OUTCRY_TEST_PAGE", "swordfish")
	c, err := config.Parse("c.yaml", []byte(`
services: [{id: shop}, {id: ledger}, {id: both}, {id: payroll, private: true}]
intake: {origins: ["https://www.example.com"]}
pages:
  - {id: main, url: "https://status.example.com:443", services: [shop, both]}
  - {id: partners, url: "https://Partners.example.com:8443/", services: [ledger, both], password: {env: OUTCRY_TEST_PAGE}}
  - {id: auditors, url: "https://auditors.example.com", services: [ledger], password: {env: OUTCRY_TEST_PAGE}}
`), Types())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"ledger": {"partners.example.com", "auditors.example.com"}, "payroll": nil}
	if diff := cmp.Diff(want, hiddenServices(c)); diff != "" {
		t.Errorf("hidden (-want +got):\n%s", diff)
	}
	origins := []string{"https://www.example.com", "https://status.example.com", "https://partners.example.com:8443", "https://auditors.example.com"}
	if diff := cmp.Diff(origins, originsOf(c)); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
}
