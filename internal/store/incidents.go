package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// IncidentChange is an incident as it shall be, with all its Updates, and the
// notices that tell of the change.
type IncidentChange struct {
	// Incident carries the Version that it had when it was read, 0 if it is new;
	// it is stored as Version+1. Several changes of one incident in one call may
	// all carry the first one's version, or count up.
	Incident outcry.Incident
	Notices  []outcry.Notice
}

// Apply writes the changes that came of judging, or of a person's command, in
// one transaction with their notices and the judge's new position. CodeConflict,
// and nothing written, when another judge was first, or an incident is not at the
// version that its change carries. A notice whose ID is known is left as it is.
func (s *Store) Apply(ctx context.Context, j Judged, changes []IncidentChange) error {
	return s.write(ctx, "applying changes to incidents", func(t *txn) error {
		if !j.byPeople() {
			if err := t.moveJudge(j); err != nil {
				return err
			}
		}
		for _, c := range lastOfEach(changes) {
			if err := t.saveIncident(c.incident, c.base); err != nil {
				return err
			}
		}
		for i := range changes {
			if err := t.insertNotices(changes[i].Notices); err != nil {
				return err
			}
		}
		return nil
	})
}

// coalesced is what many changes of one incident come to.
type coalesced struct {
	incident *outcry.Incident
	base     int64 // version that the first of them was made on
}

// lastOfEach gives the last change of every incident, numbered as if they had
// been stored one by one. A change that was made on neither the first one's
// version nor the one before it keeps its own as base, and so conflicts.
func lastOfEach(changes []IncidentChange) []coalesced {
	var out []coalesced
	at := map[string]int{}
	for i := range changes {
		in := changes[i].Incident // a copy: the version is the store's to set
		n, seen := at[in.ID]
		if !seen {
			n = len(out)
			at[in.ID] = n
			out = append(out, coalesced{base: in.Version})
		}
		c := &out[n]
		next := c.base + 1
		if c.incident != nil {
			next = c.incident.Version + 1
		}
		if in.Version != c.base && in.Version != next-1 {
			c.base = -1 // no incident has it
		}
		in.Version = next
		c.incident = &in
	}
	return out
}

func (t *txn) saveIncident(in *outcry.Incident, base int64) error {
	if in.ID == "" {
		return outcry.FieldErrorf("id", "an incident needs one")
	}
	doc, err := json.Marshal(in)
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "writing incident %s as JSON", in.ID)
	}
	if base == 0 {
		err = t.insertIncident(in, string(doc))
	} else {
		err = t.updateIncident(in, base, string(doc))
	}
	if err != nil {
		return err
	}
	return t.linkServices(in)
}

func (t *txn) insertIncident(in *outcry.Incident, doc string) error {
	n, err := t.exec(`INSERT INTO incidents (id, version, is_open, public, began, closed, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
		in.ID, in.Version, b2i(in.Open()), b2i(in.Public), began(in), millis(in.ClosedAt), doc)
	return must(n, err, "incident %s exists already", in.ID)
}

func (t *txn) updateIncident(in *outcry.Incident, base int64, doc string) error {
	n, err := t.exec(`UPDATE incidents SET version = $1, is_open = $2, public = $3, closed = $4, doc = $5
		WHERE id = $6 AND version = $7`,
		in.Version, b2i(in.Open()), b2i(in.Public), millis(in.ClosedAt), doc, in.ID, base)
	return must(n, err, "incident %s has changed meanwhile", in.ID)
}

// linkServices makes the incident findable by every service that it names.
func (t *txn) linkServices(in *outcry.Incident) error {
	if _, err := t.exec("DELETE FROM incident_services WHERE incident = $1", in.ID); err != nil {
		return err
	}
	for _, service := range slices.Concat(in.Services, in.Collateral) {
		_, err := t.exec("INSERT INTO incident_services (service, incident) VALUES ($1, $2) ON CONFLICT (service, incident) DO NOTHING",
			service, in.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// began is the instant that an incident is listed under.
func began(in *outcry.Incident) int64 {
	return cmp.Or(millis(in.DetectedAt), millis(in.PublishedAt), millis(in.Onset.At), millis(in.UpdatedAt))
}

// Incident gives one incident, or CodeNotFound.
func (s *Store) Incident(ctx context.Context, id string) (outcry.Incident, error) {
	var doc string
	err := s.reader.QueryRowContext(ctx, "SELECT doc FROM incidents WHERE id = $1", id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return outcry.Incident{}, outcry.Errorf(outcry.CodeNotFound, "no incident %q", id)
	}
	if err != nil {
		return outcry.Incident{}, s.fail(err, "reading an incident")
	}
	return decodeDoc[outcry.Incident](doc)
}

func decodeDoc[T any](doc string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return v, outcry.Wrap(outcry.CodeInternal, err, "reading a stored %T", v)
	}
	return v, nil
}

// millis is how instants are stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
