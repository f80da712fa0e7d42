package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/store"
)

// BaselineResult is what a server's judge thinks is normal for a service: the
// document of `outcry baseline --json`.
type BaselineResult struct {
	Service  string         `json:"service"`
	Timezone string         `json:"timezone"`
	AsOf     time.Time      `json:"as_of"`         // of the judge's stored memory
	Hours    float64        `json:"hours_learned"` // older ones faded
	Wander   float64        `json:"wander_variance"`
	Tau      float64        `json:"wander_hours"`
	Week     []BaselineHour `json:"week"`
}

// BaselineHour is one hour of the coming week.
type BaselineHour struct {
	At      time.Time `json:"at"`
	PerHour float64   `json:"per_hour"`
	Spread  float64   `json:"spread"` // standard deviation of the rate, as a share of it
}

// Baseline reads what the judge has learned of a service from the store of a
// server, which may be running: its memory as stored within the last minutes.
func Baseline(ctx context.Context, cfg *config.Config, service string, log *slog.Logger) (*BaselineResult, error) {
	s := cfg.Service(service)
	if s == nil {
		return nil, outcry.FieldErrorf("service", "the configuration has no service %q", service)
	}
	st, err := openStored(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // only read
	kept, err := st.LoadJudge(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the judge's memory: %w", err)
	}
	if kept.Snapshot[service] == nil {
		return nil, outcry.Errorf(outcry.CodeNotFound, "nothing has been stored about what is usual for %s", service)
	}
	j, err := detect.New(detectConfig(cfg), kept.SnapshotAt+1)
	if err != nil {
		return nil, err
	}
	if err := j.Restore(kept.Snapshot); err != nil {
		return nil, err
	}
	w, _ := j.UsualWeek(service, kept.SnapshotAt.End())
	r := &BaselineResult{Service: service, Timezone: s.Timezone, AsOf: kept.SnapshotAt.End(), Hours: w.Hours, Wander: w.Wander, Tau: w.Tau}
	for _, h := range w.Expects {
		r.Week = append(r.Week, BaselineHour(h))
	}
	return r, nil
}

// openStored opens the store of a server that has run.
func openStored(ctx context.Context, cfg *config.Config, log *slog.Logger) (*store.Store, error) {
	dsn, err := cfg.StoreDSN()
	if err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "look for the stored history")
		}
	}
	return store.Open(ctx, dsn, log)
}

// Write writes it: as JSON, or as a table of reports an hour, a row for each
// hour of the day and a column for each day.
func (r *BaselineResult) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: reports an hour ± standard deviation in percent, as learned by %s from %.0f hours (times in %s).\n",
		r.Service, r.AsOf.Format(time.RFC3339), r.Hours, r.Timezone)
	fmt.Fprintf(&b, "Its rate wanders by %.0f %% (standard deviation) over %.1f hours.\n\n", 100*math.Sqrt(r.Wander), r.Tau)
	var week [7][24]string
	for _, h := range r.Week {
		week[(int(h.At.Weekday())+6)%7][h.At.Hour()] = fmt.Sprintf("%9.1f ±%3.0f", h.PerHour, 100*h.Spread)
	}
	b.WriteString("     ")
	for _, day := range [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
		fmt.Fprintf(&b, "%14s", day)
	}
	for hour := range 24 {
		fmt.Fprintf(&b, "\n%02d:00", hour)
		for day := range week {
			fmt.Fprintf(&b, "%14s", week[day][hour])
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
