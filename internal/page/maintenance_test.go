package page_test

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// Of work that comes every week the pages and feeds tell the next time only, the
// calendar and the v2 documents each; what is over is in no feed.
func TestWorkOfEveryWeek(t *testing.T) {
	w := pagetest.World(pagetest.Quiet)
	at := w.Now.Add(-time.Hour)
	for i, id := range []string{"backup-1", "backup-2", "backup-3"} {
		from := at.AddDate(0, 0, 7*(i-1))
		w.Maintenances = append(w.Maintenances, page.Maintenance{
			ID: id, Series: "backup", Title: "Backup <of> " + id, Body: "Orders **wait**.", Services: []string{"imessage"},
			From: from, To: from.Add(2 * time.Hour), CreatedAt: from.AddDate(0, 0, -14), UpdatedAt: from.AddDate(0, 0, -14),
		})
	}
	r, err := page.New(page.Options{Name: "Apple", URL: "https://status.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	views, err := r.Views(w)
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, v := range views {
		doc, err := r.Render(v, w.Now)
		if err != nil {
			t.Fatal(err)
		}
		docs[v.Path] = string(doc.Body)
	}
	for _, test := range []struct {
		sentence, path string
		times          [3]int
	}{
		{"the page has the one under way", "/", [3]int{0, 2, 0}}, // as a heading, and as its place
		{"so has Atom", "/history.atom", [3]int{0, 3, 0}},
		{"so has RSS", "/history.rss", [3]int{0, 3, 0}},
		{"so has the JSON feed", "/history.json", [3]int{0, 3, 0}},
		{"the calendar has all", "/calendar.ics", [3]int{2, 2, 2}},
	} {
		for i, id := range []string{"backup-1", "backup-2", "backup-3"} {
			if n := strings.Count(docs[test.path], id); n != test.times[i] {
				t.Errorf("%s: %s is there %d times, want %d", test.sentence, id, n, test.times[i])
			}
		}
	}
	if v2 := docs["/api/v2/scheduled-maintenances.json"]; strings.Count(v2, `"id":"backup-`) < 3 || !strings.Contains(v2, `"status":"in_progress"`) {
		t.Errorf("the v2 document: %.300s", v2)
	}
	for _, path := range []string{"/", "/history.atom", "/history.rss"} {
		if strings.Contains(docs[path], "<of>") {
			t.Errorf("%s has the title's brackets as they are", path)
		}
	}
}
