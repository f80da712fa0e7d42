package page_test

import (
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// The British carrier EE, and a platform called TV, are no countries.
func TestACarrierIsNoCountry(t *testing.T) {
	w := worldAt(pagetest.Outage, func(w *page.World) {
		for i := range w.Services {
			w.Services[i].Carriers = []page.Share{{Key: "EE", Count: 7}}
			w.Services[i].Regions = []page.Share{{Key: "GB", Count: 7}}
		}
		for i := range w.Incidents {
			w.Incidents[i].Affected = outcry.Affected{Regions: []string{"GB"}, Carriers: []string{"EE"}, Platforms: []string{"TV"}}
		}
	})
	seen := map[string]bool{}
	for path, d := range documents(t, w) {
		body := string(d.Body)
		for _, wrong := range []string{"Estonia", "Tuvalu"} {
			if strings.Contains(body, wrong) {
				t.Errorf("%s speaks of %s", path, wrong)
			}
		}
		for _, right := range []string{"EE", "United Kingdom"} {
			seen[right] = seen[right] || strings.Contains(body, right)
		}
	}
	if !seen["EE"] || !seen["United Kingdom"] {
		t.Errorf("named are %v", seen)
	}
}
