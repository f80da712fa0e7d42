package incident_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
)

// Every command that a state does not allow is refused with a sentence, and
// changes nothing.
func TestRefusedCommands(t *testing.T) {
	failing := []spell{fails("imessage", 1, 200)}
	open := incident.Command{Verb: incident.Open, Title: "Slow", Body: "We look.", Services: []string{"facetime"}}
	for _, c := range []struct {
		name   string
		policy incident.Mode
		before []deed
		c      incident.Command
		code   outcry.Code
		field  string
	}{
		{"an incident that nobody knows", incident.Auto, nil, incident.Command{Verb: incident.Say, Incident: "x", Body: "b"}, outcry.CodeNotFound, ""},
		{"a verb that does not exist", incident.Auto, nil, incident.Command{Verb: "bury"}, outcry.CodeInvalid, "verb"},
		{"an update without words", incident.Auto, nil, incident.Command{Verb: incident.Say, Body: " \n"}, outcry.CodeInvalid, "body"},
		{"a note without words", incident.Auto, nil, incident.Command{Verb: incident.Note}, outcry.CodeInvalid, "body"},
		{"nobody's command", incident.Auto, nil, incident.Command{Verb: incident.Resolve, Author: " "}, outcry.CodeInvalid, "author"},
		{"a person who signs as the machine", incident.Auto, nil, incident.Command{Verb: incident.Resolve, Author: "outcry"}, outcry.CodeInvalid, "author"},
		{"a body of a megabyte", incident.Auto, nil, incident.Command{Verb: incident.Note, Body: strings.Repeat("x", 1<<20)}, outcry.CodeInvalid, "body"},
		{"a title that is not text", incident.Auto, nil, incident.Command{Verb: incident.Edit, Title: "\xff"}, outcry.CodeInvalid, "title"},
		{"an edit of nothing", incident.Auto, nil, incident.Command{Verb: incident.Edit}, outcry.CodeInvalid, "title"},
		{"an impact that does not exist", incident.Auto, nil, incident.Command{Verb: incident.Edit, Impact: "huge"}, outcry.CodeInvalid, "impact"},
		{"a state that an update cannot give", incident.Auto, nil, incident.Command{Verb: incident.Say, Body: "b", State: outcry.StatePossible}, outcry.CodeInvalid, "state"},
		{"publishing what is public", incident.Auto, nil, incident.Command{Verb: incident.Publish}, outcry.CodeConflict, ""},
		{"confirming what is confirmed", incident.Auto, nil, incident.Command{Verb: incident.Vouch}, outcry.CodeConflict, ""},
		{"reopening what is open", incident.Auto, nil, incident.Command{Verb: incident.Reopen}, outcry.CodeConflict, ""},
		{"telling the public of what is not public", incident.Manual, nil, incident.Command{Verb: incident.Say, Body: "b"}, outcry.CodeConflict, ""},
		{"resolving twice", incident.Auto, []deed{{2, incident.Command{Verb: incident.Resolve}}}, incident.Command{Verb: incident.Resolve}, outcry.CodeConflict, ""},
		{"dismissing what is over", incident.Auto, []deed{{2, incident.Command{Verb: incident.Resolve}}}, incident.Command{Verb: incident.Dismiss}, outcry.CodeConflict, ""},
		{"confirming what is over", incident.Auto, []deed{{2, incident.Command{Verb: incident.Dismiss}}}, incident.Command{Verb: incident.Vouch}, outcry.CodeConflict, ""},
		{"a new state for what is over", incident.Auto, []deed{{2, incident.Command{Verb: incident.Resolve}}}, incident.Command{Verb: incident.Say, Body: "b", State: outcry.StateMonitoring}, outcry.CodeConflict, ""},
		{"opening without a title", incident.Auto, nil, incident.Command{Verb: incident.Open, Body: "b", Services: []string{"facetime"}}, outcry.CodeInvalid, "title"},
		{"opening about no service", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b"}, outcry.CodeInvalid, "services"},
		{"opening about a service that does not exist", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"fax"}}, outcry.CodeInvalid, "services"},
		{"opening about a service that is in an incident", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"imessage"}}, outcry.CodeConflict, ""},
		{"an onset that is to come", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"facetime"}, Onset: minute(6)}, outcry.CodeInvalid, "onset"},
		{"an onset of the last decade", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"facetime"}, Onset: minute(5).AddDate(-2, 0, 0)}, outcry.CodeInvalid, "onset"},
		{"opening as resolved", incident.Auto, nil, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"facetime"}, State: outcry.StateResolved}, outcry.CodeInvalid, "state"},
		{"reopening while its service is in another one", incident.Auto,
			[]deed{{2, incident.Command{Verb: incident.Dismiss}}, {3, incident.Command{Verb: incident.Open, Title: "t", Body: "b", Services: []string{"imessage"}}}},
			incident.Command{Verb: incident.Reopen}, outcry.CodeConflict, ""},
		{"two incidents of one person about one service", incident.Auto, []deed{{2, open}}, open, outcry.CodeConflict, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, incident.Policy{Mode: c.policy})
			s.play(5, failing, c.before)
			before := s.ledger.Open()
			if c.c.Incident == "" {
				c.c.Incident = s.order[0]
			}
			if c.c.Author == "" {
				c.c.Author = "ada"
			}
			_, err := s.ledger.Do(minute(5), c.c)
			if outcry.CodeOf(err) != c.code {
				t.Fatalf("%s: got %v, want code %s", c.name, err, c.code)
			}
			e, _ := errors.AsType[*outcry.Error](err)
			if e.Field != c.field || e.Message == "" {
				t.Errorf("%s: field %q, message %q; want field %q", c.name, e.Field, e.Message, c.field)
			}
			if len(before) > 0 && len(s.ledger.Open()) > 0 && before[0].Version != s.ledger.Open()[0].Version {
				t.Errorf("%s: was refused and changed it", c.name)
			}
		})
	}
}

