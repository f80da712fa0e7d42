package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// Planner keeps planned maintenance.
type Planner interface {
	Maintenances(ctx context.Context) ([]page.Maintenance, error)
	// PutMaintenance adds one, or replaces the one of the same ID.
	PutMaintenance(ctx context.Context, m page.Maintenance) error
	// DropMaintenance fails with CodeNotFound when there is no such one.
	DropMaintenance(ctx context.Context, id string) error
}

// Bounds of planned maintenance.
const (
	maxMaintenanceBody = 16 << 10
	longestMaintenance = 31 * 24 * time.Hour
)

var maintenanceID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// maintenanceBody is what PUT takes.
type maintenanceBody struct {
	Title    string    `json:"title"`
	Body     string    `json:"body"`
	Services []string  `json:"services"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

// listMaintenances serves GET /api/v1/maintenances: those that the caller may
// know of.
func (s *Server) listMaintenances(w http.ResponseWriter, r *http.Request) error {
	name, err := s.authenticate(r)
	if err != nil {
		return err
	}
	all := s.at(r).public.Load().Maintenances
	if name != "" && s.deps.Planner != nil {
		if all, err = s.deps.Planner.Maintenances(r.Context()); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, map[string][]page.Maintenance{"maintenances": append([]page.Maintenance{}, all...)})
}

// putMaintenance serves PUT /api/v1/maintenances/{id}.
func (s *Server) putMaintenance(w http.ResponseWriter, r *http.Request, _ string) error {
	if s.deps.Planner == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this process plans no maintenance")
	}
	m := page.Maintenance{ID: r.PathValue("id"), CreatedAt: s.deps.Now().UTC(), UpdatedAt: s.deps.Now().UTC()}
	if err := s.readMaintenance(r, &m); err != nil {
		return err
	}
	known, err := s.deps.Planner.Maintenances(r.Context())
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(known, func(k page.Maintenance) bool { return k.ID == m.ID }); i >= 0 {
		m.CreatedAt = known[i].CreatedAt
	}
	if err := s.deps.Planner.PutMaintenance(r.Context(), m); err != nil {
		return err
	}
	return answer(w, http.StatusOK, m)
}

func (s *Server) readMaintenance(r *http.Request, m *page.Maintenance) error {
	if !maintenanceID.MatchString(m.ID) {
		return outcry.FieldErrorf("id", "must be of lower-case letters, digits and dashes, at most 64")
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxMaintenanceBody+1))
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read")
	}
	if len(data) > maxMaintenanceBody {
		return outcry.Errorf(outcry.CodeTooLarge, "a maintenance has at most %d bytes", maxMaintenanceBody)
	}
	var b maintenanceBody
	if err := json.UnmarshalRead(bytes.NewReader(data), &b, json.RejectUnknownMembers(true)); err != nil {
		return outcry.Errorf(outcry.CodeInvalid, "must be a JSON object with title, body, services, from and to: %s", err)
	}
	known := s.lastWorld().Services
	switch {
	case b.Title == "":
		return outcry.FieldErrorf("title", "is missing")
	case len(b.Services) == 0:
		return outcry.FieldErrorf("services", "is empty: which services is it about?")
	case b.From.IsZero() || b.To.IsZero() || !b.From.Before(b.To):
		return outcry.FieldErrorf("to", "must be after from, both as RFC 3339 times")
	case b.To.Sub(b.From) > longestMaintenance:
		return outcry.FieldErrorf("to", "is more than 31 days after from")
	}
	for _, id := range b.Services {
		if !slices.ContainsFunc(known, func(v page.Service) bool { return v.ID == id }) {
			return outcry.FieldErrorf("services", "there is no service %q", id)
		}
	}
	m.Title, m.Body, m.Services, m.From, m.To = b.Title, b.Body, b.Services, b.From.UTC(), b.To.UTC()
	return nil
}

// dropMaintenance serves DELETE /api/v1/maintenances/{id}.
func (s *Server) dropMaintenance(w http.ResponseWriter, r *http.Request, _ string) error {
	if s.deps.Planner == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this process plans no maintenance")
	}
	if err := s.deps.Planner.DropMaintenance(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
