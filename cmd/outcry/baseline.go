package main

import (
	"context"

	"github.com/outcry/outcry/internal/app"
)

type baselineCmd struct {
	Service string `arg:"" help:"Which service." placeholder:"SERVICE"`
	Data    string `help:"The server's data folder (default: the configuration's)." placeholder:"DIR" type:"path"`
	Config  string `help:"The server's configuration file." placeholder:"FILE" type:"path"`
	JSON    bool   `name:"json" help:"Print it as one JSON object."`
}

// Run carries out outcry baseline.
func (c *baselineCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	r, err := app.Baseline(ctx, cfg, c.Service, newLog(quiet(cfg), s.err))
	if err != nil {
		return err
	}
	return r.Write(s.out, c.JSON)
}
