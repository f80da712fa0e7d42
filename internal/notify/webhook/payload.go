package webhook

import (
	"time"

	"github.com/outcry/outcry"
)

// payload is the body of a request.
type payload struct {
	ID       string            `json:"id"`
	Type     outcry.NoticeKind `json:"type"`
	At       time.Time         `json:"at"` // of the change that it tells
	Incident incidentBody      `json:"incident"`
	Update   *updateBody       `json:"update"`
}

// incidentBody is an incident as in the API, without the timeline. Instants
// that never happened are null.
type incidentBody struct {
	ID           string               `json:"id"`
	Version      int64                `json:"version"` // grows with every change: the larger one is the later
	State        outcry.IncidentState `json:"state"`
	Title        string               `json:"title"`
	Impact       outcry.Impact        `json:"impact"`
	Manual       bool                 `json:"manual"`
	Public       bool                 `json:"public"`
	Confirmed    bool                 `json:"confirmed"`
	Services     []string             `json:"services"`
	Collateral   []string             `json:"collateral"`
	Affected     outcry.Affected      `json:"affected"`
	Onset        onsetBody            `json:"onset"`
	DetectedAt   *time.Time           `json:"detected_at"`
	PublishedAt  *time.Time           `json:"published_at"`
	ConfirmedAt  *time.Time           `json:"confirmed_at"`
	MonitoringAt *time.Time           `json:"monitoring_at"`
	ClosedAt     *time.Time           `json:"closed_at"`
	UpdatedAt    *time.Time           `json:"updated_at"`
	Headline     string               `json:"headline"`
	Cause        string               `json:"cause"`
	Evidence     []outcry.Evidence    `json:"evidence"`
	Size         sizeBody             `json:"size"`
	URL          string               `json:"url,omitempty"`
}

type onsetBody struct {
	At   *time.Time `json:"at"`
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

type sizeBody struct {
	Reporters float64 `json:"reporters"`
	Expected  float64 `json:"expected"`
	Rate      float64 `json:"rate"`
	Usual     float64 `json:"usual"`
	Peak      float64 `json:"peak"`
}

type updateBody struct {
	ID     string               `json:"id"`
	At     time.Time            `json:"at"`
	State  outcry.IncidentState `json:"state"`
	Body   string               `json:"body"`
	Author string               `json:"author"`
}

func payloadOf(n *outcry.Notice, link string) payload {
	in := &n.Incident
	p := payload{ID: n.ID, Type: n.Kind, At: n.CreatedAt.UTC(), Incident: incidentBody{
		ID: in.ID, Version: in.Version, State: in.State, Title: in.Title, Impact: in.Impact, Manual: in.Manual,
		Public: in.Public, Confirmed: in.Confirmed, Services: some(in.Services), Collateral: some(in.Collateral),
		Affected: in.Affected, Onset: onsetBody{maybe(in.Onset.At), maybe(in.Onset.From), maybe(in.Onset.To)},
		DetectedAt: maybe(in.DetectedAt), PublishedAt: maybe(in.PublishedAt), ConfirmedAt: maybe(in.ConfirmedAt),
		MonitoringAt: maybe(in.MonitoringAt), ClosedAt: maybe(in.ClosedAt), UpdatedAt: maybe(in.UpdatedAt),
		Headline: in.Headline, Cause: in.Cause, Evidence: some(in.Evidence), Size: sizeBody(in.Size), URL: link,
	}}
	a := &p.Incident.Affected
	a.Regions, a.Carriers, a.Symptoms = some(a.Regions), some(a.Carriers), some(a.Symptoms)
	if u := n.Update; u.Public {
		p.Update = &updateBody{ID: u.ID, At: u.At.UTC(), State: u.State, Body: u.Body, Author: u.Author}
	}
	return p
}

// some makes an absent list an empty one in JSON.
func some[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
