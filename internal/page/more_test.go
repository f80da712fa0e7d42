package page_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/hostile"
)

// planned is a world with work under way on iMessage and work to come on the
// private service.
func planned(body string) page.World {
	return worldAt(pagetest.Quiet, func(w *page.World) {
		w.Maintenances = []page.Maintenance{
			{ID: "db", Title: "Database move", Body: body, Services: []string{"imessage", pagetest.PrivateID}, From: w.Now.Add(-time.Hour), To: w.Now.Add(time.Hour), CreatedAt: w.Now.Add(-48 * time.Hour), UpdatedAt: w.Now.Add(-48 * time.Hour)},
			{ID: "secret", Title: "Moving the " + pagetest.PrivateName, Services: []string{pagetest.PrivateID}, From: w.Now.Add(time.Hour), To: w.Now.Add(2 * time.Hour)},
			{ID: "next", Title: "New certificates", Services: []string{"facetime"}, From: w.Now.Add(24 * time.Hour), To: w.Now.Add(25 * time.Hour)},
			{ID: "done", Title: "Was done", Services: []string{"homekit"}, From: w.Now.Add(-25 * time.Hour), To: w.Now.Add(-24 * time.Hour)},
		}
	})
}

// TestMaintenance: the page, the v2 documents and the calendar tell the same,
// and nothing of a private service.
func TestMaintenance(t *testing.T) {
	docs := documents(t, planned("We *move* it."))
	if s := words(parse(t, docs["/s/imessage"])); !strings.Contains(s, "iMessage is under planned maintenance.") || !strings.Contains(s, "Database move, until 17:20 CDT.") {
		t.Errorf("the service's page does not say it: %.200s", s)
	}
	sum := decode(t, docs["/api/v2/summary.json"])
	if s, _ := sum["status"].(map[string]any); s["indicator"] != "maintenance" {
		t.Errorf("the indicator is %v", s["indicator"])
	}
	for name, want := range map[string]string{
		"scheduled-maintenances": "next scheduled, db in_progress, done completed", "scheduled-maintenances/upcoming": "next scheduled", "scheduled-maintenances/active": "db in_progress",
	} {
		var got []string
		list, _ := decode(t, docs["/api/v2/"+name+".json"])["scheduled_maintenances"].([]any)
		for _, m := range list {
			m, _ := m.(map[string]any)
			got = append(got, m["id"].(string)+" "+m["status"].(string))
			if f := strings.Join(fields(m), " "); f != "components created_at id impact incident_updates monitoring_at name page_id reminder_intervals resolved_at scheduled_for scheduled_until shortlink started_at status updated_at" {
				t.Errorf("%s has the fields %s", name, f)
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s lists %s, want %s", name, s, want)
		}
	}
	for path, d := range docs {
		if strings.Contains(string(d.Body), pagetest.PrivateName) || strings.Contains(string(d.Body), pagetest.PrivateID) {
			t.Errorf("%s gives the private service away", path)
		}
	}
	if n := strings.Count(string(docs["/calendar.ics"].Body), "UID:maintenance-"); n != 3 {
		t.Errorf("the calendar has %d maintenances", n)
	}
}

// TestMarkdown: what people write is formatted, and can neither run, load, look
// like the page nor lead to a script.
func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ says, body, want string }{
		{"emphasis and lists", "**Now**\n\n- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"},
		{"a link", "[more](https://example.org/a)", `<a href="https://example.org/a" rel="nofollow noreferrer">more</a>`},
		{"an address by itself", "see https://example.org/a.", `<a href="https://example.org/a" rel="nofollow noreferrer">`},
		{"a script", "<script>alert(1)</script>", ""},
		{"a link that runs", "[x](javascript:alert(1))", "x"},
		{"the same in disguise", "[x](java\tscript:alert(1)) [y](&#106;avascript:alert(1)) [z](data:text/html,x)", ""},
		{"a picture from elsewhere", "![x](https://evil.example/x.png)", ""},
		{"a heading", "# Everything works", "Everything works"},
		{"raw markup", `<a href="https://evil.example" onclick="x()" style="position:fixed">y</a><form action=//evil><input name=password></form>`, "y"},
		{"a hidden turn of direction", "fine\u202eeruces", "fineeruces"},
	} {
		t.Run(c.says, func(t *testing.T) {
			body := string(documents(t, planned(c.body))["/"].Body)
			_, rest, _ := strings.Cut(body, `<div class="md" dir="auto">`)
			said, _, _ := strings.Cut(rest, "</div>")
			if !strings.Contains(said, c.want) {
				t.Errorf("%s lacks %s", said, c.want)
			}
			root, err := html.Parse(strings.NewReader(said))
			if err != nil {
				t.Fatal(err)
			}
			each(root, "", func(n *html.Node) {
				switch n.Data {
				case "script", "img", "form", "input", "h1", "h2", "style", "iframe":
					t.Errorf("it has a <%s>", n.Data)
				}
				for _, a := range n.Attr {
					if a.Key != "href" && a.Key != "rel" || a.Key == "href" && !strings.HasPrefix(a.Val, "https://") {
						t.Errorf("it has %s=%q", a.Key, a.Val)
					}
				}
			})
		})
	}
}

