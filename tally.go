package outcry

import "time"

// NetworkWindow is the time in which a network counts once in [Tally.Networks]:
// ten minutes of the clock, by the signals' own time.
const NetworkWindow = 10 * time.Minute

// HourWindow is likewise that of [Tally.Hourly]: an hour of the clock.
const HourWindow = time.Hour

// Tally is what one stream (service × kind) brought in one tick.
//
// Tallies are additive: the partial tallies of partitions, and of successive
// commits, sum field by field; see [Tally.Add].
type Tally struct {
	Service string
	Kind    Kind
	Tick    Tick
	Counts
	// Networks is how many networks among Fresh were heard for the first time in
	// the tick's [NetworkWindow], so that over one window it sums to how many
	// different ones there were. It does not sum so over several windows.
	Networks uint32
	// Hourly is how many of Networks were heard for the first time in the tick's
	// [HourWindow]: a small service's crowd comes together in an hour, and seldom
	// in ten minutes.
	Hourly uint32
	// Strange is how many of Fresh came with an agent that this service's
	// ordinary crowd hardly ever has, all from the one commonest such agent.
	Strange uint32
	Cells   []Cell // the same signals by scope and symptom, sorted by [Cell.Compare]
}

// Counts are the numbers of a tally or of one of its cells.
type Counts struct {
	Total    uint32 // signals
	Bad      uint32 // of Total: say that it fails
	Unknown  uint32 // of Total: could not tell
	Distinct uint32 // distinct reporters of bad signals in the tick; exact while small, HyperLogLog beyond
	// Fresh is what the judge sees: distinct reporters of bad signals who had
	// not reported this service within the repeat window, at most so many of
	// one network, and not older than the lateness allowance.
	Fresh uint32
}

// CellKey names a cell within its stream.
type CellKey struct {
	Symptom string
	Scope   Scope
	Vantage string // of probes
}

// Cell is a tally's count for one scope and symptom.
type Cell struct {
	CellKey
	Counts
}

// Add sums o into c.
func (c *Counts) Add(o Counts) {
	c.Total += o.Total
	c.Bad += o.Bad
	c.Unknown += o.Unknown
	c.Distinct += o.Distinct
	c.Fresh += o.Fresh
}
