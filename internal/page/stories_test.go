package page_test

import (
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// TestAnswers reads the pages as the afternoon of 16 May 2024 goes by.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name     string
		world    page.World
		overall  string
		imessage string
		says     []string // on the service's page
		saysNot  []string
	}{
		{
			"before the outage everything works", pagetest.World(pagetest.Quiet),
			"All services are working.", "iMessage is working.",
			[]string{"in the last hour, where", "Passes in 41 ms", "All well", "Something else 12"}, []string{"Since about", "Meanwhile"},
		},
		{
			"two minutes in, people report and checks pass: unconfirmed", pagetest.World(pagetest.Unconfirmed),
			"People report problems with all services.", "iMessage may be failing.",
			[]string{"Unconfirmed: people report problems; our checks pass.", "Since about 16:39 CDT, everywhere and on every carrier.", "Possible problem"}, []string{"iMessage is failing."},
		},
		{
			"half an hour in, it is confirmed", pagetest.World(pagetest.Outage),
			"All services are failing.", "iMessage is failing.",
			[]string{"Since about 16:39 CDT, everywhere and on every carrier.", "no answer within 5 s", "Meanwhile: SMS works.", "Cause identified"}, []string{"Cause identified, unconfirmed"},
		},
		{
			"after the end it is coming back", pagetest.World(pagetest.Recovering),
			"All services are coming back.", "iMessage is coming back.",
			[]string{"getting better since 17:41 CDT"}, nil,
		},
		{
			"once resolved everything works, and the incident is still told", pagetest.World(pagetest.Resolved),
			"All services are working.", "iMessage is working.", []string{"are failing"}, []string{"Since about"},
		},
		{
			"when nothing is heard, an open incident stays and its age shows", pagetest.World(pagetest.Stale),
			"All services are failing.", "iMessage is failing.",
			[]string{"we last heard anything 12 minutes ago"}, []string{"in the last hour, where"},
		},
		{
			"when nothing is heard and nothing was wrong, it cannot tell", worldAt(pagetest.Quiet, func(w *page.World) { w.Now = w.Heard.Add(30 * minute) }),
			"We cannot tell how things are.", "We cannot tell whether iMessage is working.",
			[]string{"Last heard 30 minutes ago, at 16:20 CDT."}, []string{"in the last hour, where"},
		},
		{
			"a service that the judge is blind for is unknown, the others are not", worldAt(pagetest.Quiet, func(w *page.World) { w.Services[0].Condition = outcry.CondUnknown }),
			"We cannot tell how iMessage is.", "We cannot tell whether iMessage is working.",
			[]string{"itself cut off"}, []string{"in the last hour, where"},
		},
		{
			"the vendor admits a fault that nobody has felt yet: the answer has it, and not only the list below", worldAt(pagetest.Quiet, func(w *page.World) {
				w.Services[0].Bulletins = []page.Bulletin{{Source: "Apple", Outcome: outcry.Bad, Status: "partial_outage", At: w.Now}}
			}),
			"All services are working.", "iMessage is working.",
			[]string{"The vendor reports a problem.", "reports a problem (partial outage)", "Admits it"}, []string{"All well"},
		},
		{
			"the vendor has taken its word back", worldAt(pagetest.Quiet, func(w *page.World) {
				w.Services[0].Bulletins = []page.Bulletin{{Source: "Apple", Outcome: outcry.Good, At: w.Now}, {Source: "Apple", Outcome: outcry.Bad, At: w.Now.Add(-minute)}}
			}),
			"All services are working.", "iMessage is working.", []string{"Admits it"}, []string{"The vendor reports a problem."},
		},
		{
			"the vendor's planned work is no page that cannot be read", worldAt(pagetest.Quiet, func(w *page.World) {
				w.Services[0].Bulletins = []page.Bulletin{{Source: "Apple", Outcome: outcry.Unknown, Status: "maintenance", At: w.Now}}
			}),
			"All services are working.", "iMessage is working.",
			[]string{"tells of planned maintenance", "Maintenance"}, []string{"Cannot be read", "relied on", "The vendor reports a problem."},
		},
		{
			"reports raised by another fault leave the service working", worldAt(pagetest.Quiet, func(w *page.World) {
				in := pagetest.Incident(pagetest.Outage)
				in.Title, in.Services, in.Collateral = "FaceTime is failing", []string{"facetime"}, []string{"imessage"}
				w.Incidents = append(w.Incidents, in)
			}),
			"FaceTime is failing.", "iMessage is working.", []string{"People report it because of another fault: FaceTime is failing."}, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := documents(t, c.world)
			if got := heading(t, docs["/"]); got != c.overall {
				t.Errorf("overall: %q, want %q", got, c.overall)
			}
			if got := heading(t, docs["/s/imessage"]); got != c.imessage {
				t.Errorf("iMessage: %q, want %q", got, c.imessage)
			}
			text := words(parse(t, docs["/s/imessage"]))
			for _, s := range c.says {
				if !strings.Contains(text, s) {
					t.Errorf("the service's page does not say %q:\n%s", s, text)
				}
			}
			for _, s := range c.saysNot {
				if strings.Contains(text, s) {
					t.Errorf("the service's page says %q", s)
				}
			}
		})
	}
}

