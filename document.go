package outcry

import "time"

// IncidentDocument is what every document of an incident has, in the API and in
// notices. Instants that never happened are null; lists are never.
type IncidentDocument struct {
	ID           string        `json:"id"`
	Version      int64         `json:"version"` // grows with every change: the larger one is the later
	State        IncidentState `json:"state"`
	Title        string        `json:"title"`
	Impact       Impact        `json:"impact"`
	Manual       bool          `json:"manual"`
	Public       bool          `json:"public"`
	Confirmed    bool          `json:"confirmed"`
	Services     []string      `json:"services"`
	Collateral   []string      `json:"collateral"`
	Affected     Affected      `json:"affected"`
	Onset        OnsetDocument `json:"onset"`
	DetectedAt   *time.Time    `json:"detected_at"`
	PublishedAt  *time.Time    `json:"published_at"`
	ConfirmedAt  *time.Time    `json:"confirmed_at"`
	MonitoringAt *time.Time    `json:"monitoring_at"`
	EndedAt      *time.Time    `json:"ended_at"` // as checks tell; null where they took no part
	ClosedAt     *time.Time    `json:"closed_at"`
	UpdatedAt    *time.Time    `json:"updated_at"`
	Headline     string        `json:"headline"`
	Cause        string        `json:"cause"`
	Evidence     []Evidence    `json:"evidence"`
	Size         SizeDocument  `json:"size"`
}

// OnsetDocument is an [Onset] in JSON.
type OnsetDocument struct {
	At   *time.Time `json:"at"`
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

// SizeDocument is a [Size] in JSON.
type SizeDocument struct {
	Reporters float64 `json:"reporters"`
	Expected  float64 `json:"expected"`
	Rate      float64 `json:"rate"`
	Usual     float64 `json:"usual"`
	Peak      float64 `json:"peak"`
}

// UpdateDocument is an [Update] in JSON.
type UpdateDocument struct {
	ID     string        `json:"id"`
	At     time.Time     `json:"at"`
	State  IncidentState `json:"state"`
	Body   string        `json:"body"`
	Author string        `json:"author"`
	Public bool          `json:"public"`
}

// Document writes the incident down.
func (in *Incident) Document() IncidentDocument {
	affected := in.Affected
	affected.Regions, affected.Carriers, affected.Symptoms = listed(affected.Regions), listed(affected.Carriers), listed(affected.Symptoms)
	return IncidentDocument{
		ID: in.ID, Version: in.Version, State: in.State, Title: in.Title, Impact: in.Impact, Manual: in.Manual,
		Public: in.Public, Confirmed: in.Confirmed, Services: listed(in.Services), Collateral: listed(in.Collateral),
		Affected: affected, Onset: OnsetDocument{instant(in.Onset.At), instant(in.Onset.From), instant(in.Onset.To)},
		DetectedAt: instant(in.DetectedAt), PublishedAt: instant(in.PublishedAt), ConfirmedAt: instant(in.ConfirmedAt),
		MonitoringAt: instant(in.MonitoringAt), EndedAt: instant(in.EndedAt), ClosedAt: instant(in.ClosedAt), UpdatedAt: instant(in.UpdatedAt),
		Headline: in.Headline, Cause: in.Cause, Evidence: listed(in.Evidence), Size: SizeDocument(in.Size),
	}
}

// listed makes an absent list an empty one.
func listed[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// instant is null for one that never happened.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
