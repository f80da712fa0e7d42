package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

const (
	talliesDefault = time.Hour           // the range without from
	talliesMost    = 31 * 24 * time.Hour // the longest range
)

// tallyBody is the answer of the tallies endpoint: the counts of reports.
type tallyBody struct {
	Service  string      `json:"service"`
	From     time.Time   `json:"from"`
	To       time.Time   `json:"to"`
	Total    uint64      `json:"total"`
	Distinct uint64      `json:"distinct"` // summed over the ticks
	Ticks    []tallyTick `json:"ticks"`    // those with reports
}

type tallyTick struct {
	At       time.Time `json:"at"`
	Total    uint32    `json:"total"`
	Distinct uint32    `json:"distinct"`
}

// tallies serves GET /api/v1/services/{service}/tallies?from&to.
func (s *Server) tallies(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("service")
	if err := s.mayRead(r, id); err != nil {
		return err
	}
	from, to, err := s.timeRange(r)
	if err != nil {
		return err
	}
	if s.deps.Tallies == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this process has no access to the counts")
	}
	first, end := outcry.TickOf(from), outcry.TickOf(to)
	if end.Start().Before(to) {
		end++
	}
	rows, err := s.deps.Tallies.Tallies(r.Context(), id, first, end)
	if err != nil {
		return fmt.Errorf("read the tallies of %s: %w", id, err)
	}
	body := tallyBody{Service: id, From: from, To: to, Ticks: make([]tallyTick, 0, len(rows))}
	for _, t := range rows {
		if t.Kind == outcry.KindReport && t.Total > 0 {
			body.add(t)
		}
	}
	return answer(w, http.StatusOK, body)
}

// add appends a tally, or sums it into the last when both are of one tick.
func (b *tallyBody) add(t outcry.Tally) {
	b.Total += uint64(t.Total)
	b.Distinct += uint64(t.Distinct)
	at := t.Tick.Start()
	if n := len(b.Ticks) - 1; n >= 0 && b.Ticks[n].At.Equal(at) {
		b.Ticks[n].Total += t.Total
		b.Ticks[n].Distinct += t.Distinct
		return
	}
	b.Ticks = append(b.Ticks, tallyTick{at, t.Total, t.Distinct})
}

// mayRead refuses services that the caller may not know of, in the same words
// as those that do not exist.
func (s *Server) mayRead(r *http.Request, id string) error {
	name, err := s.authenticate(r)
	if err != nil {
		return err
	}
	services := s.at(r).public.Load().Services
	if name != "" {
		services = s.lastWorld().Services
	}
	if slices.ContainsFunc(services, func(v page.Service) bool { return v.ID == id }) {
		return nil
	}
	return outcry.Errorf(outcry.CodeNotFound, "there is no such service")
}

func (s *Server) timeRange(r *http.Request) (from, to time.Time, err error) {
	q := r.URL.Query()
	if to, err = instant("to", q.Get("to"), s.deps.Now()); err != nil {
		return from, to, err
	}
	if from, err = instant("from", q.Get("from"), to.Add(-talliesDefault)); err != nil {
		return from, to, err
	}
	switch {
	case !from.Before(to):
		return from, to, outcry.FieldErrorf("from", "must be before to")
	case to.Sub(from) > talliesMost:
		return from, to, outcry.FieldErrorf("from", "is more than 31 days before to")
	}
	return from, to, nil
}

func instant(field, value string, otherwise time.Time) (time.Time, error) {
	if value == "" {
		return otherwise.UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, outcry.FieldErrorf(field, "is not an RFC 3339 time, like 2024-05-16T21:39:00Z")
	}
	if t.Year() < 1970 || t.Year() > 9999 {
		return t, outcry.FieldErrorf(field, "is out of range")
	}
	return t.UTC(), nil
}

// answer writes a body as JSON.
func answer(w http.ResponseWriter, status int, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(legible(data), '\n')) // the client may have gone
	return nil
}

// legible escapes what turns text around or commands a terminal, for those who
// read JSON as it comes: the value stays the same (RFC 8259, 7).
func legible(data []byte) []byte {
	odd := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	}
	if !bytes.ContainsFunc(data, odd) {
		return data
	}
	var out bytes.Buffer
	for _, r := range string(data) {
		if !odd(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.Bytes()
}