func TestOverviewTellsRecentAndCurrentIncidents(t *testing.T) {
	text := func(s pagetest.Stage) string { return words(parse(t, documents(t, pagetest.World(s))["/"])) }
	if s := text(pagetest.Unconfirmed); !strings.Contains(s, "Unconfirmed: people report problems; our checks pass.") || !strings.Contains(s, "Investigating , unconfirmed") && !strings.Contains(s, "Investigating, unconfirmed") {
		t.Errorf("the unconfirmed incident is not told as one: %s", s)
	}
	if s := text(pagetest.Resolved); !strings.Contains(s, "Recently resolved") {
		t.Errorf("the resolved incident has vanished at once: %s", s)
	}
	dayLater := worldAt(pagetest.Resolved, func(w *page.World) { w.Now, w.Heard = w.Now.Add(25*60*minute), w.Heard.Add(25*60*minute) })
	if s := words(parse(t, documents(t, dayLater)["/"])); strings.Contains(s, "Recently resolved") {
		t.Errorf("the incident is still told a day later: %s", s)
	}
}

func TestIncidentPageShowsItsLedger(t *testing.T) {
	text := words(parse(t, documents(t, pagetest.World(pagetest.Resolved))["/incidents/2024-0516-imsg"]))
	for _, want := range []string{
		"it lasted 1 h 20 min", "between 16:38:50 and 16:39:35", "52 s after it began", "Not confined to a region", "Not confined to a carrier",
		"+911.4 nats for", "-1.2 nats against", "8,420 distinct reporters", "Messages not delivered and Can’t connect",
		"8,420 people, where 16 would be usual; at most 402 a minute", "Mara (operations)", "Both gateways drop sessions",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if a, b := strings.Index(text, "Back to normal"), strings.Index(text, "Unconfirmed: people"); a > b {
		t.Error("the timeline is not newest first")
	}
}

func TestHistoryIsByMonth(t *testing.T) {
	docs := documents(t, pagetest.World(pagetest.Resolved))
	for path, want := range map[string]string{"/history": "May 2024", "/history/2024-05": "May 2024", "/history/2024-04": "April 2024", "/history/2024-03": "March 2024"} {
		if got := heading(t, docs[path]); got != want {
			t.Errorf("%s is headed %q, want %q", path, got, want)
		}
	}
	if s := words(parse(t, docs["/history/2024-03"])); !strings.Contains(s, "never confirmed") {
		t.Errorf("an incident without confirmation is told as if it had one: %s", s)
	}
}
