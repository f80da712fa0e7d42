package main

import "github.com/outcry/outcry/bench/detect/peers"

// class says what a method is given.
type class string

const (
	floor    class = "floor"    // the true season and the outage's true size
	oracle   class = "textbook" // the true season
	deployed class = "peer"     // nothing: it learns the season, as the judge does
	ours     class = "ours"
)

// method is one detector of the comparison.
type method struct {
	Name  string
	Class class
	Theta float64 // of the floor: the outage it is for
	make  func() peers.Detector
}

// thetas are the outages' sizes.
func thetas() []float64 { return []float64{2, 3, 5, 10, 30, 100, 300} }

// methods are all but the judge.
func methods() []method {
	var out []method
	for _, theta := range thetas() {
		out = append(out, method{"floor: CUSUM that knows θ", floor, theta, func() peers.Detector { return peers.NewCUSUM(theta) }})
	}
	out = append(out, textbook()...)
	return append(out, rules()...)
}

func textbook() []method {
	sr := func(kappa float64) func() peers.Detector {
		return func() peers.Detector { return peers.NewSR(kappa, peers.Thetas()) }
	}
	focus := func(kappa float64) func() peers.Detector {
		return func() peers.Detector { return peers.NewFOCuS(kappa, 1.4) }
	}
	return []method{
		{"SR mixture κ=1", oracle, 0, sr(1)},
		{"SR mixture κ=2.5", oracle, 0, sr(2.5)},
		{"drift-aware SR κ=2", oracle, 0, func() peers.Detector { return peers.NewDrift(2) }},
		{"Poisson-FOCuS κ=1", oracle, 0, focus(1)},
		{"Poisson-FOCuS κ=2.5", oracle, 0, focus(2.5)},
		{"plain CUSUM, design θ=3", oracle, 0, func() peers.Detector { return peers.NewCUSUM(3) }},
	}
}

func rules() []method {
	ears := func(variant int) func() peers.Detector {
		return func() peers.Detector { return &peers.EARS{Variant: variant, MinSigma: 1} }
	}
	return []method{
		{"rolling 15-minute ratio", deployed, 0, func() peers.Detector { return &peers.Rolling{} }},
		{"Downdetector-style bins", deployed, 0, func() peers.Detector { return &peers.Bins{} }},
		{"Farrington flexible", deployed, 0, func() peers.Detector { return peers.NewFarrington(672, 7, 3) }},
		{"EARS C1", deployed, 0, ears(1)},
		{"EARS C2", deployed, 0, ears(2)},
		{"EARS C3", deployed, 0, ears(3)},
		{"S-H-ESD", deployed, 0, func() peers.Detector { return &peers.SHESD{} }},
		{"fixed count", deployed, 0, func() peers.Detector { return &peers.Fixed{} }},
		{"z-score rule, 5 m against 1 w", deployed, 0, func() peers.Detector { return peers.NewZScore() }},
	}
}
