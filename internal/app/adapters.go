package app

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/incident"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/web"
)

// newID makes an identifier that sorts by time and cannot be guessed.
func newID() string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16) //nolint:gosec // after 1970
	_, _ = rand.Read(b[6:])                                               // never fails, by its documentation
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// tallier reads report tallies for the API.
type tallier struct{ store *store.Store }

// Tallies implements web.Tallier.
func (t tallier) Tallies(ctx context.Context, service string, from, to outcry.Tick) ([]outcry.Tally, error) {
	return t.store.Tallies(ctx, store.TallyQuery{Service: service, Kind: outcry.KindReport, From: from, To: to})
}

// library reads incidents for the API.
type library struct{ store *store.Store }

// Incident implements web.Library.
func (l library) Incident(ctx context.Context, id string) (outcry.Incident, error) {
	return l.store.Incident(ctx, id)
}

// Incidents implements web.Library.
func (l library) Incidents(ctx context.Context, q web.Query) ([]outcry.Incident, error) {
	return l.store.Incidents(ctx, store.IncidentQuery{Open: q.Open, Service: q.Service, Limit: q.Limit})
}

// commander carries operators' commands to the court.
type commander struct{ court *court }

// Do implements web.Commander.
func (c commander) Do(ctx context.Context, w web.Command) (in outcry.Incident, err error) {
	todo := commands(&w)
	if len(todo) == 0 {
		return outcry.Incident{}, outcry.FieldErrorf("body", "an update says something, or changes the state, the title, the impact or the cause")
	}
	for i, cmd := range todo {
		seen := w.Version
		if i > 0 {
			seen = in.Version // as we have just left it
		}
		if in, err = c.court.do(ctx, time.Now(), cmd, seen); err != nil {
			return outcry.Incident{}, err
		}
	}
	return in, nil
}

// commands are what one of the API's comes to: an update may also edit.
func commands(w *web.Command) []incident.Command {
	base := incident.Command{Incident: w.ID, Author: w.Author, Body: w.Body, State: w.State}
	if w.Action != web.ActionUpdate {
		base.Verb = incident.Verb(w.Action)
		base.Title, base.Services, base.Impact, base.Onset = w.Title, w.Services, w.Impact, w.Onset
		return []incident.Command{base}
	}
	var out []incident.Command
	if w.Body != "" || w.State != "" {
		base.Verb = incident.Say
		if !w.Public {
			base.Verb, base.State = incident.Note, ""
		}
		out = append(out, base)
	}
	if w.Title != "" || w.Cause != "" || w.Impact != "" {
		out = append(out, incident.Command{Verb: incident.Edit, Incident: w.ID, Author: w.Author, Title: w.Title, Cause: w.Cause, Impact: w.Impact})
	}
	return out
}

// pagesOfSite gives the intake the site's pages, once there is a site.
type pagesOfSite struct{ site **web.Server }

// Thanks implements intake.Pages.
func (p pagesOfSite) Thanks(r *http.Request, service string) string {
	return (*p.site).Thanks(r, service)
}

// Refused implements intake.Pages.
func (p pagesOfSite) Refused(w http.ResponseWriter, r *http.Request, err error) {
	(*p.site).Refused(w, r, err)
}
