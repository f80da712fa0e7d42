package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/backtest"
	"github.com/outcry/outcry/internal/config"
)

// BacktestOptions say what to judge again: a file, or the stored history of a
// service.
type BacktestOptions struct {
	File    string    // timestamp,value; "-" is In
	In      io.Reader // standard input
	Labels  string    // a file of windows; empty: nothing is known
	Config  *config.Config
	Service string // of the stored history

	Timezone    string // empty: the service's, or UTC
	FalseAlarms []float64
	From, To    string // empty: see backtest.Options
	Seed        uint64
	Now         time.Time
	Log         *slog.Logger
	Progress    func(done float64)
}

// BacktestResult is the document of `outcry backtest --json`.
type BacktestResult = backtest.Result

// DrawBacktest draws a result as SVG, or as PNG.
func DrawBacktest(r *BacktestResult, png bool) ([]byte, error) { return backtest.Draw(r, png) }

// Backtest judges recorded counts.
func Backtest(ctx context.Context, o *BacktestOptions) (*BacktestResult, error) {
	if o.File == "" {
		sv := o.Config.Service(o.Service)
		if sv == nil {
			return nil, outcry.FieldErrorf("service", "%q is none of the configuration's: %s", o.Service, strings.Join(serviceIDs(o.Config), ", "))
		}
		if o.Timezone == "" {
			o.Timezone = sv.Timezone
		}
	}
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil {
		return nil, outcry.FieldErrorf("timezone", "%q is no time zone, as Europe/Berlin is", o.Timezone)
	}
	run := backtest.Options{FalseAlarms: o.FalseAlarms, Timezone: o.Timezone, Seed: o.Seed, Progress: o.Progress}
	if run.From, err = instant("from", o.From, zone); err != nil {
		return nil, err
	}
	if run.To, err = instant("to", o.To, zone); err != nil {
		return nil, err
	}
	var s *backtest.Series
	if o.File != "" {
		s, err = o.readSeries(zone)
	} else {
		s, err = o.stored(ctx, &run)
	}
	if err != nil {
		return nil, err
	}
	if o.Labels != "" {
		if run.Labels, err = readLabels(o.Labels, s.Name, zone); err != nil {
			return nil, err
		}
	}
	return backtest.Run(ctx, s, run)
}

func serviceIDs(c *config.Config) (ids []string) {
	for i := range c.Services {
		ids = append(ids, c.Services[i].ID)
	}
	return ids
}

func instant(flag, s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := backtest.ParseTime(s, zone)
	if err != nil {
		return t, outcry.FieldErrorf(flag, "%v", err)
	}
	return t, nil
}

func (o *BacktestOptions) readSeries(zone *time.Location) (*backtest.Series, error) {
	if o.File == "-" {
		return backtest.ReadCSV("standard input", o.In, zone)
	}
	f, err := openInput(o.File)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return backtest.ReadCSV(o.File, f, zone)
}

func readLabels(path, series string, zone *time.Location) ([]backtest.Window, error) {
	f, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	ws, err := backtest.ReadLabels(path, f, series, zone)
	if ws == nil {
		ws = []backtest.Window{} // it is known that there was nothing
	}
	return ws, err
}

func openInput(path string) (*os.File, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "open a file")
	}
	return f, nil
}

// stored reads a service's reports from the store, as fine as they are kept.
func (o *BacktestOptions) stored(ctx context.Context, run *backtest.Options) (*backtest.Series, error) {
	st, err := openStored(ctx, o.Config, o.Log)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // only read
	h := storedReports{store: st, service: o.Service, keep: o.Config.Retention, now: o.Now}
	return h.read(ctx, run.To)
}
