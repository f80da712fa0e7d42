// Package pagetest has the worlds that the tests and benchmarks of page and
// web look at: the afternoon of 16 May 2024, stage by stage.
package pagetest

import (
	"fmt"
	"math"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// Stage is a moment of the afternoon.
type Stage int

// The stages, in order.
const (
	Quiet       Stage = iota // 16:20, nothing is wrong
	Unconfirmed              // 16:41, people report and checks pass
	Outage                   // 17:05, confirmed
	Recovering               // 17:44
	Resolved                 // 18:20
	Stale                    // 18:20, and nothing heard for 12 minutes
)

// Onset is when the fault began.
var Onset = time.Date(2024, 5, 16, 21, 39, 10, 0, time.UTC)

// PrivateName is the name of a service that no stranger may ever read.
const PrivateName = "Zugzwang ledger"

// PrivateID is its ID.
const PrivateID = "zugzwang"

// Location is the page's own zone: US Central daylight time.
func Location() *time.Location { return time.FixedZone("CDT", -5*3600) }

// Now is the instant of a stage.
func Now(s Stage) time.Time {
	after := [...]time.Duration{-19, 2, 26, 65, 101, 101}
	return Onset.Add(after[s]*time.Minute + 20*time.Second)
}

// World is all that is known at a stage.
func World(s Stage) page.World {
	now := Now(s)
	w := page.World{Now: now, Heard: now.Add(-12 * time.Second), Services: services(s, now), Incidents: past()}
	if s == Stale {
		w.Heard = now.Add(-12*time.Minute - 5*time.Second)
	}
	if s != Quiet {
		w.Incidents = append(w.Incidents, Incident(s))
	}
	return w
}

func services(s Stage, now time.Time) []page.Service {
	symptoms := []outcry.Symptom{{ID: "not-delivered", Name: "Messages not delivered"}, {ID: "no-connection", Name: "Can’t connect"}, {ID: "sign-in", Name: "Can’t sign in"}}
	list := []outcry.Service{
		{ID: "imessage", Name: "iMessage", Group: "Messages", Advice: "SMS works. Turn on Send as SMS in Settings.", Symptoms: symptoms},
		{ID: "business", Name: "Messages for Business", Group: "Messages", DependsOn: []string{"imessage", PrivateID}, Symptoms: symptoms},
		{ID: "facetime", Name: "FaceTime", Group: "Calls", Symptoms: []outcry.Symptom{{ID: "call-drops", Name: "Calls drop"}, {ID: "no-connection", Name: "Can’t connect"}}},
		{ID: "homekit", Name: "HomeKit", Group: "Home", Description: "Accessories away from home"},
		{ID: PrivateID, Name: PrivateName, Group: "Home", Private: true},
	}
	out := make([]page.Service, 0, len(list))
	for i, svc := range list {
		out = append(out, service(svc, s, now, 40/float64(1+i*i)))
	}
	return out
}

func service(svc outcry.Service, s Stage, now time.Time, perHour float64) page.Service {
	p := page.Service{Service: svc, Condition: outcry.CondNormal, Since: Onset.AddDate(0, 0, -74), Series: series(now, perHour)}
	p.Blind = []page.Span{{From: Onset.AddDate(0, 0, -40), To: Onset.AddDate(0, 0, -38)}}
	p.Symptoms = []page.Share{{Key: "not-delivered", Count: 640}, {Key: "no-connection", Count: 201}, {Key: "other", Count: 12}}
	p.Regions = []page.Share{{Key: "US-TX", Count: 207}, {Key: "US-NY", Count: 180}, {Key: "GB", Count: 96}, {Key: "other", Count: 350}}
	p.Carriers = []page.Share{{Key: "Verizon", Count: 260}, {Key: "AT&T", Count: 211}, {Key: "T-Mobile", Count: 209}, {Key: "", Count: 100}}
	for i, v := range []string{"dallas", "frankfurt", "osaka"} {
		pr := page.Probe{Vantage: v, Outcome: outcry.Good, At: now.Add(-time.Duration(4+9*i) * time.Second), Latency: time.Duration(41+60*i) * time.Millisecond, Runs: 120}
		if (s == Outage || s == Stale) && i < 2 {
			pr.Outcome, pr.Reason, pr.Failed = outcry.Bad, "no answer within 5 s", 44
		}
		p.Probes = append(p.Probes, pr)
	}
	p.Bulletins = []page.Bulletin{{Source: "Apple System Status", Outcome: outcry.Good, Status: "available", At: Onset.Add(-30 * time.Hour)}}
	return p
}

// series is a day of reports with the outage at its end.
func series(now time.Time, perHour float64) []page.Bin {
	end := now.Truncate(page.BinLength)
	out := make([]page.Bin, 0, 288)
	for i := range 288 {
		at := end.Add(time.Duration(i-287) * page.BinLength)
		hour := float64(at.Add(-5*time.Hour).Hour()) + float64(at.Minute())/60
		usual := perHour / 12 * (1 + .6*math.Cos((hour-20)/24*2*math.Pi))
		b := page.Bin{At: at, Usual: usual, Reports: uint32(math.Round(usual + usual*math.Sin(float64(i*i)*.7)))}
		if in := at.Sub(Onset).Minutes(); in >= -5 && in < 56 {
			b.Reports += uint32(perHour * 2 * math.Min(1, (in+6)/12))
		} else if in >= 56 {
			b.Reports += uint32(perHour * 2 * math.Pow(.1, (in-56)/8))
		}
		b.Blind = i >= 96 && i < 104
		if b.Blind {
			b.Reports = 0
		}
		out = append(out, b)
	}
	return out
}

// Incident is the afternoon's incident as it was at a stage.
func Incident(s Stage) outcry.Incident {
	in := outcry.Incident{
		ID: "2024-0516-imsg", Version: int64(s), State: outcry.StateInvestigating, Title: "iMessage, Messages for Business, FaceTime and HomeKit are failing",
		Impact: outcry.ImpactMajor, Public: true, Services: []string{"business", "facetime", "homekit", "imessage"},
		Affected: outcry.Affected{Symptoms: []string{"not-delivered", "no-connection"}},
		Onset:    outcry.Onset{At: Onset, From: Onset.Add(-20 * time.Second), To: Onset.Add(25 * time.Second)},
		Size:     outcry.Size{Reporters: 41, Expected: 1.1, Rate: 20, Usual: .6, Peak: 22},
		Evidence: []outcry.Evidence{
			{Stream: "report", Nats: 38.2, Words: "41 distinct reporters where 1.1 are usual, from 36 networks"},
			{Stream: "probe", Nats: -4.1, Words: "3 of 3 vantages pass"},
		},
		Headline:   "People report that messages are not delivered, from everywhere and on every carrier, since about 16:39. Our checks pass. The vendor says that all is well.",
		DetectedAt: Onset.Add(52 * time.Second), PublishedAt: Onset.Add(61 * time.Second), UpdatedAt: Onset.Add(61 * time.Second),
	}
	in.Updates = []outcry.Update{update("u1", in.PublishedAt, outcry.StateInvestigating, "Unconfirmed: people report that messages are not delivered; our checks pass.", outcry.AuthorAutomatic)}
	if s >= Outage {
		confirmed(&in)
	}
	if s == Stale {
		return in
	}
	if s >= Recovering {
		in.State, in.MonitoringAt = outcry.StateMonitoring, Onset.Add(62*time.Minute)
		in.Updates = append(in.Updates, update("u4", in.MonitoringAt, in.State, "Checks pass again and reports are dying down.", outcry.AuthorAutomatic))
	}
	if s >= Resolved {
		in.State, in.ClosedAt = outcry.StateResolved, Onset.Add(80*time.Minute)
		in.Updates = append(in.Updates, update("u5", in.ClosedAt, in.State, "Back to normal for 18 minutes.", outcry.AuthorAutomatic))
	}
	in.UpdatedAt = in.Updates[len(in.Updates)-1].At
	return in
}

func confirmed(in *outcry.Incident) {
	in.Confirmed, in.ConfirmedAt = true, Onset.Add(6*time.Minute)
	in.Size = outcry.Size{Reporters: 8420, Expected: 16, Rate: 310, Usual: .6, Peak: 402}
	in.Evidence = []outcry.Evidence{
		{Stream: "report", Nats: 911.4, Words: "8,420 distinct reporters where 16 are usual, from 5,102 networks"},
		{Stream: "probe", Nats: 21.7, Words: "2 of 3 vantages fail: no answer within 5 s"},
		{Stream: "bulletin", Nats: -1.2, Words: "Apple says that all is well"},
	}
	in.Updates = append(in.Updates,
		update("u2", in.ConfirmedAt, outcry.StateInvestigating, "Confirmed: checks from two of three places fail too.", outcry.AuthorAutomatic),
		update("u3", Onset.Add(14*time.Minute), outcry.StateIdentified, "Both gateways drop sessions after sign-in.\n\nSMS works; turn on Send as SMS.", "Mara (operations)"))
	in.State = outcry.StateIdentified
}

func update(id string, at time.Time, s outcry.IncidentState, body, author string) outcry.Update {
	return outcry.Update{ID: id, At: at, State: s, Body: body, Author: author, Public: true}
}

// past is the history: an outage, a partial one, a false word that was
// withdrawn, one that was never published and one of the private service.
func past() []outcry.Incident {
	var out []outcry.Incident
	add := func(days int, lasted time.Duration, in outcry.Incident) {
		from := Onset.AddDate(0, 0, -days)
		in.ID = fmt.Sprintf("past-%d", len(out)+1)
		in.State, in.Public = outcry.StateResolved, true
		in.Onset.At, in.PublishedAt, in.ClosedAt, in.UpdatedAt = from, from.Add(time.Minute), from.Add(lasted), from.Add(lasted)
		in.Updates = []outcry.Update{update(in.ID+"-u", in.ClosedAt, outcry.StateResolved, "It is over.", outcry.AuthorAutomatic)}
		out = append(out, in)
	}
	add(12, 25*time.Minute, outcry.Incident{Title: "FaceTime calls drop on AT&T", Impact: outcry.ImpactMinor, Confirmed: true, Services: []string{"facetime"}, Affected: outcry.Affected{Carriers: []string{"AT&T"}}})
	add(33, 3*time.Hour, outcry.Incident{Title: "iMessage is failing", Impact: outcry.ImpactMajor, Confirmed: true, Services: []string{"imessage"}})
	add(51, 12*time.Minute, outcry.Incident{Title: "People report problems with HomeKit", Impact: outcry.ImpactMinor, Services: []string{"homekit"}})
	add(8, time.Hour, outcry.Incident{Title: PrivateName + " is failing", Confirmed: true, Services: []string{PrivateID}})
	add(9, time.Hour, outcry.Incident{Title: "never published", Services: []string{"imessage"}})
	out[len(out)-1].Public = false
	return out
}