// People's words win over the machine's, also after a restart.
func TestPeoplesWordsStay(t *testing.T) {
	s := newStage(t, incident.Policy{})
	s.play(30, []spell{fails("imessage", 1, 60), fails("facetime", 10, 60, began(1))}, []deed{
		{3, incident.Command{Verb: incident.Edit, Title: "Messages are late", Impact: outcry.ImpactMinor, Cause: "a bad deploy"}},
		{4, incident.Command{Verb: incident.Say, State: outcry.StateIdentified, Body: "Found it."}},
		{5, incident.Command{Verb: incident.Note, Body: "Ada is on it."}},
	}, 7, 15)
	in := s.stored[s.order[0]]
	if in.Title != "Messages are late" || in.Impact != outcry.ImpactMinor || in.State != outcry.StateIdentified || in.Cause != "a bad deploy" {
		t.Errorf("title %q, impact %s, state %s, cause %q", in.Title, in.Impact, in.State, in.Cause)
	}
	if !strings.Contains(in.Headline, "Cause: a bad deploy.") {
		t.Errorf("headline without the cause: %s", in.Headline)
	}
	for _, u := range in.Updates {
		if u.Body == "Ada is on it." && u.Public {
			t.Error("a note to the team is public")
		}
	}
}

// When a person says that it began stays, also after a restart, and when the judge
// has an opinion of its own.
func TestAPersonsOnsetStays(t *testing.T) {
	s := newStage(t, incident.Policy{})
	s.play(30, []spell{fails("imessage", 4, 60)}, []deed{
		{2, incident.Command{Verb: incident.Open, Title: "Messages are late", Body: "We look.", Services: []string{"imessage"}, Onset: minute(1)}},
		{3, incident.Command{Verb: incident.Open, Title: "Calls drop", Body: "We look.", Services: []string{"facetime"}}},
	}, 10)
	if on := s.stored[s.order[0]].Onset; !on.At.Equal(minute(1)) || !on.From.Equal(minute(1)) || !on.To.Equal(minute(1)) {
		t.Errorf("it began at %s, %s to %s; a person has said %s", on.At, on.From, on.To, minute(1))
	}
	if !strings.Contains(s.stored[s.order[0]].Headline, "since about") {
		t.Errorf("the headline does not say since when: %s", s.stored[s.order[0]].Headline)
	}
	if on := s.stored[s.order[1]].Onset; !on.At.IsZero() {
		t.Errorf("one of which nobody has said when it began has the onset %s", on.At)
	}
}

// What strangers choose, the name of a carrier, cannot carry markup or
// addresses into public words.
func TestHostileScope(t *testing.T) {
	s := newStage(t, incident.Policy{})
	evil := `<script>alert(1)</script>[win](https://evil.example)` + strings.Repeat("x", 500) + "\n\u202e"
	s.play(3, []spell{fails("imessage", 1, 60, carrierFault(evil))}, nil)
	in := s.stored[s.order[0]]
	for _, text := range []string{in.Title, in.Headline, in.Updates[0].Body} {
		if strings.ContainsAny(text, "<>[]/\n\u202e") || len(text) > 600 {
			t.Errorf("hostile words reach the public: %q", text)
		}
	}
}

// The interval of an onset is told where minutes can tell it.
func TestHeadlineTellsAnIntervalOfMinutes(t *testing.T) {
	for _, c := range []struct {
		says     string
		from, to float64 // minutes
		want     string
	}{
		{"within one minute there is nothing to add", 1.1, 1.9, ""},
		{"of two minutes it says which", 0.5, 3.5, "(between 21:00 UTC and 21:03 UTC)"},
		{"twenty seconds over a full minute are no interval", 0.9, 1.2, ""},
	} {
		s := newStage(t, incident.Policy{Mode: incident.Auto})
		s.play(6, []spell{fails("imessage", 4, 6, between(c.from, (c.from+c.to)/2, c.to))}, nil)
		headline := s.stored[s.order[0]].Headline
		if _, told, _ := strings.Cut(headline, "2024 "); strings.Contains(headline, "(between") != (c.want != "") || !strings.HasPrefix(told, c.want) {
			t.Errorf("%s: %s", c.says, headline)
		}
	}
}
