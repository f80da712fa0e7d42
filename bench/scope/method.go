package main

import (
	"fmt"

	"github.com/outcry/outcry/internal/scan"
)

// method is a way of finding the cause. Each has a few settings; which one is
// used is for other cases than the one at hand to choose.
type method interface {
	name() string
	settings() int
	describe(setting int) string
	ordered() bool // whether settings are steps on one scale
	locate(f *failure, setting int) ([]string, error)
}

func methods() []method { return []method{ours{}, robustspot{}, adtributor{}} }

// ours is internal/scan on the failures, the attempts times each cell's usual
// share of failures being what was to be expected. Its setting is the share of
// the evidence that a condition must bring; a further value must bring twice
// as much.
type ours struct{}

// spread is how far a cell's rate moves by itself and cells differ in a fault:
// the relative variance that internal/detect assumes too. What a cell's own
// history leaves open comes on top.
const spread = 0.05

func (ours) name() string { return "Outcry" }

func (ours) shares() []float64 { return []float64{0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15} }

func (o ours) settings() int { return len(o.shares()) }

func (o ours) describe(setting int) string {
	return fmt.Sprintf("a condition brings %g of the evidence", o.shares()[setting])
}

func (ours) ordered() bool { return true }

func (o ours) locate(f *failure, setting int) ([]string, error) {
	share, before := o.shares()[setting], f.usual(true)
	cells := make([]scan.Cell, len(f.cells))
	for i, c := range f.cells {
		cells[i] = scan.Cell{
			At: c.at, Count: c.now.failed, Expect: c.now.all * before[i].rate,
			Spread: spread + 1/before[i].failures,
		}
	}
	cause, err := scan.Find(cells, scan.Options{ConditionShare: share, ValueShare: 2 * share})
	if err != nil {
		return nil, fmt.Errorf("scanning %s: %w", f.name, err)
	}
	return f.elements(cause.Sets), nil
}
