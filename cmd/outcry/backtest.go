package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
)

type backtestCmd struct {
	Series      string    `arg:"" optional:"" help:"Counts to judge: CSV of timestamp,value; any regular bin from 10 s to a day. - is standard input." placeholder:"SERIES.csv"`
	JSON        bool      `name:"json" help:"Print the whole result as one JSON object."`
	Label       string    `help:"Windows in which something was wrong: CSV of start,end, or NAB's JSON." placeholder:"FILE"`
	Chart       string    `help:"Draw counts, baseline and alerts: a file that ends in .svg or .png." placeholder:"FILE"`
	FalseAlarms []float64 `help:"Budget, in false incidents a year (default: the configuration's, or 1). Several, as in 1,4,12, are compared." placeholder:"N,…"`
	From        string    `help:"Score from here; what comes before teaches the judge. Default: after a quarter of the series, 28 days at most." placeholder:"TIME"`
	To          string    `help:"Stop here." placeholder:"TIME"`
	Timezone    string    `help:"Whose hours the rhythm of the week follows, and times without an offset are in. Default: the service's, or UTC." placeholder:"ZONE"`
	Seed        uint64    `help:"Seed of where in its bin an event lies." default:"1"`
	Data        string    `help:"Judge stored history instead: of the server with this data folder." placeholder:"DIR" type:"path"`
	Config      string    `help:"Judge stored history instead: of the server with this configuration." placeholder:"FILE" type:"path"`
	Service     string    `help:"Which service's stored history." placeholder:"ID"`
}

// Run carries out outcry backtest.
func (c *backtestCmd) Run(ctx context.Context, s *streams) error {
	o, err := c.options(s)
	if err != nil {
		return err
	}
	r, err := app.Backtest(ctx, o)
	if err != nil {
		return err
	}
	if c.Chart != "" {
		if err := c.draw(r); err != nil {
			return err
		}
	}
	if !c.JSON {
		return r.Text(s.text())
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (c *backtestCmd) options(s *streams) (*app.BacktestOptions, error) {
	stored := c.Data != "" || c.Config != "" || c.Service != ""
	if stored == (c.Series != "") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "give a file of counts, or --service with --data or --config for stored history")
	}
	if c.Chart != "" && !strings.HasSuffix(c.Chart, ".svg") && !strings.HasSuffix(c.Chart, ".png") {
		return nil, outcry.FieldErrorf("chart", "%s ends neither in .svg nor in .png", c.Chart)
	}
	for _, n := range c.FalseAlarms {
		if !(n > 0 && n <= 1e6) {
			return nil, outcry.FieldErrorf("false-alarms", "a budget of %v cannot be kept: want more than 0, at most 1000000", n)
		}
	}
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return nil, err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	if len(c.FalseAlarms) == 0 {
		c.FalseAlarms = []float64{cfg.Detection.FalseAlarms.PerServiceYear(len(cfg.Services))}
	}
	o := &app.BacktestOptions{
		File: c.Series, In: s.in, Labels: c.Label, Config: cfg, Service: c.Service, Timezone: c.Timezone, FalseAlarms: c.FalseAlarms,
		From: c.From, To: c.To, Seed: c.Seed, Now: time.Now(), Log: newLog(quiet(cfg), s.err),
	}
	if !c.JSON {
		o.Progress = progress(s.err, "judging")
	}
	return o, nil
}

func (c *backtestCmd) draw(r *app.BacktestResult) error {
	picture, err := app.DrawBacktest(r, strings.HasSuffix(c.Chart, ".png"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Chart, picture, 0o644); err != nil { //nolint:gosec // for everybody to see
		return outcry.Wrap(outcry.CodeInvalid, err, "write the chart")
	}
	return nil
}
