package web

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// Subscribers keeps who wants to be told that a service is back.
type Subscribers interface {
	// Subscribe checks and keeps one, and gives it with its ID and its end.
	Subscribe(ctx context.Context, s outcry.Subscriber) (outcry.Subscriber, error)
	// Unsubscribe fails with CodeNotFound when there is no such one.
	Unsubscribe(ctx context.Context, service, id string) error
}

// Turnstile says how long whoever sends a request must wait, by their network;
// 0 lets it pass.
type Turnstile interface {
	Wait(r *http.Request) time.Duration
}

// subscriptionBytes bounds what a browser says of itself.
const subscriptionBytes = 4 << 10

// subscriptionBody is a PushSubscription as browsers write it, and what its
// owner wants.
type subscriptionBody struct {
	Endpoint       string   `json:"endpoint"`
	ExpirationTime *float64 `json:"expirationTime"` // browsers may say it; ours comes first
	Keys           struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
	Language string `json:"language"`
	Updates  bool   `json:"updates"`
}

type keptBody struct {
	ID       string    `json:"id"`
	Service  string    `json:"service"`
	Incident string    `json:"incident"`
	Updates  bool      `json:"updates"`
	Expires  time.Time `json:"expires"`
}

// subscribe serves POST /api/v1/services/{service}/subscriptions.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request) error {
	if s.deps.Subscribers == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this site does not tell visitors that a service is back")
	}
	if err := s.turn(w, r); err != nil {
		return err
	}
	at := s.at(r)
	service := r.PathValue("service")
	incident, err := at.failing(service)
	if err != nil {
		return err
	}
	b, err := readSubscription(w, r)
	if err != nil {
		return err
	}
	sub := outcry.Subscriber{Service: service, Incident: incident, Endpoint: b.Endpoint, Updates: b.Updates}
	if sub.Key, err = fromBase64("keys.p256dh", b.Keys.P256dh); err != nil {
		return err
	}
	if sub.Auth, err = fromBase64("keys.auth", b.Keys.Auth); err != nil {
		return err
	}
	lang, known := at.renderer.Named(b.Language)
	if !known {
		lang, _ = at.language(r)
	}
	sub.Language = at.renderer.Code(lang)
	if sub, err = s.deps.Subscribers.Subscribe(r.Context(), sub); err != nil {
		return err
	}
	return answer(w, http.StatusCreated, keptBody{sub.ID, sub.Service, sub.Incident, sub.Updates, sub.Expires.UTC().Truncate(time.Second)})
}

// turn lets a stranger's network through, or says when to come again.
func (s *Server) turn(w http.ResponseWriter, r *http.Request) error {
	if s.deps.Turnstile == nil {
		return nil
	}
	wait := s.deps.Turnstile.Wait(r)
	if wait <= 0 {
		return nil
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return outcry.Errorf(outcry.CodeTooMany, "too many requests come from this network; try again later")
}

// failing gives the open incident of a service that strangers see on this site.
func (s *site) failing(service string) (incident string, err error) {
	if h := s.get("/s/" + service); h == nil || h.kind != kindService {
		return "", outcry.Errorf(outcry.CodeNotFound, "there is no such service")
	}
	for _, in := range s.public.Load().Incidents {
		if in.Open() && slices.Contains(in.Services, service) {
			return in.ID, nil
		}
	}
	return "", outcry.Errorf(outcry.CodeConflict, "nothing is known to be wrong with this service: there is nothing to be told of")
}

func readSubscription(w http.ResponseWriter, r *http.Request) (b subscriptionBody, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return b, outcry.Errorf(outcry.CodeUnsupported, "a subscription must be application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, subscriptionBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return b, outcry.Errorf(outcry.CodeTooLarge, "the subscription is over %d bytes", subscriptionBytes)
	}
	if err != nil {
		return b, outcry.Wrap(outcry.CodeInvalid, err, "the subscription did not arrive whole")
	}
	return b, strictJSON(data, &b)
}

// fromBase64 reads what browsers write: base64url, some with padding.
func fromBase64(field, text string) ([]byte, error) {
	out, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, outcry.FieldErrorf(field, "must be base64url")
	}
	return out, nil
}

// maxSubscriberID bounds an ID that is looked up.
const maxSubscriberID = 64

// unsubscribe serves DELETE /api/v1/services/{service}/subscriptions/{id}.
// Whoever knows the ID may: it is as hard to guess as the endpoint.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if s.deps.Subscribers == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this site does not tell visitors that a service is back")
	}
	if err := s.turn(w, r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if len(id) > maxSubscriberID {
		return outcry.Errorf(outcry.CodeNotFound, "there is no such subscriber")
	}
	if err := s.deps.Subscribers.Unsubscribe(r.Context(), r.PathValue("service"), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
