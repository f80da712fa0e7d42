package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
)

// Stories run on a clock of minutes since zero, in ticks of ten seconds.
var zero = time.Date(2024, 5, 16, 21, 0, 0, 0, time.UTC)

func minute(m float64) time.Time { return zero.Add(time.Duration(m * float64(time.Minute))) }

// spell is a time in which the judge holds one opinion of one service.
type spell struct {
	from, to float64 // minutes, half open
	v        outcry.Verdict
}

type option func(*outcry.Verdict)

func in(regions ...string) option { return func(v *outcry.Verdict) { v.Affected.Regions = regions } }

func of(symptoms ...string) option {
	return func(v *outcry.Verdict) { v.Affected.Symptoms = symptoms }
}

func carrierFault(name string) option {
	return func(v *outcry.Verdict) { v.Carrier, v.Affected.Carriers = name, []string{name} }
}

func unconfirmed(v *outcry.Verdict) { v.Confirmed = false }

func suspicious(v *outcry.Verdict) { v.Condition, v.Confirmed = outcry.CondSuspicious, false }

func blind(v *outcry.Verdict) { v.Condition = outcry.CondUnknown }

func raisedBy(cause string) option {
	return func(v *outcry.Verdict) { v.Own, v.Cause, v.Confirmed = false, cause, false }
}

func began(at float64) option {
	return func(v *outcry.Verdict) {
		v.Onset = outcry.Onset{At: minute(at), From: minute(at - 0.5), To: minute(at + 0.5)}
	}
}

func between(from, at, to float64) option {
	return func(v *outcry.Verdict) {
		v.Onset = outcry.Onset{At: minute(at), From: minute(from), To: minute(to)}
	}
}

func reporters(n float64) option { return func(v *outcry.Verdict) { v.Size.Reporters = n } }

func lately(rate float64) option { return func(v *outcry.Verdict) { v.Size.Rate = rate } }

// fails is a spell of failing, from its alarm on; its onset is a minute earlier.
func fails(service string, from, to float64, options ...option) spell {
	v := outcry.Verdict{
		Service: service, Condition: outcry.CondFailing, Tier: outcry.TierOutage, Nats: 40, Confirmed: true, Own: true,
		Evidence: []outcry.Evidence{{Stream: "report", Nats: 40, Words: "41 distinct reporters where 0.6 are usual"}},
		Size:     outcry.Size{Reporters: 100, Expected: 2, Rate: 30, Usual: 0.5, Peak: 40},
	}
	began(from - 1)(&v)
	for _, o := range options {
		o(&v)
	}
	return spell{from, to, v}
}

// recovers is the same verdict with its condition recovering.
func recovers(s spell, until float64) spell {
	s.v.Condition, s.from, s.to = outcry.CondRecovering, s.to, until
	return s
}

// deed is a person's command at a minute.
type deed struct {
	at float64
	c  incident.Command
}

var apple = []outcry.Service{
	{ID: "imessage", Name: "iMessage", Advice: "SMS works."}, {ID: "business", Name: "Messages for Business"},
	{ID: "facetime", Name: "FaceTime"}, {ID: "homekit", Name: "HomeKit"},
	{ID: "checkout", Name: "Checkout"}, {ID: "payments", Name: "Payments", DependsOn: []string{"database"}},
	{ID: "database", Name: "Database"}, {ID: "shop", Name: "Shop", DependsOn: []string{"payments"}},
	{ID: "verizon", Name: "Verizon"}, {ID: "tmobile", Name: "T-Mobile"}, {ID: "secret", Name: "Secret", Private: true},
}

// stage runs spells and deeds and keeps what a store would keep.
type stage struct {
	t       *testing.T
	cfg     incident.Config
	ledger  *incident.Ledger
	ids     int
	stored  map[string]outcry.Incident
	order   []string
	notices []string
}

