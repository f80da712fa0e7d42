package main

import (
	"fmt"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
	"github.com/outcry/outcry/internal/detect"
)

// judge is [detect.Judge] on one service's reports, each from a network of its
// own, as the benchmark's streams have them. It learns everything from them.
type judge struct {
	*detect.Judge
	cfg     detect.Config
	failing bool
	one     [1]outcry.Tally
}

const serviceID = "service"

func newJudge(budget float64, zone string, first outcry.Tick) (*judge, error) {
	return judgeOf(detect.Config{Services: []outcry.Service{{ID: serviceID, Timezone: zone}}, FalseAlarms: budget}, first)
}

// busy is the rate from which a judge without history takes ordinary life for
// an outage: there it is told the order of magnitude, as an operator can by
// detect.Config.Prior, so that what comes after can be measured. The cold
// starts are measured without.
const busy = 40

// informed is a judge that knows how much to expect where it must.
func informed(budget float64, n sim.Null, first outcry.Tick) (*judge, error) {
	cfg := detect.Config{Services: []outcry.Service{{ID: serviceID, Timezone: n.Zone}}, FalseAlarms: budget}
	if n.Rate >= busy {
		cfg.Prior = map[string]detect.Prior{serviceID: {PerHour: 4 * n.Rate, Size: 0.4}}
	}
	return judgeOf(cfg, first)
}

func judgeOf(cfg detect.Config, first outcry.Tick) (*judge, error) {
	j, err := detect.New(cfg, first)
	if err != nil {
		return nil, fmt.Errorf("make a judge: %w", err)
	}
	return &judge{Judge: j, cfg: cfg}, nil
}

// clone goes on from a snapshot in a judge of its own.
func (j *judge) clone(state map[string][]byte) (*judge, error) {
	c, err := judgeOf(j.cfg, j.Next())
	if err != nil {
		return nil, err
	}
	if err := c.Restore(state); err != nil {
		return nil, fmt.Errorf("copy a judge: %w", err)
	}
	c.failing = j.failing
	return c, nil
}

// step takes a segment, and gives every verdict to see, which ends it by
// returning false.
func (j *judge) step(seg *sim.Segment, see func(outcry.Verdict) bool) error {
	for i, n := range &seg.Counts {
		if n == 0 && !seg.Blind && j.Idle() {
			continue
		}
		vs, err := j.Step(seg.Start+outcry.Tick(i), coverage(seg), j.tallies(seg.Start+outcry.Tick(i), n))
		if err != nil {
			return fmt.Errorf("judge a tick: %w", err)
		}
		for _, v := range vs {
			if !see(v) {
				return nil
			}
		}
	}
	return nil
}

func coverage(seg *sim.Segment) float64 {
	if seg.Blind {
		return 0
	}
	return 1
}

func (j *judge) tallies(t outcry.Tick, n int32) []outcry.Tally {
	if n == 0 {
		return nil
	}
	x := uint32(n) //nolint:gosec // a count
	j.one[0] = outcry.Tally{Service: serviceID, Kind: outcry.KindReport, Tick: t, Counts: outcry.Counts{Total: x, Bad: x, Distinct: x, Fresh: x}, Networks: x, Hourly: x}
	return j.one[:]
}

// begins reports whether a verdict begins an incident, and remembers.
func (j *judge) begins(v outcry.Verdict) bool {
	was := j.failing
	switch v.Condition {
	case outcry.CondFailing, outcry.CondRecovering:
		j.failing = true
	case outcry.CondUnknown: // blind: the incident stays as it was
	default:
		j.failing = false
	}
	return j.failing && !was
}
