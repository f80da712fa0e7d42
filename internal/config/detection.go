package config

import "time"

// Detection says how often the judge may be wrong, and what it should know
// about the calendar.
type Detection struct {
	FalseAlarms Budget    `yaml:"false_alarms"` // public incidents about nothing
	Tiers       Tiers     `yaml:"tiers"`
	Holidays    []Holiday `yaml:"holidays"`
}

// Tiers are the budgets of the judge's lower thresholds, which nobody but the
// operator sees.
type Tiers struct {
	Watch     Budget `yaml:"watch"`
	Suspected Budget `yaml:"suspected"`
}

// Holiday is a day on which people behave as on a Sunday.
type Holiday struct {
	Date     Date     `yaml:"date,required"`
	Name     string   `yaml:"name"`
	Services []string `yaml:"services"` // empty: all
}

// Date is a day of one year, or of every year when Year is 0.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// On reports whether t, in its own location, falls on the day.
func (d Date) On(t time.Time) bool {
	y, m, day := t.Date()
	return (d.Year == 0 || d.Year == y) && d.Month == m && d.Day == day
}
