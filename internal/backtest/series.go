package backtest

import (
	"time"

	"github.com/outcry/outcry"
)

// Bin is how many events there were in [From, To).
type Bin struct {
	From, To outcry.Tick
	N        uint64
}

// Series is a service's recorded counts.
type Series struct {
	Name string
	Bins []Bin // in order, not overlapping; what lies between was not watched
	// Step is the length of most bins.
	Step time.Duration
	// Shift is by how much later than their ticks the bins begin: less than a
	// tick.
	Shift time.Duration
	// Missing is how many bins are left out.
	Missing int
}

// at is when a tick of the series began.
func (s *Series) at(t outcry.Tick) time.Time { return t.Start().Add(s.Shift) }

// until leaves out the bins that end after an instant; zero keeps all.
func (s *Series) until(t time.Time) []Bin {
	if t.IsZero() {
		return s.Bins
	}
	end := len(s.Bins)
	for end > 0 && s.at(s.Bins[end-1].To).After(t) {
		end--
	}
	return s.Bins[:end]
}

// The bounds of what is taken for a series of counts.
const (
	MinStep = 10 * time.Second
	MaxStep = 24 * time.Hour
	maxBins = 10_000_000
	// maxCount is the highest count of a bin. A hundred million people an hour
	// are no reports.
	maxCount = 1_000_000_000
)
