package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/outcry/outcry"
)

// incidentCmd talks to a running server over its API.
type incidentCmd struct {
	remote

	List    incidentList    `cmd:"" help:"List incidents, newest first."`
	Show    incidentShow    `cmd:"" help:"Show one with its timeline and evidence."`
	Open    incidentOpen    `cmd:"" help:"Open one yourself; it is public at once."`
	Update  incidentUpdate  `cmd:"" help:"Say something about one, or change its state, title or cause."`
	Publish incidentPublish `cmd:"" help:"Make one public that is only possible so far."`
	Confirm incidentConfirm `cmd:"" help:"Vouch for one: it is no longer unconfirmed."`
	Resolve incidentResolve `cmd:"" help:"Say that it is over."`
	Dismiss incidentDismiss `cmd:"" help:"Say that it was nothing."`
	Report  incidentReport  `cmd:"" help:"Write the report of one, in Markdown."`
}

// remoteIncident is an incident as the API gives it.
type remoteIncident struct {
	outcry.IncidentDocument
	Updates []outcry.UpdateDocument `json:"updates"`
}

// call does one request about incidents and decodes its answer.
func (c *incidentCmd) call(ctx context.Context, method, path string, body, into any) error {
	return c.remote.call(ctx, method, "/api/v1/incidents"+path, body, into)
}

type incidentList struct {
	Open bool `help:"Only those that are not over."`
	JSON bool `name:"json" help:"As JSON."`
}

// Run carries out outcry incident list.
func (l *incidentList) Run(ctx context.Context, s *streams, c *cli) error {
	path := "?limit=100"
	if l.Open {
		path += "&open=true"
	}
	var raw struct {
		Incidents []json.RawMessage `json:"incidents"`
	}
	if err := c.Incident.call(ctx, http.MethodGet, path, nil, &raw); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, raw)
	}
	w := tabwriter.NewWriter(s.text(), 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tPUBLIC\tSINCE\tTITLE")
	for _, r := range raw.Incidents {
		var in remoteIncident
		if err := json.Unmarshal(r, &in); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", in.ID, in.State, publicWord(&in), clock(in.Onset.At), harmless(in.Title))
	}
	return w.Flush()
}

func publicWord(in *remoteIncident) string {
	switch {
	case !in.Public:
		return "no"
	case !in.Confirmed:
		return "unconfirmed"
	default:
		return "yes"
	}
}

func clock(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.Local().Format("2006-01-02 15:04:05 MST")
}

