package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/outcry/outcry"
)

// IncidentQuery selects incidents; the zero query is all of them.
type IncidentQuery struct {
	Open     bool      // only those that are not over
	Public   bool      // only those that the public may see
	From, To time.Time // that were going on in [From, To); zero is no bound
	Service  string    // that name the service, failed or collateral
	Limit    int       // at most so many; 0 is no bound
	Before   string    // only those that the list has after the incident of this ID
}

// Incidents lists incidents, newest first by when they began.
func (s *Store) Incidents(ctx context.Context, q IncidentQuery) ([]outcry.Incident, error) {
	text, args := q.statement()
	var out []outcry.Incident
	err := s.each(ctx, func(rows *sql.Rows) error {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		in, err := decodeDoc[outcry.Incident](doc)
		out = append(out, in)
		return err
	}, text, args...)
	if err != nil {
		return nil, s.fail(err, "listing incidents")
	}
	return out, nil
}

func (q IncidentQuery) statement() (string, []any) {
	text := "SELECT doc FROM incidents WHERE 1 = 1"
	var args []any
	and := func(condition string, value ...any) {
		args = append(args, value...)
		text += " AND " + condition
	}
	limit := int64(math.MaxInt32)
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	args = append(args, limit, q.Service, q.Before, millis(q.From), millis(q.To))
	and("(CAST($2 AS TEXT) = '' OR id IN (SELECT incident FROM incident_services WHERE service = $2))")
	and("(CAST($3 AS TEXT) = '' OR (began, id) < (SELECT c.began, c.id FROM incidents c WHERE c.id = $3))")
	and("(CAST($4 AS BIGINT) = 0 OR is_open = 1 OR closed >= $4)")
	and("(CAST($5 AS BIGINT) = 0 OR began < $5)")
	if q.Open {
		and("is_open = 1") // written out, so that the index of the open ones is used
	}
	if q.Public {
		and("public = 1")
	}
	return text + " ORDER BY began DESC, id DESC LIMIT $1", args
}
