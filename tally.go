package outcry

// Tally is what one stream (service × kind) brought in one tick.
//
// Tallies are additive: the partial tallies of partitions, and of successive
// commits, sum field by field; see [Tally.Add].
type Tally struct {
	Service string
	Kind    Kind
	Tick    Tick
	Counts
	Networks uint32 // distinct networks among Fresh
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
