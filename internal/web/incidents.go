package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

const (
	incidentsDefault = 50
	incidentsMost    = 500
)

// incidentBody is an incident in the API. Instants that never happened are
// null.
type incidentBody struct {
	ID           string               `json:"id"`
	Version      int64                `json:"version"`
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
	EndedAt      *time.Time           `json:"ended_at"` // as checks tell; null where they took no part
	ClosedAt     *time.Time           `json:"closed_at"`
	AnswerBy     *time.Time           `json:"answer_by"`
	UpdatedAt    *time.Time           `json:"updated_at"`
	Headline     string               `json:"headline"`
	Cause        string               `json:"cause"`
	Evidence     []outcry.Evidence    `json:"evidence"`
	Size         sizeBody             `json:"size"`
	Vendors      []page.LagAPI        `json:"vendors"` // when its vendors' own pages said so
	Updates      []updateBody         `json:"updates"` // oldest first
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
	Public bool                 `json:"public"`
}

func bodyOf(in outcry.Incident) incidentBody {
	b := incidentBody{
		ID: in.ID, Version: in.Version, State: in.State, Title: in.Title, Impact: in.Impact, Manual: in.Manual,
		Public: in.Public, Confirmed: in.Confirmed, Services: some(in.Services), Collateral: some(in.Collateral),
		Affected: in.Affected, Onset: onsetBody{maybe(in.Onset.At), maybe(in.Onset.From), maybe(in.Onset.To)},
		DetectedAt: maybe(in.DetectedAt), PublishedAt: maybe(in.PublishedAt), ConfirmedAt: maybe(in.ConfirmedAt),
		MonitoringAt: maybe(in.MonitoringAt), EndedAt: maybe(in.EndedAt), ClosedAt: maybe(in.ClosedAt), AnswerBy: maybe(in.AnswerBy), UpdatedAt: maybe(in.UpdatedAt),
		Headline: in.Headline, Cause: in.Cause, Evidence: some(in.Evidence), Size: sizeBody(in.Size), Vendors: page.LagsOf(&in), Updates: []updateBody{},
	}
	b.Affected.Regions, b.Affected.Carriers, b.Affected.Symptoms = some(in.Affected.Regions), some(in.Affected.Carriers), some(in.Affected.Symptoms)
	for _, u := range in.Updates {
		b.Updates = append(b.Updates, updateBody{u.ID, u.At.UTC(), u.State, u.Body, u.Author, u.Public})
	}
	return b
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

// listIncidents serves GET /api/v1/incidents?open&service&limit. Operators see
// what is not public too.
func (s *Server) listIncidents(w http.ResponseWriter, r *http.Request) error {
	name, err := s.authenticate(r)
	if err != nil {
		return err
	}
	q, err := parseQuery(r)
	if err != nil {
		return err
	}
	list := publicIncidents(s.at(r), q)
	if name != "" && s.deps.Library != nil {
		if list, err = s.deps.Library.Incidents(r.Context(), q); err != nil {
			return fmt.Errorf("list the incidents: %w", err)
		}
	}
	out := make([]incidentBody, 0, len(list))
	for _, in := range list {
		out = append(out, bodyOf(in))
	}
	w.Header().Set("Vary", "Authorization")
	return answer(w, http.StatusOK, map[string]any{"incidents": out})
}

func parseQuery(r *http.Request) (Query, error) {
	v := r.URL.Query()
	q := Query{Service: v.Get("service"), Limit: incidentsDefault}
	switch v.Get("open") {
	case "", "0", "false":
	case "1", "true":
		q.Open = true
	default:
		return q, outcry.FieldErrorf("open", "is true or false")
	}
	if l := v.Get("limit"); l != "" {
		n, err := strconv.Atoi(l)
		if err != nil || n < 1 || n > incidentsMost {
			return q, outcry.FieldErrorf("limit", "is a number from 1 to %d", incidentsMost)
		}
		q.Limit = n
	}
	return q, nil
}

func publicIncidents(at *site, q Query) []outcry.Incident {
	var out []outcry.Incident
	for _, in := range at.public.Load().Incidents {
		if len(out) == q.Limit {
			break
		}
		if (in.Open() || !q.Open) && (q.Service == "" || slices.Contains(in.Services, q.Service)) {
			out = append(out, in)
		}
	}
	return out
}

// showIncident serves GET /api/v1/incidents/{id}.
func (s *Server) showIncident(w http.ResponseWriter, r *http.Request) error {
	name, err := s.authenticate(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	w.Header().Set("Vary", "Authorization")
	if name != "" && s.deps.Library != nil {
		in, err := s.deps.Library.Incident(r.Context(), id)
		if err != nil {
			return fmt.Errorf("read the incident %s: %w", id, err)
		}
		return answer(w, http.StatusOK, bodyOf(in))
	}
	for _, in := range s.at(r).public.Load().Incidents {
		if in.ID == id {
			return answer(w, http.StatusOK, bodyOf(in))
		}
	}
	return outcry.Errorf(outcry.CodeNotFound, "there is no such incident")
}
