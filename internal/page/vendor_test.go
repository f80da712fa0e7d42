package page

import (
	"slices"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func TestAVendorsRecord(t *testing.T) {
	now := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	incident := func(id string, daysAgo int, change func(in *outcry.Incident, onset time.Time)) outcry.Incident {
		onset := now.Add(-time.Duration(daysAgo) * 24 * time.Hour)
		in := outcry.Incident{
			ID: id, Public: true, Confirmed: true, State: outcry.StateResolved, Services: []string{"imessage"}, Onset: outcry.Onset{At: onset},
			DetectedAt: onset.Add(time.Minute), PublishedAt: onset.Add(time.Minute), MonitoringAt: onset.Add(56 * time.Minute), ClosedAt: onset.Add(70 * time.Minute),
			Bulletins: []outcry.Bulletin{{Source: "apple", Service: "imessage", At: onset.Add(-time.Hour), Outcome: outcry.Good}},
		}
		change(&in, onset)
		return in
	}
	admits := func(in *outcry.Incident, at time.Time) {
		in.Bulletins = append(in.Bulletins, outcry.Bulletin{Source: "apple", Service: "imessage", At: at, Outcome: outcry.Bad})
	}
	late := incident("late", 16, func(in *outcry.Incident, on time.Time) { admits(in, on.Add(51*time.Minute)) })
	quick := incident("quick", 20, func(in *outcry.Incident, on time.Time) { admits(in, on.Add(5*time.Minute)) })
	missed := incident("missed", 30, func(*outcry.Incident, time.Time) {})
	deaf := incident("deaf", 40, func(in *outcry.Incident, _ time.Time) { in.Bulletins[0].Outcome = outcry.Unknown })
	old := incident("old", 500, func(*outcry.Incident, time.Time) {})
	rumour := incident("rumour", 3, func(in *outcry.Incident, _ time.Time) { in.Confirmed = false })
	open := incident("open", 0, func(in *outcry.Incident, _ time.Time) { in.State, in.ClosedAt = outcry.StateInvestigating, time.Time{} })
	secret := incident("secret", 5, func(in *outcry.Incident, _ time.Time) {
		in.Services, in.Bulletins[0].Service = []string{"hidden"}, "hidden"
	})

	speak, err := newTongues()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says      string
		incidents []outcry.Incident
		grade     string
		told      int
		misses    int
		words     []string
	}{
		{"nothing has happened: no grade", nil, "", 0, 0, nil},
		{"51 minutes are a C", []outcry.Incident{late}, "C", 1, 0, []string{"first word after 51 minutes of 56"}},
		{"the median of 5 and 51 minutes is the worse", []outcry.Incident{late, quick}, "C", 2, 0, []string{"first word after 51 minutes of 56", "first word after 5 minutes of 56"}},
		{"mostly never is an F", []outcry.Incident{quick, missed}, "F", 1, 1, []string{"first word after 5 minutes of 56", "never a word"}},
		{"what it was not read for, what is old, unconfirmed or not over, is not held against it", []outcry.Incident{quick, deaf, old, rumour, open}, "A", 1, 0, []string{"first word after 5 minutes of 56"}},
		{"what concerns a private service is told to nobody", []outcry.Incident{quick, secret}, "A", 1, 0, []string{"first word after 5 minutes of 56"}},
	} {
		b := newBuilder(Options{Location: time.UTC}, World{Now: now, Incidents: c.incidents, Services: []Service{
			{Service: outcry.Service{ID: "imessage"}}, {Service: outcry.Service{ID: "hidden", Private: true}},
		}, Sources: []Source{{"apple", []string{"imessage", "hidden"}}, {"inner", []string{"hidden"}}}}, speak[0])
		b.records = b.vendors()
		if len(b.records) != 1 || b.records[0].Source != "apple" || !slices.Equal(b.records[0].Services, []string{"imessage"}) {
			t.Errorf("%s: %+v", c.says, b.records)
			continue
		}
		v, grade := b.records[0], ""
		if v.Grade != nil {
			grade = *v.Grade
		}
		var words []string
		for _, l := range v.Evidence {
			words = append(words, l.Words)
		}
		if grade != c.grade || v.Told != c.told || v.Misses != c.misses || !slices.Equal(words, c.words) {
			t.Errorf("%s: grade %q, told %d, missed %d, %q", c.says, grade, v.Told, v.Misses, words)
		}
	}
}

func TestGradesOfLag(t *testing.T) {
	for lag, want := range map[time.Duration]string{
		-time.Hour: "A", 14*time.Minute + 59*time.Second: "A", 15 * time.Minute: "B", 30 * time.Minute: "C", time.Hour: "D",
		2 * time.Hour: "E", 4*time.Hour - time.Second: "E", 4 * time.Hour: "F", never: "F",
	} {
		if got := gradeOf(lag); got != want {
			t.Errorf("%s is graded %s, want %s", lag, got, want)
		}
	}
}