// TestCalendarLines: every line is short, ends in CRLF and is one of ours,
// whatever the titles say (RFC 5545, 3.1).
func TestCalendarLines(t *testing.T) {
	w := pagetest.Filled(hostile.Values()[2].Text)
	for i := range w.Incidents {
		w.Incidents[i].Title = "x\r\nBEGIN:VALARM\nATTACH:https://evil.example;,\\" + strings.Repeat("ü", 200)
	}
	body := string(documents(t, w)["/calendar.ics"].Body)
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("the line %q has %d octets", line, len(line))
		}
		name, _, _ := strings.Cut(line, ":")
		if !strings.HasPrefix(line, " ") && !strings.Contains("BEGIN END VERSION PRODID METHOD X-WR-CALNAME UID DTSTAMP DTSTART DTEND SUMMARY DESCRIPTION STATUS URL TRANSP", name) || strings.HasPrefix(line, "BEGIN:VALARM") {
			t.Errorf("a line of a stranger: %q", line)
		}
	}
	if strings.Count(body, "BEGIN:VEVENT") != strings.Count(body, "END:VEVENT") || !strings.HasSuffix(body, "END:VCALENDAR\r\n") {
		t.Error("the calendar is not whole")
	}
}

// TestBadgesAreXML with hostile names too, and say the state in words.
func TestBadgesAreXML(t *testing.T) {
	for _, w := range []page.World{pagetest.World(pagetest.Outage), pagetest.Filled(hostile.Values()[2].Text)} {
		for path, d := range documents(t, w) {
			if !strings.HasSuffix(path, ".svg") {
				continue
			}
			dec := xml.NewDecoder(strings.NewReader(string(d.Body)))
			for {
				tok, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if e, ok := tok.(xml.StartElement); ok && !strings.Contains("svg title rect path g text", e.Name.Local) {
					t.Errorf("%s has a <%s>", path, e.Name.Local)
				}
			}
			if !strings.Contains(string(d.Body), ": Outage</title>") {
				t.Errorf("%s does not say the state", path)
			}
		}
	}
}