func newStage(t *testing.T, policy incident.Policy) *stage {
	s := &stage{t: t, stored: map[string]outcry.Incident{}}
	s.cfg = incident.Config{
		Services: apple, Policy: func(string) incident.Policy { return policy },
		NewID: func() string { s.ids++; return fmt.Sprintf("i%d", s.ids) },
	}
	s.restart()
	return s
}

// restart makes the ledger anew of what is stored.
func (s *stage) restart() {
	s.t.Helper()
	var all []outcry.Incident
	for _, id := range s.order {
		all = append(all, s.stored[id])
	}
	l, err := incident.New(s.cfg, all)
	if err != nil {
		s.t.Fatal(err)
	}
	s.ledger = l
}

func (s *stage) keep(at time.Time, c incident.Change) {
	s.t.Helper()
	id := c.Incident.ID
	if old, ok := s.stored[id]; ok != (c.Incident.Version > 0) || ok && old.Version != c.Incident.Version {
		s.t.Fatalf("change of %s carries version %d, stored is %d", id, c.Incident.Version, old.Version)
	}
	if c.Incident.Version == 0 {
		s.order = append(s.order, id)
	}
	c.Incident.Version++
	s.stored[id] = c.Incident
	for _, n := range c.Notices {
		s.notices = append(s.notices, fmt.Sprintf("%v %s %s", at.Sub(zero).Minutes(), id, n))
	}
}

func (s *stage) tick(at time.Time, script []spell) {
	s.t.Helper()
	var verdicts []outcry.Verdict
	for _, sp := range script {
		if !at.Before(minute(sp.from)) && at.Before(minute(sp.to)) {
			verdicts = append(verdicts, sp.v)
		}
	}
	for _, c := range s.ledger.Judge(at, verdicts) {
		s.keep(at, c)
	}
}

func (s *stage) play(until float64, script []spell, deeds []deed, restarts ...float64) {
	s.t.Helper()
	for at := zero; at.Before(minute(until)); at = at.Add(outcry.TickLength) {
		if slices.ContainsFunc(restarts, func(m float64) bool { return at.Equal(minute(m)) }) {
			s.restart()
		}
		s.tick(at, script)
		for _, d := range deeds {
			if at.Equal(minute(d.at)) {
				d.c.Author = "ada"
				if len(s.order) > 0 && d.c.Incident == "" && d.c.Verb != incident.Open {
					d.c.Incident = s.order[0]
				}
				c, err := s.ledger.Do(at, d.c)
				if err != nil {
					s.t.Fatalf("minute %v: %s: %v", d.at, d.c.Verb, err)
				}
				s.keep(at, c)
			}
		}
	}
}

// tale is an incident in one line.
func tale(in *outcry.Incident) string {
	when := func(name string, t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return fmt.Sprintf(" %s=%v", name, roundTo(t.Sub(zero).Minutes()))
	}
	s := strings.Join(in.Services, "+")
	if len(in.Collateral) > 0 {
		s += " raises " + strings.Join(in.Collateral, "+")
	}
	a := in.Affected
	if w := slices.Concat(a.Regions, a.Carriers); len(w) > 0 {
		s += " at " + strings.Join(w, "+")
	}
	s += " " + string(in.State)
	if !in.Public {
		s += " hidden"
	}
	if !in.Confirmed {
		s += " unconfirmed"
	}
	return s + when("published", in.PublishedAt) + when("monitoring", in.MonitoringAt) + when("closed", in.ClosedAt)
}

