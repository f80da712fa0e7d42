package detect

import (
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Config is what the operator sets.
type Config struct {
	Services []outcry.Service
	// FalseAlarms is the budget: false public incidents that a service may have
	// in a year. Default 1.
	FalseAlarms float64
	// Suspected and Watch are the budgets of the lower tiers, likewise. Default
	// one a month, and one a week. A tier asks no more than the one above it.
	Suspected, Watch float64
	Holidays         []Holiday
	// Quorum is how many vantages must see a service's checks fail before that
	// is evidence, by service; without, one.
	Quorum map[string]int
	// Category is what sort of thing a service is, by service. One without
	// history expects what others of its category have.
	Category map[string]string
	// Prior is what to expect of the reports of a service without history, by
	// service. Default: that of its category, or 6 an hour, hardly known.
	Prior map[string]Prior
}

// Holiday is a local date whose rhythm is a Sunday's.
type Holiday struct {
	Year     int // 0: every year
	Month    time.Month
	Day      int
	Services []string // none: all
}

const (
	ticksPerYear = 3155760
	monthly      = 12.0
	weekly       = 365.25 / 7
)

func defaultPrior() Prior { return Prior{PerHour: 6, Size: 0.4} }
func postPrior() Prior    { return Prior{PerHour: 4, Size: 0.4} }

// thresholds are ln A by tier: the ticks that its budget allows for one false
// alarm.
func (c *Config) thresholds() [4]float64 {
	lnA := func(perYear, otherwise float64) float64 {
		if perYear <= 0 {
			perYear = otherwise
		}
		return math.Log(ticksPerYear / perYear)
	}
	outage := lnA(c.FalseAlarms, 1)
	suspected := min(lnA(c.Suspected, monthly), outage)
	return [4]float64{0, min(lnA(c.Watch, weekly), suspected), suspected, outage}
}

func (c *Config) priorOf(id string) Prior {
	if p, ok := c.Prior[id]; ok {
		return p
	}
	return defaultPrior()
}

func (c *Config) holidaysOf(id string) []Holiday {
	var own []Holiday
	for _, h := range c.Holidays {
		if len(h.Services) == 0 || slices.Contains(h.Services, id) {
			own = append(own, h)
		}
	}
	return own
}

// on reports whether a local time falls on the day.
func (h *Holiday) on(t time.Time) bool {
	y, m, d := t.Date()
	return (h.Year == 0 || h.Year == y) && h.Month == m && h.Day == d
}
