package page_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// What a visitor is told, in their language, and of whatever anybody wrote.
func TestHerald(t *testing.T) {
	h, err := page.NewHerald()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2024, 5, 16, 21, 39, 10, 0, time.UTC)
	in := outcry.Incident{ID: "i", Public: true, Confirmed: true, Impact: outcry.ImpactMajor, Services: []string{"mail"}, DetectedAt: began.Add(time.Minute), UpdatedAt: began.Add(2 * time.Hour)}
	notice := func(kind outcry.NoticeKind, state outcry.IncidentState, body string) *outcry.Notice {
		n := &outcry.Notice{Kind: kind, Incident: in, Update: outcry.Update{State: state, Body: body}}
		n.Incident.State = state
		if state.Terminal() {
			n.Incident.ClosedAt = began.Add(time.Hour)
		}
		return n
	}
	for _, c := range []struct {
		says, lang string
		n          *outcry.Notice
		title      string
		body       string
		dir        string
	}{
		{"the end, in English", "en", notice(outcry.NoticeResolved, outcry.StateResolved, ""), "Mail is working again.", "It was failing from about {0} until {1}.", "ltr"},
		{"from right to left", "ar", notice(outcry.NoticeResolved, outcry.StateResolved, ""), "خدمة \u2068Mail\u2069 تعمل من جديد.", "", "rtl"},
		{"a language that we do not speak", "xx", notice(outcry.NoticeResolved, outcry.StateResolved, ""), "Mail is working again.", "", "ltr"},
		{"that it was nothing", "en", notice(outcry.NoticeResolved, outcry.StateDismissed, ""), "Mail is working.", "Withdrawn: it was nothing", "ltr"},
		{"what the machine has to say", "en", notice(outcry.NoticeUpdated, outcry.StateMonitoring, ""), "Mail is coming back.", "Recovering", "ltr"},
		{"Markdown is read, markup is not shown", "en", notice(outcry.NoticeUpdated, outcry.StateIdentified, "A **disk** <script>alert(1)</script> & {0}"), "Mail is failing.", "Cause identified: A disk alert(1) & {0}", "ltr"},
	} {
		got := h.Say(c.lang, "Mail\u202e", c.n)
		if got.Title != c.title || c.body != "" && got.Body != c.body || got.Dir != c.dir || got.Tag != "mail" || got.Path != "/s/mail?lang="+got.Lang {
			t.Errorf("%s: %+v", c.says, got)
		}
	}
	got := h.Say("en", "Mail", notice(outcry.NoticeResolved, outcry.StateResolved, ""))
	if d := cmp.Diff([]time.Time{began.Add(time.Minute), began.Add(time.Hour)}, got.At); d != "" {
		t.Errorf("from when to when:\n%s", d)
	}
	long := h.Say("en", strings.Repeat("é", 900), notice(outcry.NoticeUpdated, outcry.StateIdentified, strings.Repeat("漢", 9000)))
	if len(long.Title)+len(long.Body) > 1200 {
		t.Errorf("%d bytes do not fit into a message", len(long.Title)+len(long.Body))
	}
}

// The offer stands on a failing service's page and nowhere else, and only where
// there is a key.
func TestOfferToTell(t *testing.T) {
	for _, c := range []struct {
		says, key string
		stage     pagetest.Stage
		want      bool
	}{
		{"it fails", "BKey", pagetest.Outage, true}, {"it comes back", "BKey", pagetest.Recovering, true}, {"it works", "BKey", pagetest.Quiet, false}, {"there is no key", "", pagetest.Outage, false},
	} {
		r, err := page.New(page.Options{PushKey: c.key})
		if err != nil {
			t.Fatal(err)
		}
		w := pagetest.World(c.stage)
		views, err := r.Views(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if v.Path != "/s/imessage" {
				continue
			}
			d, err := r.Render(v, w.Now)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(d.Body), `data-key="BKey"`) && strings.Contains(string(d.Body), "Tell me when it is back"); got != c.want {
				t.Errorf("%s: offered %v", c.says, got)
			}
		}
	}
}