// TestFeedsReadMarkdown: whoever reads what people wrote as a text is spared its
// marks, and a list keeps its lines.
func TestFeedsReadMarkdown(t *testing.T) {
	w := pagetest.World(pagetest.Outage)
	const said = "Orders **wait** in the [queue](https://x.example/q?a=1&b=2).\r\n\r\n- a_b\n- 1 < 2\n\n> as *they* say\nsince `noon`"
	const want = "Orders wait in the queue (https://x.example/q?a=1&b=2).\n\n- a_b\n- 1 < 2\n\nas they say\nsince noon"
	w.Incidents[0].Updates[0].Body = said
	w.Maintenances = []page.Maintenance{{ID: "m", Title: "Move", Body: said, Services: []string{"imessage"}, From: w.Now.Add(minute), To: w.Now.Add(2 * minute)}}
	docs := documents(t, w)
	for path, times := range map[string]int{
		"/history.json": 2, "/history.atom": 2, "/api/v2/incidents.json": 1, "/api/v2/scheduled-maintenances.json": 1,
	} {
		text := html.UnescapeString(string(docs[path].Body))
		if strings.HasSuffix(path, ".json") {
			text = unquoted(t, docs[path].Body)
		}
		if got := strings.Count(text, want); got < times || strings.Contains(text, "**") {
			t.Errorf("%s has it %d times as a text, want %d:\n%s", path, got, times, text)
		}
	}
	for _, path := range []string{"/history.rss", "/calendar.ics"} {
		if text := string(docs[path].Body); strings.Contains(text, "**") || !strings.Contains(text, "Orders wait in the queue") {
			t.Errorf("%s: %s", path, text)
		}
	}
}

// unquoted are the texts of a JSON document, one after the other.
func unquoted(t *testing.T, doc []byte) string {
	t.Helper()
	var out strings.Builder
	for d := json.NewDecoder(bytes.NewReader(doc)); ; {
		v, err := d.Token()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := v.(string); ok {
			out.WriteString(s + "\n")
		}
	}
}

// TestJSONFeed has what version 1.1 asks for.
func TestJSONFeed(t *testing.T) {
	var f struct {
		Version string                                          `json:"version"`
		Title   string                                          `json:"title"`
		Items   []struct{ ID, Title, URL, Content_text string } `json:"items"`
	}
	if err := json.Unmarshal(documents(t, pagetest.World(pagetest.Resolved))["/history.json"].Body, &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != "https://jsonfeed.org/version/1.1" || f.Title == "" || len(f.Items) != 4 || f.Items[0].ID != "2024-0516-imsg" || f.Items[0].URL == "" {
		t.Errorf("%+v", f)
	}
}

// TestAccuracy counts what was late, wrong and missed.
func TestAccuracy(t *testing.T) {
	docs := documents(t, worldAt(pagetest.Resolved, func(w *page.World) {
		for i := range w.Incidents {
			switch in := &w.Incidents[i]; in.ID {
			case "past-1":
				in.State = outcry.StateDismissed
			case "past-2":
				in.Manual = true
			}
		}
	}))
	s := words(parse(t, docs["/accuracy"]))
	for _, want := range []string{
		"Incidents 3 Half were published within 1 min Slowest 1 min 1 s False 1 Missed 1",
		"FaceTime 1 1 min 1 s 1 min 1 s 1 0", "Withdrawn: it was nothing", "A person said it first", "Found by itself",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("the ledger does not say %q: %s", want, s)
		}
	}
	if strings.Contains(s, "never published") || strings.Contains(s, pagetest.PrivateName) {
		t.Error("the ledger tells what is not public")
	}
}

