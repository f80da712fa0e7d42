package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/config"
)

type versionCmd struct{}

// Run carries out outcry version.
func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, "outcry", version())
	return err
}

func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development"
}

type checkCmd struct {
	Config string `help:"The file to check." required:"" placeholder:"FILE" type:"path"`
}

// Run carries out outcry check.
func (c *checkCmd) Run(s *streams) error {
	cfg, err := config.Load(c.Config, app.Types())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: ok: %d services, %d checks, %d sources, %d channels\n",
		c.Config, len(cfg.Services), len(cfg.Checks), len(cfg.Sources), len(cfg.Notify.Channels))
	return err
}

type probeCmd struct {
	Target string `arg:"" help:"Name of a configured check, or a URL: https://…, tcp://host:port, tls://…, dns://server/name?type=A, icmp://host, grpc://…, wss://…" placeholder:"NAME|URL"`
	Config string `help:"Configuration file that has the check." placeholder:"FILE" type:"path"`
}

// Run carries out outcry probe.
func (c *probeCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	result, err := app.ProbeNow(ctx, cfg, c.Target)
	if err != nil {
		return err
	}
	if err := result.Format(s.text()); err != nil {
		return err
	}
	switch result.Outcome {
	case outcry.Good:
		return nil
	case outcry.Bad:
		return verdict(exitFailed)
	default:
		return verdict(exitMisuse)
	}
}

type replayCmd struct {
	Scenario string `arg:"" help:"A scenario file, or the name of a shipped one: imessage-2024-05-16, …" placeholder:"SCENARIO"`
	JSON     bool   `name:"json" help:"Print the whole result as one JSON object."`
	Seed     uint64 `help:"Seed of the draw, and of salts and ids." default:"1"`
	Signals  string `help:"Signals to play instead of a draw: NDJSON; - for standard input." placeholder:"FILE"`
	Config   string `help:"Configuration for counting, limits and detection." placeholder:"FILE" type:"path"`
}

// Run carries out outcry replay.
func (c *replayCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	sc, err := app.OpenScenario(c.Scenario)
	if err != nil {
		return err
	}
	o := app.ReplayOptions{Scenario: sc, Seed: c.Seed, Config: cfg, Log: newLog(quiet(cfg), s.err)}
	if !c.JSON {
		o.Progress = progress(s.err, "playing "+sc.Name)
	}
	if c.Signals != "" {
		in, err := c.open(s)
		if err != nil {
			return err
		}
		defer in.Close() //nolint:errcheck // only read
		o.Signals = in
	}
	r, err := app.Replay(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return tell(s.out, r)
}

func (c *replayCmd) open(s *streams) (io.ReadCloser, error) {
	if c.Signals == "-" {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(c.Signals)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "open the signals %s", c.Signals)
	}
	return f, nil
}

// quiet keeps a replay's log to what needs attention.
func quiet(cfg *config.Config) *config.Config {
	c := *cfg
	c.Log.Level = config.LevelWarn
	return &c
}

// tell writes a result for people.
func tell(w io.Writer, r *app.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d reports sent, %d taken, %d counted, in %.1f s\n", r.Scenario, r.ReportsSent, r.ReportsIn, r.ReportsCounted, r.WallS)
	for why, n := range r.ReportsRefused {
		fmt.Fprintf(&b, "  refused (%s): %d\n", why, n)
	}
	for i := range r.Incidents {
		in := &r.Incidents[i]
		fmt.Fprintf(&b, "\n%s  %s\n  detected %s, published %s, confirmed %s, recovering %s, closed %s\n  %s\n", in.ID, strings.Join(in.Services, ", "),
			at(in.DetectedAt), at(in.PublishedAt), at(in.ConfirmedAt), at(in.MonitoringAt), at(in.ClosedAt), in.Headline)
		contributions(&b, in)
	}
	for i := range r.Outages {
		o := &r.Outages[i]
		fmt.Fprintf(&b, "\noutage of %s at %s: published after %s, onset off by %s, recovering after %s, closed after %s, ahead of the vendor by %s (its %s)\n",
			strings.Join(o.Services, ", "), o.Onset.Format(time.RFC3339), secs(o.PublishDelayS), secs(o.OnsetErrorS), secs(o.MonitoringDelayS), secs(o.CloseDelayS), secs(o.LeadS), o.OfficialWords)
	}
	fmt.Fprintf(&b, "\nfalse incidents: %d; public before the start: %d\n", len(r.FalseIncidents), r.HistoryIncidents)
	_, err := io.WriteString(w, b.String())
	return err
}

// contributions tells what each stream did for an incident.
func contributions(b *strings.Builder, in *app.Incident) {
	if len(in.Contributions) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  %-10s %22s  %-18s %s\n", "stream", "nats at publication", "alone, detected", "without it, published")
	for _, c := range in.Contributions {
		sooner := "never"
		if c.SoonerS != nil {
			sooner = fmt.Sprintf("%s (%+.0f s)", at(c.WithoutAt), *c.SoonerS)
		}
		fmt.Fprintf(b, "  %-10s %22.1f  %-18s %s\n", c.Stream, c.Nats, at(c.AloneAt), sooner)
	}
}

func at(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format("15:04:05Z")
}

func secs(s *float64) string {
	if s == nil {
		return "–"
	}
	return (time.Duration(*s) * time.Second).String()
}