type incidentShow struct {
	ID   string `arg:"" help:"The incident."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Run carries out outcry incident show.
func (x *incidentShow) Run(ctx context.Context, s *streams, c *cli) error {
	var raw json.RawMessage
	if err := c.Incident.call(ctx, http.MethodGet, "/"+url.PathEscape(x.ID), nil, &raw); err != nil {
		return err
	}
	if x.JSON {
		return printJSON(s.out, raw)
	}
	var in remoteIncident
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	_, err := io.WriteString(s.text(), describe(&in))
	return err
}

func describe(in *remoteIncident) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s, impact %s, public: %s\nservices: %s\nonset: %s (between %s and %s)\n\n%s\n", in.ID, in.Title, in.State, in.Impact, publicWord(in),
		strings.Join(in.Services, ", "), clock(in.Onset.At), clock(in.Onset.From), clock(in.Onset.To), in.Headline)
	if len(in.Evidence) > 0 {
		fmt.Fprintln(&b, "\nevidence:")
	}
	for _, e := range in.Evidence {
		fmt.Fprintf(&b, "  %-8s %7.1f nats  %s\n", e.Stream, e.Nats, e.Words)
	}
	fmt.Fprintln(&b, "\ntimeline:")
	for _, u := range in.Updates {
		note := ""
		if !u.Public {
			note = " (not public)"
		}
		fmt.Fprintf(&b, "  %s  %s by %s%s\n    %s\n", clock(&u.At), u.State, u.Author, note, strings.ReplaceAll(u.Body, "\n", "\n    "))
	}
	return b.String()
}

// said is the body of a command to the API.
type said struct {
	Title    string   `json:"title,omitempty"`
	Services []string `json:"services,omitempty"`
	Impact   string   `json:"impact,omitempty"`
	Onset    string   `json:"onset,omitempty"`
	State    string   `json:"state,omitempty"`
	Body     string   `json:"body,omitempty"`
	Cause    string   `json:"cause,omitempty"`
	Public   *bool    `json:"public,omitempty"`
}

// post sends a command and says what the incident is then.
func (c *incidentCmd) post(ctx context.Context, s *streams, path string, body said) error {
	var in remoteIncident
	if err := c.call(ctx, http.MethodPost, path, body, &in); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.text(), "%s  %s: %s\n", in.ID, cmp.Or(in.Title, "incident"), in.State)
	return err
}

type incidentOpen struct {
	Title    string   `arg:"" help:"What is wrong, in one line."`
	Services []string `help:"Services that fail." required:"" short:"s"`
	Body     string   `help:"First words for the public, in Markdown." short:"m"`
	Impact   string   `help:"minor, major or critical." default:"major" enum:"none,minor,major,critical"`
	Onset    string   `help:"When it began, like 2024-05-16T21:39:00Z." placeholder:"TIME"`
}

// Run carries out outcry incident open.
func (x *incidentOpen) Run(ctx context.Context, s *streams, c *cli) error {
	return c.Incident.post(ctx, s, "", said{Title: x.Title, Services: x.Services, Body: cmp.Or(x.Body, x.Title), Impact: x.Impact, Onset: x.Onset})
}

type incidentUpdate struct {
	ID    string `arg:"" help:"The incident."`
	Body  string `arg:"" optional:"" help:"What to say, in Markdown."`
	State string `help:"New state: investigating, identified, monitoring." placeholder:"STATE"`
	Title string `help:"New title."`
	Cause string `help:"The cause, once it is known."`
	Note  bool   `help:"For the team only, not for the page."`
}

// Run carries out outcry incident update.
func (x *incidentUpdate) Run(ctx context.Context, s *streams, c *cli) error {
	public := !x.Note
	return c.Incident.post(ctx, s, "/"+url.PathEscape(x.ID)+"/updates", said{State: x.State, Body: x.Body, Title: x.Title, Cause: x.Cause, Public: &public})
}

// incidentAct is a command that needs no words.
type incidentAct struct {
	ID   string `arg:"" help:"The incident."`
	Body string `arg:"" optional:"" help:"What to say with it, in Markdown."`
}

func (x *incidentAct) do(ctx context.Context, s *streams, c *cli, verb string) error {
	return c.Incident.post(ctx, s, "/"+url.PathEscape(x.ID)+"/"+verb, said{Body: x.Body})
}

type (
	incidentPublish struct{ incidentAct }
	incidentConfirm struct{ incidentAct }
	incidentResolve struct{ incidentAct }
	incidentDismiss struct{ incidentAct }
)

// Run carries out outcry incident publish.
func (x *incidentPublish) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "publish")
}

// Run carries out outcry incident confirm.
func (x *incidentConfirm) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "confirm")
}

// Run carries out outcry incident resolve.
func (x *incidentResolve) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "resolve")
}

// Run carries out outcry incident dismiss.
func (x *incidentDismiss) Run(ctx context.Context, s *streams, c *cli) error {
	return x.do(ctx, s, c, "dismiss")
}

type incidentReport struct {
	ID string `arg:"" help:"The incident."`
}

// Run carries out outcry incident report.
func (x *incidentReport) Run(ctx context.Context, s *streams, c *cli) error {
	var in remoteIncident
	if err := c.Incident.call(ctx, http.MethodGet, "/"+url.PathEscape(x.ID), nil, &in); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n## Times\n\n", in.Title, in.Headline)
	for _, t := range []struct {
		what string
		at   *time.Time
	}{
		{"Began (estimate)", in.Onset.At}, {"Detected", in.DetectedAt}, {"Published", in.PublishedAt},
		{"Confirmed", in.ConfirmedAt}, {"Recovering", in.MonitoringAt}, {"Closed", in.ClosedAt},
	} {
		fmt.Fprintf(&b, "- %s: %s\n", t.what, clock(t.at))
	}
	fmt.Fprint(&b, "\n## Evidence\n\n")
	for _, e := range in.Evidence {
		fmt.Fprintf(&b, "- %s (%.1f nats): %s\n", e.Stream, e.Nats, e.Words)
	}
	if in.Cause != "" {
		fmt.Fprintf(&b, "\n## Cause\n\n%s\n", in.Cause)
	}
	fmt.Fprint(&b, "\n## Timeline\n\n")
	for _, u := range in.Updates {
		fmt.Fprintf(&b, "- %s, %s, %s: %s\n", clock(&u.At), u.Author, u.State, u.Body)
	}
	_, err := io.WriteString(s.text(), b.String())
	return err
}
