package webpush

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// desk is a queue and the incidents, in memory.
type desk struct {
	mu        sync.Mutex
	waiting   []outcry.Waiting
	incidents map[string]outcry.Incident
	told      []string
	down      error
}

func (d *desk) WaitingSubscribers(context.Context) ([]outcry.Waiting, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting, d.down
}

func (d *desk) TellSubscribers(_ context.Context, n outcry.Notice) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, string(n.Kind)+" "+n.Incident.Services[0]+" "+n.Update.Body)
	return 1, nil
}

func (d *desk) words() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.told)
}

// open has people wait from now on.
func (d *desk) open(waiting ...outcry.Waiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down, d.waiting = nil, waiting
}

func (d *desk) Incident(_ context.Context, id string) (outcry.Incident, error) {
	if in, ok := d.incidents[id]; ok {
		return in, nil
	}
	return outcry.Incident{}, outcry.Errorf(outcry.CodeNotFound, "none")
}

func (d *desk) OpenIncidents(_ context.Context, service string) ([]outcry.Incident, error) {
	var out []outcry.Incident
	for _, in := range d.incidents {
		if in.Open() {
			out = append(out, in)
		}
	}
	return out, nil
}

// Who is told what, by how the incidents stand.
func TestWatch(t *testing.T) {
	at := time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC)
	incident := func(id string, state outcry.IncidentState, updates ...outcry.Update) outcry.Incident {
		return outcry.Incident{ID: id, State: state, Public: true, Services: []string{"chat", "mail"}, Updates: updates}
	}
	human := outcry.Update{At: at, Body: "We know why.", Author: "mara", Public: true}
	machine := outcry.Update{At: at.Add(time.Minute), Body: "Zugzwang is failing.", Author: outcry.AuthorAutomatic, Public: true}
	private := outcry.Update{At: at.Add(2 * time.Minute), Body: "It was Bob.", Author: "mara"}
	hidden, elsewhere := incident("2", outcry.StateInvestigating), incident("2", outcry.StateInvestigating)
	hidden.Public, elsewhere.Services = false, []string{"shop"}
	moved := incident("1", outcry.StateInvestigating)
	moved.Services = []string{"chat"}
	end, all := outcry.Waiting{Service: "mail", Incident: "1", Count: 1}, outcry.Waiting{Service: "mail", Incident: "1", Updates: true, Seen: at.Add(-time.Hour), Count: 1}
	late := all
	late.Seen = at
	for _, c := range []struct {
		says      string
		waiting   outcry.Waiting
		incidents []outcry.Incident
		told      []string
	}{
		{"while it lasts, who asked for the end hears nothing", end, []outcry.Incident{incident("1", outcry.StateMonitoring, human)}, nil},
		{"who asked for updates hears what people say", all, []outcry.Incident{incident("1", outcry.StateIdentified, human)}, []string{"incident.updated mail We know why."}},
		{"once", late, []outcry.Incident{incident("1", outcry.StateIdentified, human)}, nil},
		{"of what the machine says only the state is told", late, []outcry.Incident{incident("1", outcry.StateIdentified, human, machine)}, []string{"incident.updated mail "}},
		{"notes to the team are not told", all, []outcry.Incident{incident("1", outcry.StateIdentified, human, private)}, []string{"incident.updated mail We know why."}},
		{"the end", end, []outcry.Incident{incident("1", outcry.StateResolved, human)}, []string{"incident.resolved mail We know why."}},
		{"that it was nothing is an end too", end, []outcry.Incident{incident("1", outcry.StateDismissed)}, []string{"incident.resolved mail "}},
		{"what goes on under another incident has not ended", end, []outcry.Incident{incident("1", outcry.StateResolved), incident("2", outcry.StatePossible)}, nil},
		{"unless that one is not public", end, []outcry.Incident{incident("1", outcry.StateResolved), hidden}, []string{"incident.resolved mail "}},
		{"or about another service", end, []outcry.Incident{incident("1", outcry.StateResolved), elsewhere}, []string{"incident.resolved mail "}},
		{"a service that an incident is not about any more is back", end, []outcry.Incident{moved}, []string{"incident.resolved mail "}},
		{"of an incident that is gone nothing is known", end, nil, nil},
	} {
		d := &desk{waiting: []outcry.Waiting{c.waiting}, incidents: map[string]outcry.Incident{}}
		for _, in := range c.incidents {
			d.incidents[in.ID] = in
		}
		pokes := 0
		w, err := NewWatcher(d, d, func() { pokes++ }, slog.New(slog.DiscardHandler), func() time.Time { return at }, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.look(t.Context()); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
		if diff := cmp.Diff(c.told, d.told); diff != "" || (pokes > 0) != (len(c.told) > 0) {
			t.Errorf("%s: (-want +got)\n%s%d pokes", c.says, diff, pokes)
		}
	}
}

// A store that is away is asked again; a change is looked at at once, and what
// another process has changed within seconds.
func TestWatcherRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{down: errors.New("away"), incidents: map[string]outcry.Incident{"1": {ID: "1", State: outcry.StateResolved}}}
		said := &strings.Builder{}
		w, err := NewWatcher(d, d, func() {}, slog.New(slog.NewTextHandler(said, nil)), time.Now, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		synctest.Wait()
		d.open(outcry.Waiting{Service: "mail", Incident: "1", Count: 1})
		w.Poke()
		w.Poke()
		synctest.Wait()
		before := len(d.words())
		if before != 1 && before != 2 {
			t.Errorf("told %v", d.words())
		}
		time.Sleep(lookEvery + time.Second)
		if got := d.words(); len(got) != before+1 {
			t.Errorf("told %v after a while", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !strings.Contains(said.String(), "away") {
			t.Errorf("log %s", said)
		}
	})
}

func TestLongUpdatesAreCut(t *testing.T) {
	in := outcry.Incident{Updates: []outcry.Update{{Body: strings.Repeat("é", 5000), Author: "mara", Public: true}}}
	if got := len([]rune(latest(&in).Body)); got != maxSaid+1 {
		t.Errorf("%d runes are kept", got)
	}
}
