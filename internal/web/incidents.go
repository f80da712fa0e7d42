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

// incidentBody is an incident in the API.
type incidentBody struct {
	outcry.IncidentDocument
	AnswerBy *time.Time              `json:"answer_by"`
	Vendors  []page.LagAPI           `json:"vendors"` // when its vendors' own pages said so
	Updates  []outcry.UpdateDocument `json:"updates"` // oldest first
}

func bodyOf(in outcry.Incident) incidentBody {
	b := incidentBody{IncidentDocument: in.Document(), AnswerBy: maybe(in.AnswerBy), Vendors: page.LagsOf(&in), Updates: []outcry.UpdateDocument{}}
	for _, u := range in.Updates {
		b.Updates = append(b.Updates, outcry.UpdateDocument{ID: u.ID, At: u.At.UTC(), State: u.State, Body: u.Body, Author: u.Author, Public: u.Public})
	}
	return b
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
