package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/web"
)

func TestChannels(t *testing.T) {
	const head = `
services: [{id: shop}, {id: chat}]
notify:
  channels:
    - {name: all, type: webhook, url: "https://a.example/", secret: {env: S}}
    - {name: keepers, type: webhook, url: "https://b.example/", secret: {env: S}}
`
	opened, resolved := []outcry.NoticeKind{outcry.NoticeOpened}, []outcry.NoticeKind{outcry.NoticeResolved}
	for _, c := range []struct {
		name, routes string
		service      string
		kinds        []outcry.NoticeKind
		want         []string // channels
	}{
		{"without routes every channel hears everything", "", "shop", opened, []string{"all", "keepers"}},
		{"a route for this service", "  routes: [{services: [shop], channels: [keepers]}]", "shop", opened, []string{"keepers"}},
		{"a route for another service", "  routes: [{services: [shop], channels: [keepers]}]", "chat", opened, nil},
		{"a route for this kind", "  routes: [{kinds: [incident.resolved], channels: [all]}]", "shop", resolved, []string{"all"}},
		{"a route for another kind", "  routes: [{kinds: [incident.resolved], channels: [all]}]", "shop", opened, nil},
		{"a channel on two routes hears it once", "  routes: [{channels: [all]}, {services: [shop], channels: [keepers, all]}]", "shop", opened, []string{"all", "keepers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := incident.Change{
				Incident: outcry.Incident{ID: "i1", Version: 4, Services: []string{c.service}, Updates: []outcry.Update{{Body: "word", Public: true}}},
				Notices:  c.kinds,
			}
			var got []string
			ids := map[string]bool{}
			now := time.Now()
			for _, n := range (channels{parse(t, head+c.routes).Notify}).notices(now, &ch) {
				got = append(got, n.Channel)
				if ids[n.ID] || !strings.HasPrefix(n.ID, "i1-5-") {
					t.Errorf("id %q: not of the version that will be stored, or not unique", n.ID)
				}
				ids[n.ID] = true
				if n.Update.Body != "word" || !n.NextAttempt.Equal(now) || n.Kind != c.kinds[0] {
					t.Errorf("notice %+v", n)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("channels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		web  web.Command
		want []incident.Command
	}{
		{
			"to open", web.Command{Action: web.ActionOpen, Title: "Down", Body: "We look", Services: []string{"shop"}, Impact: outcry.ImpactMajor, Onset: t0.Start()},
			[]incident.Command{{Verb: incident.Open, Title: "Down", Body: "We look", Services: []string{"shop"}, Impact: outcry.ImpactMajor, Onset: t0.Start()}},
		},
		{
			"to resolve", web.Command{Action: web.ActionResolve, ID: "i1", Author: "ann", Body: "Done"},
			[]incident.Command{{Verb: incident.Resolve, Incident: "i1", Author: "ann", Body: "Done"}},
		},
		{
			"a public word with a state", web.Command{Action: web.ActionUpdate, ID: "i1", Body: "Found", State: outcry.StateIdentified, Public: true},
			[]incident.Command{{Verb: incident.Say, Incident: "i1", Body: "Found", State: outcry.StateIdentified}},
		},
		{
			"a note to the team changes no state", web.Command{Action: web.ActionUpdate, ID: "i1", Body: "Psst", State: outcry.StateIdentified},
			[]incident.Command{{Verb: incident.Note, Incident: "i1", Body: "Psst"}},
		},
		{
			"a cause alone", web.Command{Action: web.ActionUpdate, ID: "i1", Cause: "The cable", Public: true},
			[]incident.Command{{Verb: incident.Edit, Incident: "i1", Cause: "The cable"}},
		},
		{
			"a word and a title are two commands", web.Command{Action: web.ActionUpdate, ID: "i1", Body: "More", Title: "Worse", Public: true},
			[]incident.Command{{Verb: incident.Say, Incident: "i1", Body: "More"}, {Verb: incident.Edit, Incident: "i1", Title: "Worse"}},
		},
		{"nothing", web.Command{Action: web.ActionUpdate, ID: "i1", Public: true}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, commands(&c.web)); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

// The API's commands reach the store, each on the version that the last left.
func TestCommander(t *testing.T) {
	x := newTrial(t)
	c := commander{x.court}
	in, err := c.Do(t.Context(), web.Command{Action: web.ActionOpen, Author: "ann", Title: "Down", Body: "We look", Services: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	in, err = c.Do(t.Context(), web.Command{Action: web.ActionUpdate, ID: in.ID, Author: "ann", Body: "Found", Cause: "The cable", Public: true, Version: in.Version})
	if err != nil || in.Version != 3 || in.Cause != "The cable" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := c.Do(t.Context(), web.Command{Action: web.ActionUpdate, ID: in.ID, Author: "ann"}); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("an update of nothing: %v", err)
	}
	stored := library{x.docs.Store}
	got, err := stored.Incident(t.Context(), in.ID)
	if err != nil || got.Version != 3 || got.Updates[1].Body != "Found" {
		t.Errorf("stored: %+v, %v", got, err)
	}
	list, err := stored.Incidents(t.Context(), web.Query{Open: true, Service: "shop", Limit: 10})
	if err != nil || len(list) != 1 {
		t.Errorf("listed: %d, %v", len(list), err)
	}
}