func roundTo(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

func (s *stage) tales() []string {
	var out []string
	for _, id := range s.order {
		in := s.stored[id]
		out = append(out, tale(&in))
	}
	return out
}

func fault(service string, alarm, end, quiet float64, options ...option) []spell {
	f := fails(service, alarm, end, options...)
	return []spell{f, recovers(f, quiet)}
}

func TestStories(t *testing.T) {
	auto := incident.Policy{Mode: incident.Auto}
	confirm := incident.Policy{Mode: incident.Confirm, Deadline: 10 * time.Minute}
	for _, c := range []struct {
		name     string
		policy   incident.Policy
		script   []spell
		deeds    []deed
		restarts []float64
		until    float64
		want     []string
	}{
		{"16 May: four services that alarm within two minutes are one incident, closed by itself", auto,
			slices.Concat(fault("imessage", 1, 60, 66), fault("facetime", 1.5, 60, 66, began(0.5)), fault("homekit", 2.5, 58, 66, began(2)), fault("business", 3, 61, 66, began(3))),
			nil, nil, 90,
			[]string{"business+facetime+homekit+imessage resolved published=1 monitoring=61 closed=71"}},
		{"the same with a restart every ten minutes", auto,
			slices.Concat(fault("imessage", 1, 60, 66), fault("facetime", 1.5, 60, 66, began(0.5)), fault("homekit", 2.5, 58, 66, began(2)), fault("business", 3, 61, 66, began(3))),
			nil, []float64{2, 10, 20, 30, 40, 50, 60, 62, 64, 66, 68, 70}, 90,
			[]string{"business+facetime+homekit+imessage resolved published=1 monitoring=61 closed=75"}},
		{"a small service's handful of reports from one place still belongs to the fault everywhere", auto,
			slices.Concat(fault("imessage", 1, 60, 66), fault("business", 2, 60, 66, in("US-CA"), reporters(7))),
			nil, nil, 90,
			[]string{"business+imessage resolved published=1 monitoring=60 closed=71"}},
		{"a carrier's fault is one incident of the carrier, however far apart its services alarm", auto,
			slices.Concat(fault("imessage", 5, 100, 110, carrierFault("T-Mobile"), in("US-TX")), fault("facetime", 17, 100, 110, carrierFault("T-Mobile"), in("US-CA"))),
			nil, nil, 130,
			[]string{"facetime+imessage at US-CA+US-TX+T-Mobile resolved published=5 monitoring=100 closed=115"}},
		{"three quarters of a minute's doubt whether it is the carrier's takes no service from it", auto,
			slices.Concat([]spell{fails("imessage", 5, 17, carrierFault("T-Mobile")), fails("imessage", 17, 17.8, in("US-TX"), began(4))}, fault("imessage", 17.8, 100, 110, carrierFault("T-Mobile")),
				[]spell{fails("facetime", 15, 17, carrierFault("T-Mobile")), fails("facetime", 17, 17.8, in("US-CA"), began(14))}, fault("facetime", 17.8, 100, 110, carrierFault("T-Mobile"))),
			nil, nil, 130,
			[]string{"facetime+imessage at T-Mobile resolved published=5 monitoring=100 closed=115"}},
		{"and what it took in three minutes goes on in it when there is none left", auto,
			slices.Concat([]spell{fails("imessage", 5, 17, carrierFault("T-Mobile")), fails("imessage", 17, 20, in("US-TX"), began(4))}, fault("imessage", 20, 100, 110, carrierFault("T-Mobile")),
				[]spell{fails("facetime", 15, 17, carrierFault("T-Mobile")), fails("facetime", 17, 20, in("US-CA"), began(14))}, fault("facetime", 20, 100, 110, carrierFault("T-Mobile"))),
			nil, nil, 130,
			[]string{"facetime+imessage at T-Mobile resolved published=5 monitoring=100 closed=115", "facetime at T-Mobile dismissed published=18.2 closed=20.2"}},
		{"two faults at once, one of them in one country, are two incidents", auto,
			slices.Concat(fault("imessage", 11, 90, 100), fault("checkout", 26, 140, 150, in("DE"), unconfirmed)),
			nil, nil, 170,
			[]string{"imessage resolved published=11 monitoring=90 closed=105", "checkout at DE resolved unconfirmed published=26 monitoring=140 closed=155"}},
		{"a believable confinement keeps a fault apart from one that began at the same minute", auto,
			slices.Concat(fault("imessage", 11, 40, 45), fault("checkout", 11, 40, 45, in("DE"))),
			nil, nil, 60,
			[]string{"checkout at DE resolved published=11 monitoring=40 closed=50", "imessage resolved published=11 monitoring=40 closed=50"}},
		{"a dependent service joins its parent's incident half an hour later, also through a third", auto,
			slices.Concat(fault("database", 2, 60, 65), fault("shop", 32, 60, 65, in("DE"))),
			nil, nil, 80,
			[]string{"database+shop resolved published=2 monitoring=60 closed=70"}},
		{"a parent that alarms after its child joins the child's incident", auto,
			slices.Concat(fault("payments", 4, 60, 65, in("DE")), fault("database", 8, 60, 65, began(3))),
			nil, nil, 80,
			[]string{"database+payments resolved published=4 monitoring=60 closed=70"}},
		{"neighbours that a giant raises are collateral, also one that was taken for a part of it", auto,
			slices.Concat(fault("tmobile", 2, 60, 65), []spell{fails("verizon", 3, 5), fails("verizon", 5, 50, raisedBy("tmobile"))}),
			nil, nil, 80,
			[]string{"tmobile raises verizon resolved published=2 monitoring=60 closed=70"}},
		{"one tick's doubt about whose fault it is moves nobody", auto,
			slices.Concat(fault("tmobile", 2, 60, 65), []spell{fails("verizon", 3, 5), fails("verizon", 5, 6, raisedBy("tmobile")), fails("verizon", 6, 60, began(2))}),
			nil, nil, 80,
			[]string{"tmobile+verizon resolved published=2 monitoring=60 closed=70"}},
		{"failing again within a quarter of an hour of the end is the same incident", auto,
			slices.Concat(fault("imessage", 2, 20, 25), fault("imessage", 40, 60, 65)),
			nil, nil, 90,
			[]string{"imessage resolved published=2 monitoring=60 closed=75"}},
		{"recovering at the usual rate for a quarter of an hour is as good as well", auto,
			[]spell{fails("imessage", 2, 20), recovers(fails("imessage", 2, 20, lately(0.4)), 90)}, nil, nil, 90,
			[]string{"imessage resolved published=2 monitoring=20 closed=40"}},
		{"recovering at ten times the usual rate is not", auto,
			[]spell{fails("imessage", 2, 20), recovers(fails("imessage", 2, 20, lately(5)), 90)}, nil, nil, 90,
			[]string{"imessage monitoring published=2 monitoring=20"}},
		{"an hour later it is another one", auto,
			slices.Concat(fault("imessage", 2, 20, 25), fault("imessage", 90, 100, 105)),
			nil, nil, 120,
			[]string{"imessage resolved published=2 monitoring=20 closed=30", "imessage resolved published=90 monitoring=100 closed=110"}},
		{"what the reporters' networks give away is kept for the team and dismissed when it dies down", auto,
			[]spell{fails("facetime", 2, 22, suspicious)}, nil, nil, 40,
			[]string{"facetime dismissed hidden unconfirmed closed=27"}},
		{"what looked suspicious and turns out real is published, and joins what it belongs to", auto,
			slices.Concat(fault("imessage", 2, 30, 35), []spell{fails("facetime", 2, 4, suspicious)}, fault("facetime", 4, 30, 35, began(1))), nil, nil, 50,
			[]string{"facetime dismissed hidden closed=4", "facetime+imessage resolved published=2 monitoring=30 closed=40"}},
		{"with a deadline the public hears when nobody has answered", confirm,
			fault("imessage", 2, 40, 45), nil, nil, 60,
			[]string{"imessage resolved published=12 monitoring=40 closed=50"}},
		{"the deadline survives a restart", confirm,
			fault("imessage", 2, 40, 45), nil, []float64{3, 11}, 60,
			[]string{"imessage resolved published=12 monitoring=40 closed=50"}},
		{"with a deadline nothing is published that was over before it", confirm,
			fault("imessage", 2, 6, 8), nil, nil, 30,
			[]string{"imessage resolved hidden closed=13"}},
		{"a person who answers publishes at once", confirm,
			fault("imessage", 2, 40, 45), []deed{{5, incident.Command{Verb: incident.Publish}}}, nil, 60,
			[]string{"imessage resolved published=5 monitoring=40 closed=50"}},
		{"manual publication waits for a person for ever", incident.Policy{Mode: incident.Manual},
			fault("imessage", 2, 140, 145), nil, nil, 160,
			[]string{"imessage resolved hidden closed=150"}},
		{"a dismissed run of verdicts opens nothing until the service was well once", auto,
			slices.Concat(fault("imessage", 2, 30, 35), fault("imessage", 60, 70, 75)),
			[]deed{{5, incident.Command{Verb: incident.Dismiss, Body: "A drill."}}}, nil, 90,
			[]string{"imessage dismissed published=2 closed=5", "imessage resolved published=60 monitoring=70 closed=80"}},
		{"a dismissal holds over a restart", auto,
			fault("imessage", 2, 30, 35),
			[]deed{{5, incident.Command{Verb: incident.Dismiss}}}, []float64{6, 20}, 60,
			[]string{"imessage dismissed published=2 closed=5"}},
		{"an incident that a person opened is not closed by the machine", auto,
			nil, []deed{{1, incident.Command{Verb: incident.Open, Title: "Sign-in is slow", Body: "We look into it.", Services: []string{"imessage"}}}}, nil, 60,
			[]string{"imessage investigating published=1"}},
		{"unless verdicts have fed it", auto,
			fault("imessage", 5, 30, 35), []deed{{1, incident.Command{Verb: incident.Open, Title: "Sign-in is slow", Body: "We look into it.", Services: []string{"imessage"}}}}, nil, 60,
			[]string{"imessage resolved published=1 monitoring=30 closed=40"}},
		{"a person's monitoring stands while the verdicts stay as they are", auto,
			fault("imessage", 2, 40, 45), []deed{{10, incident.Command{Verb: incident.Say, State: outcry.StateMonitoring, Body: "A fix is out."}}}, []float64{20}, 60,
			[]string{"imessage resolved published=2 monitoring=10 closed=50"}},
		{"unknown neither heals nor worsens", auto,
			[]spell{fails("imessage", 2, 20), fails("imessage", 20, 50, blind), fails("imessage", 50, 55)}, nil, nil, 70,
			[]string{"imessage resolved published=2 monitoring=55 closed=60"}},
		{"nobody looks while all is well again: quiet does not count then", auto,
			[]spell{fails("imessage", 2, 20), fails("imessage", 22, 40, blind)}, nil, nil, 60,
			[]string{"imessage resolved published=2 monitoring=20 closed=45"}},
		{"a private service never shares an incident with a public one", auto,
			slices.Concat(fault("imessage", 2, 30, 35), fault("secret", 2, 30, 35)), nil, nil, 50,
			[]string{"imessage resolved published=2 monitoring=30 closed=40", "secret resolved published=2 monitoring=30 closed=40"}},
		{"a young member whose confinement and onset sharpen is told apart", auto,
			slices.Concat(fault("imessage", 2, 60, 65), []spell{fails("checkout", 4, 8, began(3), reporters(10))}, fault("checkout", 8, 60, 65, began(14), in("DE"))), nil, nil, 80,
			[]string{"imessage resolved published=2 monitoring=60 closed=70", "checkout at DE resolved published=9 monitoring=60 closed=70"}},
		{"a later fault of which few have told yet, so that it may have begun minutes before, is one of its own", auto,
			slices.Concat(fault("imessage", 2, 60, 65), fault("business", 20, 60, 65, between(4, 17, 19), reporters(7))), nil, nil, 80,
			[]string{"imessage resolved published=2 monitoring=60 closed=70", "business resolved published=20 monitoring=60 closed=70"}},
		{"one that may have begun with it goes on there, and is told apart when it turns out to be elsewhere and later", auto,
			slices.Concat(fault("imessage", 2, 60, 65), []spell{fails("checkout", 15, 16, began(14), reporters(5)), fails("checkout", 16, 18, between(1, 14, 15), reporters(6))},
				fault("checkout", 18, 60, 65, began(14), in("DE"), reporters(9))), nil, nil, 80,
			[]string{"imessage resolved published=2 monitoring=60 closed=70", "checkout dismissed published=15 closed=16", "checkout at DE resolved published=19 monitoring=60 closed=70"}},
		{"two faults everywhere, five minutes apart, of which people tell other things, are told apart once there are enough of them", auto,
			slices.Concat(fault("imessage", 2, 60, 65, of("not-delivered")), []spell{fails("checkout", 6, 7, of("payment-fails"), reporters(3), began(5.5))},
				fault("checkout", 7, 80, 85, of("payment-fails"), began(5.5))), nil, nil, 100,
			[]string{"imessage resolved published=2 monitoring=60 closed=70", "checkout resolved published=8 monitoring=80 closed=90"}},
		{"also from a third of which few have told", auto,
			slices.Concat(fault("imessage", 2, 60, 65, of("not-delivered")), fault("business", 3, 60, 65, of("slow"), reporters(5), began(0.5)),
				[]spell{fails("checkout", 6, 7, of("payment-fails"), reporters(3), began(5.5))}, fault("checkout", 7, 80, 85, of("payment-fails"), began(6))), nil, nil, 100,
			[]string{"business+imessage resolved published=2 monitoring=60 closed=70", "checkout resolved published=8 monitoring=80 closed=90"}},
		{"with one thing in common they are one, as a fault that spreads is", auto,
			slices.Concat(fault("imessage", 2, 60, 65, of("not-delivered", "slow")), fault("checkout", 6, 60, 65, of("payment-fails", "slow"), began(5.5))), nil, nil, 80,
			[]string{"checkout+imessage resolved published=2 monitoring=60 closed=70"}},
		{"and so they are if they began together: a shop and a messenger fail in their own ways", auto,
			slices.Concat(fault("imessage", 2, 60, 65, of("not-delivered")), fault("checkout", 6, 60, 65, of("payment-fails"), began(1.5))), nil, nil, 80,
			[]string{"checkout+imessage resolved published=2 monitoring=60 closed=70"}},
		{"one whose few reporters tell other things, and may have begun with it, does not belong to it where it more likely began later", auto,
			slices.Concat(fault("imessage", 2, 60, 65, of("not-delivered")), fault("business", 20, 60, 65, of("sign-in"), between(1, 17, 19), reporters(10))), nil, nil, 80,
			[]string{"imessage resolved published=2 monitoring=60 closed=70", "business resolved published=20 monitoring=60 closed=70"}},
		{"two young incidents that turn out to be one carrier's fault go on as the older", auto,
			slices.Concat([]spell{fails("imessage", 2, 10, in("US-TX")), fails("facetime", 6, 10, in("DE"))},
				fault("imessage", 10, 60, 65, carrierFault("T-Mobile"), began(1)), fault("facetime", 10, 60, 65, carrierFault("T-Mobile"), began(5))), nil, nil, 80,
			[]string{"facetime+imessage at T-Mobile resolved published=2 monitoring=60 closed=70", "facetime at DE dismissed published=6 closed=10"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.policy)
			s.play(c.until, c.script, c.deeds, c.restarts...)
			if diff := cmp.Diff(c.want, s.tales()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		})
	}
}
