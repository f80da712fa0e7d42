package replay

import "time"

// Scenario is a scenario file: what people, machines and vendors did around one
// event or none. The instants are in the file's own offset.
type Scenario struct {
	Name     string
	Source   string // what of it is known and what is assumed
	Zone     *time.Location
	History  time.Duration // quiet time before Start, so that baselines exist; 0 is a cold start
	Start    time.Time
	End      time.Time
	Services []Service // in the file's order, which the draw depends on
	Regions  Shares    // of normal reports; the rest is "other"
	Carriers Shares
	Outages  []Outage
	Noise    []Noise
	Official []Bulletin
	Metrics  []Metric
}

// Begin is the first instant that has signals.
func (sc *Scenario) Begin() time.Time { return sc.Start.Add(-sc.History) }

// Service is the reports of a service's normal week.
type Service struct {
	ID         string
	Name       string
	PerHour    float64 // mean over a weekday
	PeakHour   float64 // local hour of the day's top
	PeakRatio  float64 // the day's top to its bottom
	Weekend    float64 // factor on Saturday and Sunday
	Dispersion float64 // variance of a slow multiplier, log-normal, one hour's correlation
}

// Share is one name's part of a whole.
type Share struct {
	Name string
	Part float64
}

// Shares are parts of one, in the file's order.
type Shares []Share

// Has reports whether the name is among them.
func (s Shares) Has(name string) bool {
	for _, e := range s {
		if e.Name == name {
			return true
		}
	}
	return false
}

// Outage is a fault, and the extra reports and posts that it raises: from
// nothing at Onset to full rate after Ramp, level until Resolved, then falling
// tenfold in every Decay.
type Outage struct {
	Onset    time.Time
	Resolved time.Time
	Reports  float64 // expected number in all, tail included
	Services Shares
	Ramp     time.Duration
	Decay    time.Duration
	Regions  []string // that it reaches; empty: everywhere
	Carriers []string
	Symptoms Shares
	Posts    float64
	Probes   float64 // share of probe runs that fail while it lasts
	Flap     *Flap
	// Collateral are those of Services that have nothing wrong: their reports
	// are people's mistakes.
	Collateral []string
}

// Flap switches an outage off for the rest of each period.
type Flap struct {
	Period time.Duration
	Duty   float64 // the part of a period that it is on
}

// NoiseKind is something that must not become an incident.
type NoiseKind string

// The kinds of noise.
const (
	Brigade        NoiseKind = "brigade"         // reports from a few networks
	Chatter        NoiseKind = "chatter"         // posts without a complaint
	VantageOffline NoiseKind = "vantage-offline" // every check of one vantage fails
	Gap            NoiseKind = "gap"             // the intake itself is down
)

// Noise is one of them.
type Noise struct {
	Kind     NoiseKind
	At       time.Time
	Lasts    time.Duration
	Service  string // of a brigade and of chatter
	Reports  int    // of a brigade
	Prefixes int    // of a brigade: how many /24 it comes from
	Posts    int    // of chatter
}

// Bulletin is what the vendor's own page said, and when.
type Bulletin struct {
	At       time.Time
	Services []string
	Status   string // StatusIssue or StatusResolved
}

// Metric is a count of errors that machines keep of a service, read every so
// often. It rises while an outage is there that has the service's own trouble as
// its cause, and reaches everywhere: not a carrier's or a region's.
type Metric struct {
	Name       string
	Service    string
	PerMinute  float64 // usual errors
	Every      time.Duration
	Dispersion float64 // variance of a slow multiplier, log-normal, one hour's correlation
	Burst      float64 // errors of one event, on average: geometrically distributed
	Fault      float64 // times the usual, in an outage at its full rate
}
