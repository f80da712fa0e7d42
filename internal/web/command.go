package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// Action is what an operator does to an incident.
type Action string

// The actions.
const (
	ActionOpen    Action = "open"
	ActionUpdate  Action = "update"
	ActionPublish Action = "publish"
	ActionConfirm Action = "confirm"
	ActionResolve Action = "resolve"
	ActionDismiss Action = "dismiss"
)

// Command is one action of one operator.
type Command struct {
	Action   Action
	ID       string // of the incident; empty to open one
	Author   string // the operator
	Title    string // to open
	Services []string
	Impact   outcry.Impact
	Onset    time.Time            // to open: when it began, if known
	State    outcry.IncidentState // to update: the new state; empty keeps it
	Body     string               // what to say; Markdown
	Cause    string               // to update: the cause, once known
	Public   bool                 // shown on the page, and not a note to the team
	Version  int64                // the version that the operator saw; 0: any
}

const (
	commandBytes = 64 << 10
	titleRunes   = 200
	bodyRunes    = 16 << 10
	serviceCount = 100
)

// commandBody is a command as it is sent.
type commandBody struct {
	Title    string               `json:"title"`
	Services []string             `json:"services"`
	Impact   outcry.Impact        `json:"impact"`
	Onset    time.Time            `json:"onset"`
	State    outcry.IncidentState `json:"state"`
	Body     string               `json:"body"`
	Cause    string               `json:"cause"`
	Public   *bool                `json:"public"` // default true
	Version  int64                `json:"version"`
}

func (s *Server) openIncident(w http.ResponseWriter, r *http.Request, author string) error {
	c, err := readCommand(w, r, ActionOpen, author)
	if err != nil {
		return err
	}
	if c.Title == "" {
		return outcry.FieldErrorf("title", "is required")
	}
	if len(c.Services) == 0 {
		return outcry.FieldErrorf("services", "must name at least one service")
	}
	return s.do(w, r, c, http.StatusCreated)
}

func (s *Server) updateIncident(w http.ResponseWriter, r *http.Request, author string) error {
	c, err := readCommand(w, r, ActionUpdate, author)
	if err != nil {
		return err
	}
	if c.Body == "" && c.State == "" && c.Cause == "" && c.Title == "" && c.Impact == "" {
		return outcry.FieldErrorf("body", "is required, unless the state, the cause, the title or the impact changes")
	}
	return s.do(w, r, c, http.StatusOK)
}

// act serves the actions that need no words, but may have some.
func (s *Server) act(a Action) func(http.ResponseWriter, *http.Request, string) error {
	return func(w http.ResponseWriter, r *http.Request, author string) error {
		c, err := readCommand(w, r, a, author)
		if err != nil {
			return err
		}
		return s.do(w, r, c, http.StatusOK)
	}
}

func (s *Server) do(w http.ResponseWriter, r *http.Request, c Command, status int) error {
	if s.deps.Commander == nil {
		return outcry.Errorf(outcry.CodeUnavailable, "this process does not keep the incidents")
	}
	in, err := s.deps.Commander.Do(r.Context(), c)
	if err != nil {
		return fmt.Errorf("%s incident %s: %w", c.Action, c.ID, err)
	}
	if status == http.StatusCreated {
		w.Header().Set("Location", "/api/v1/incidents/"+in.ID)
	}
	return answer(w, status, bodyOf(in))
}

// readCommand reads a bounded JSON body; an empty one is a command without
// words.
func readCommand(w http.ResponseWriter, r *http.Request, a Action, author string) (Command, error) {
	c := Command{Action: a, ID: r.PathValue("id"), Author: author, Public: true}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, commandBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return c, outcry.Errorf(outcry.CodeTooLarge, "the command is over %d bytes", commandBytes)
	}
	if err != nil {
		return c, outcry.Wrap(outcry.CodeInvalid, err, "the command did not arrive whole")
	}
	if len(data) == 0 {
		return c, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return c, outcry.Errorf(outcry.CodeUnsupported, "the command must be application/json")
	}
	return c, c.decode(data)
}

func (c *Command) decode(data []byte) error {
	var b commandBody
	if err := strictJSON(data, &b); err != nil {
		return err
	}
	c.Title, c.Services, c.Impact, c.Onset = b.Title, b.Services, b.Impact, b.Onset
	c.State, c.Body, c.Cause, c.Version = b.State, b.Body, b.Cause, b.Version
	if b.Public != nil {
		c.Public = *b.Public
	}
	return c.check()
}

func (c *Command) check() error {
	switch c.Impact {
	case "", outcry.ImpactNone, outcry.ImpactMinor, outcry.ImpactMajor, outcry.ImpactCritical:
	default:
		return outcry.FieldErrorf("impact", "is none, minor, major or critical")
	}
	switch c.State {
	case "", outcry.StateInvestigating, outcry.StateIdentified, outcry.StateMonitoring, outcry.StateResolved:
	default:
		return outcry.FieldErrorf("state", "is investigating, identified, monitoring or resolved")
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{{"title", c.Title, titleRunes}, {"body", c.Body, bodyRunes}, {"cause", c.Cause, bodyRunes}} {
		if utf8.RuneCountInString(f.value) > f.most {
			return outcry.FieldErrorf(f.name, "is longer than %d characters", f.most)
		}
	}
	if len(c.Services) > serviceCount {
		return outcry.FieldErrorf("services", "names more than %d services", serviceCount)
	}
	return nil
}

// strictJSON decodes one JSON value and names the field at fault.
func strictJSON(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return outcry.FieldErrorf(wrong.Field, "has the wrong type: %s", wrong.Value)
	}
	if err != nil {
		return outcry.FieldErrorf("", "the command is not the JSON that is expected: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return outcry.FieldErrorf("", "the command goes on after its end")
	}
	return nil
}