// TestUptime weighs outages wholly, degradations by three tenths, and neither
// rumours nor time in which nobody watched; overlaps count once.
func TestUptime(t *testing.T) {
	day := 24 * time.Hour
	now := pagetest.Now(pagetest.Quiet)
	in := func(from, to time.Duration, impact outcry.Impact, confirmed bool) outcry.Incident {
		return outcry.Incident{ID: from.String() + to.String(), State: outcry.StateResolved, Public: true, Confirmed: confirmed, Impact: impact, Services: []string{"a"},
			Onset: outcry.Onset{At: now.Add(-from)}, PublishedAt: now.Add(-from), ClosedAt: now.Add(-to), UpdatedAt: now.Add(-to)}
	}
	for _, c := range []struct {
		says      string
		incidents []outcry.Incident
		blind     []page.Span
		want      string
	}{
		{"nothing has happened", nil, nil, "100% uptime"},
		{"an outage of a tenth of ten days", []outcry.Incident{in(2*day, day, outcry.ImpactMajor, true)}, nil, "90% uptime"},
		{"a degradation counts three tenths", []outcry.Incident{in(2*day, day, outcry.ImpactMinor, true)}, nil, "97% uptime"},
		{"what nobody confirmed counts nothing", []outcry.Incident{in(2*day, day, outcry.ImpactMajor, false)}, nil, "100% uptime"},
		{"the gravest of two at a time", []outcry.Incident{in(2*day, day, outcry.ImpactMajor, true), in(3*day, day, outcry.ImpactMinor, true)}, nil, "87% uptime"},
		{"time that nobody watched is not counted", []outcry.Incident{in(2*day, day, outcry.ImpactMajor, true)}, []page.Span{{From: now.Add(-10 * day), To: now.Add(-5 * day)}}, "80% uptime"},
		{"of forty minutes no share is told", nil, []page.Span{{From: now.Add(-10 * day), To: now.Add(-40 * time.Minute)}}, ""},
		{"of an hour it is", nil, []page.Span{{From: now.Add(-10 * day), To: now.Add(-time.Hour)}}, "100% uptime"},
		{"a second is not rounded away", []outcry.Incident{in(2*day, 2*day-time.Second, outcry.ImpactMajor, true)}, nil, "99.999% uptime"},
	} {
		w := page.World{Now: now, Heard: now, Incidents: c.incidents, Services: []page.Service{{Service: outcry.Service{ID: "a", Name: "A"}, Condition: outcry.CondNormal, Since: now.Add(-10 * day), Blind: c.blind}}}
		s := words(parse(t, documents(t, w)["/s/a"]))
		if !strings.Contains(s, c.want) || c.want == "" && strings.Contains(s, "% uptime") {
			t.Errorf("%s: the page does not say %q", c.says, c.want)
		}
	}
}

// TestTheFirstDayIsAsWellKnownAsItWasWatched: of a service that is new since a
// minute, half a minute is half the day.
func TestTheFirstDayIsAsWellKnownAsItWasWatched(t *testing.T) {
	now := pagetest.Now(pagetest.Quiet)
	for _, c := range []struct {
		says  string
		blind time.Duration // until now
		want  bool          // that the day is known
	}{
		{"all of a minute was watched but ten seconds", 10 * time.Second, true},
		{"ten seconds of it were watched", 50 * time.Second, false},
	} {
		w := page.World{Now: now, Heard: now, Services: []page.Service{{Service: outcry.Service{ID: "a", Name: "A"}, Condition: outcry.CondNormal,
			Since: now.Add(-time.Minute), Blind: []page.Span{{From: now.Add(-c.blind)}}}}}
		if got := strings.Contains(string(documents(t, w)["/s/a"].Body), `<path class="b-ok"`); got != c.want {
			t.Errorf("%s: that the day is known is said to be %v", c.says, got)
		}
	}
}

// TestRatesSayNoMoreThanIsKnown: a ratio is told where chance does not explain
// it, and none where the usual is not known.
func TestRatesSayNoMoreThanIsKnown(t *testing.T) {
	for _, c := range []struct {
		says  string
		share page.Share
		want  string
	}{
		{"far above", page.Share{Key: "US-TX", Count: 140, Usual: 10}, "Texas, US 140 14 × usual"},
		{"two where less than one is usual are no news", page.Share{Key: "US-TX", Count: 2, Usual: .4}, "Texas, US 2 as usual"},
		{"many, and usually many", page.Share{Key: "US-TX", Count: 110, Usual: 100}, "Texas, US 110 as usual"},
	} {
		s := words(parse(t, documents(t, worldAt(pagetest.Outage, func(w *page.World) { w.Services[0].Regions = []page.Share{c.share} }))["/s/imessage"]))
		if !strings.Contains(s, c.want) {
			t.Errorf("%s: the page does not say %q", c.says, c.want)
		}
	}
	s := words(parse(t, documents(t, worldAt(pagetest.Outage, func(w *page.World) { w.Services[0].Regions = []page.Share{{Key: "US-TX", Count: 140, Usual: -1}} }))["/s/imessage"]))
	if strings.Contains(s, "× usual") || !strings.Contains(s, "Texas, US 140") {
		t.Error("a rate is told though the usual is not known")
	}
}
