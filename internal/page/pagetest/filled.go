package pagetest

import (
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// Filled is the outage with one text in every field that somebody else can
// fill: people, vendors, operators, the configuration.
func Filled(text string) page.World {
	w := World(Outage)
	for i := range w.Services {
		fill(&w.Services[i], text)
	}
	for i := range w.Incidents {
		in := &w.Incidents[i]
		in.Title, in.Headline, in.Cause = text, text, text
		in.Evidence = []outcry.Evidence{{Stream: text, Words: text, Nats: 1}}
		in.Affected = outcry.Affected{Regions: []string{text}, Carriers: []string{text}, Symptoms: []string{text}, Platforms: []string{text}, Versions: []string{text}}
		for j := range in.Updates {
			in.Updates[j].Body, in.Updates[j].Author = text, text
		}
		for j := range in.Bulletins {
			in.Bulletins[j].Source, in.Bulletins[j].Status = text, text
		}
	}
	w.Pages = []page.Page{{ID: "all", Title: text}}
	w.Sources = []page.Source{{Name: text, Services: []string{"imessage"}}}
	w.Maintenances = []page.Maintenance{{ID: "m", Title: text, Body: text, Services: []string{"imessage"}, From: w.Now.Add(-time.Hour), To: w.Now.Add(time.Hour)}}
	return w
}

func fill(s *page.Service, text string) {
	s.Name, s.Group, s.Description, s.Advice = text, text, text, text
	s.Service.Symptoms = []outcry.Symptom{{ID: text, Name: text}}
	s.Symptoms, s.Regions, s.Carriers = []page.Share{{Key: text, Count: 1}}, []page.Share{{Key: text, Count: 1}}, []page.Share{{Key: text, Count: 2}}
	s.Probes = []page.Probe{{Vantage: text, Reason: text, Outcome: outcry.Bad}}
	s.Bulletins = []page.Bulletin{{Source: text, Status: text}}
	s.Remarks = &page.Remarks{Longest: 500, Shown: []page.Remark{{At: Onset, Symptom: text, Words: text}}}
}
