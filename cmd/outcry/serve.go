package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/config"
)

type serveCmd struct {
	Config string   `help:"Configuration file; none: the built-in one." placeholder:"FILE" type:"path"`
	Data   string   `help:"Folder for the stream and the database." placeholder:"DIR" type:"path"`
	Listen string   `help:"Address of the public listener, such as :8080." placeholder:"ADDR"`
	Roles  []string `help:"Which parts to run: intake, probe, listen, count, detect, notify, web. Default: all. A remote vantage (vantage.core in its configuration) runs probe." placeholder:"ROLE"`
	Replay string   `help:"Show a scenario live instead: a file, or the name of a shipped one." placeholder:"SCENARIO"`
	Speed  float64  `help:"How many times faster than life, with --replay." default:"60"`
	Seed   uint64   `help:"Seed of the scenario's draw, with --replay." default:"1"`
}

// Run carries out outcry serve.
func (c *serveCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	log := newLog(cfg, s.err)
	if c.Replay != "" {
		return c.replay(ctx, s, cfg, log)
	}
	roles, err := app.ParseRoles(c.Roles)
	if err != nil {
		return err
	}
	if err := cfg.Secrets(); err != nil {
		return err
	}
	return app.Serve(ctx, app.ServeOptions{
		Config: cfg, Roles: roles, Version: version(), Log: log,
		Ready: func(public, admin net.Addr) {
			if public == nil {
				log.Info("ready", "core", cfg.Vantage.Core, "admin", addr(admin), "data", cfg.Data)
				return
			}
			log.Info("ready", "page", "http://"+reachable(public), "admin", addr(admin), "data", cfg.Data)
		},
	})
}

func (c *serveCmd) replay(ctx context.Context, s *streams, cfg *config.Config, log *slog.Logger) error {
	if c.Speed <= 0 {
		return outcry.FieldErrorf("speed", "%v is not above 0", c.Speed)
	}
	sc, err := app.OpenScenario(c.Replay)
	if err != nil {
		return err
	}
	o := app.ReplayOptions{Scenario: sc, Seed: c.Seed, Config: cfg, Log: log, Progress: progress(s.err, "playing the quiet weeks before")}
	return app.ServeReplay(ctx, o, cfg.Listen, c.Speed, func(a net.Addr) {
		log.Info("ready", "page", "http://"+reachable(a), "scenario", sc.Name, "speed", c.Speed)
	})
}

// loadConfig reads a file, or takes the built-in configuration.
func loadConfig(path string) (cfg *config.Config, err error) {
	cfg = config.Default()
	if path != "" {
		if cfg, err = config.Load(path, app.Types()); err != nil {
			return nil, err
		}
	}
	return cfg, cfg.Environment(os.LookupEnv)
}

func newLog(cfg *config.Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.Log.Level.Slog()}
	if cfg.Log.Format == config.FormatJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// reachable is a listener's address as a person on this machine types it.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && (ip == nil || ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return a.String()
}

func addr(a net.Addr) string {
	if a == nil {
		return "off"
	}
	return "http://" + reachable(a)
}

// progress writes how far a long command is, on one line, to a terminal or not.
func progress(w io.Writer, what string) func(float64) {
	last := -1
	return func(done float64) {
		if n := int(done * 20); n != last {
			last = n
			end := ""
			if n >= 20 {
				end = "\n"
			}
			fmt.Fprintf(w, "\r%s: %3d%%%s", what, n*5, end)
		}
	}
}
