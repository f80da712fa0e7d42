package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Budget is how many false alarms an operator puts up with: "1 per service
// and year".
type Budget struct {
	Count float64
	Page  bool          // for the whole page, to be split; else for each service
	In    time.Duration // a day, week, month (a twelfth of a year) or year (365.25 days)
}

// Year and month of a [Budget]: averages, so that twelve months are a year.
const (
	BudgetYear  = 8766 * time.Hour
	BudgetMonth = BudgetYear / 12
)

var budgetPattern = regexp.MustCompile(`^(?i:at most )?([0-9.]+|[a-z]+)(?i: false alarms?| false incidents?)? per (service|page) (?:and|per|a) (day|week|month|year)$`)

var (
	budgetWords   = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12}
	budgetPeriods = map[string]time.Duration{
		"day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": BudgetMonth, "year": BudgetYear,
	}
)

// UnmarshalText reads "N per service and year", with a number or a word up to
// twelve, service or page, and day, week, month or year.
func (b *Budget) UnmarshalText(text []byte) error {
	m := budgetPattern.FindStringSubmatch(strings.Join(strings.Fields(string(text)), " "))
	if m == nil {
		return fmt.Errorf("%q is not a budget: write it as in \"1 per service and year\", for a service or page, and a day, week, month or year", text)
	}
	n, word := budgetWords[m[1]]
	if !word {
		var err error
		if n, err = strconv.ParseFloat(m[1], 64); err != nil {
			return fmt.Errorf("%q is not a number of false alarms", m[1])
		}
	}
	if n <= 0 || n > 1e6 {
		return fmt.Errorf("a budget of %q cannot be kept: no detector that can raise an alarm is never wrong", m[1])
	}
	*b = Budget{Count: n, Page: m[2] == "page", In: budgetPeriods[m[3]]}
	return nil
}

// String is the budget in the words of the file.
func (b Budget) String() string {
	of, in := "service", "?"
	if b.Page {
		of = "page"
	}
	for name, d := range budgetPeriods {
		if d == b.In {
			in = name
		}
	}
	return fmt.Sprintf("%s per %s and %s", strconv.FormatFloat(b.Count, 'g', -1, 64), of, in)
}

// PerServiceYear is the false alarms a year that each of so many services may
// have.
func (b Budget) PerServiceYear(services int) float64 {
	if b.In <= 0 {
		return 0
	}
	perYear := b.Count * (float64(BudgetYear) / float64(b.In))
	if b.Page && services > 1 {
		perYear /= float64(services)
	}
	return perYear
}
