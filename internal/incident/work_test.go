package incident_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/incident"
)

// What the judge finds while planned work is under way is not published by
// itself; what lasts longer than the work is, and what people publish is.
func TestPlannedWork(t *testing.T) {
	tests := []struct {
		sentence string
		policy   incident.Mode
		works    []string
		from, to float64 // minutes of the work
		script   []spell
		deeds    []deed
		want     float64 // minute of the first public word; negative: none
	}{
		{"a fault within the work is not told", incident.Auto, []string{"imessage"}, 0, 30, []spell{fails("imessage", 5, 20)}, nil, -1},
		{"a fault that outlasts the work is told when that is over", incident.Auto, []string{"imessage"}, 0, 30, []spell{fails("imessage", 5, 60)}, nil, 30},
		{"without work it is told at once", incident.Auto, nil, 0, 30, []spell{fails("imessage", 5, 20)}, nil, 5},
		{"work on another service excuses nothing", incident.Auto, []string{"facetime"}, 0, 30, []spell{fails("imessage", 5, 20)}, nil, 5},
		{"a fault that reaches beyond what is worked on is told", incident.Auto, []string{"imessage"}, 0, 30,
			[]spell{fails("imessage", 5, 20), fails("facetime", 6, 20, began(4.2))}, nil, 6},
		{"nobody is asked to confirm what is expected, and the deadline runs from its end", incident.Confirm, []string{"imessage"}, 0, 30,
			[]spell{fails("imessage", 5, 60)}, nil, 40},
		{"a person may publish it all the same", incident.Auto, []string{"imessage"}, 0, 30, []spell{fails("imessage", 5, 20)},
			[]deed{{7, incident.Command{Verb: incident.Publish, Incident: "i1", Author: "mara"}}}, 7},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			s := newStage(t, incident.Policy{Mode: test.policy})
			s.cfg.Working = func(service string, at time.Time) bool {
				return slices.Contains(test.works, service) && !at.Before(minute(test.from)) && at.Before(minute(test.to))
			}
			s.restart()
			s.play(70, test.script, test.deeds)
			in := s.stored[s.order[0]]
			got := -1.0
			if in.Public {
				got = in.PublishedAt.Sub(zero).Minutes()
			}
			if got != test.want {
				t.Errorf("first told at minute %v, want %v: %+v", got, test.want, in)
			}
			told := 0
			for _, u := range in.Updates {
				if strings.HasPrefix(u.Body, "Planned maintenance is under way") {
					told++
				}
			}
			if waits := in.PublishedAt.IsZero() || test.want >= test.to; told > 1 || waits && told == 0 {
				t.Errorf("the team is told %d times that it waits", told)
			}
		})
	}
}
