package replay

import "time"

// Result is what `outcry replay --json` prints: one document, whose keys are
// stable. Instants are those of the virtual clock, in UTC; null where it never
// happened. Lists are never null.
type Result struct {
	Scenario         string           `json:"scenario"`
	Seed             uint64           `json:"seed"`
	WallS            float64          `json:"wall_s"`
	ReportsSent      int64            `json:"reports_sent"`    // in the input, history included
	ReportsIn        int64            `json:"reports_in"`      // answered 202
	ReportsCounted   int64            `json:"reports_counted"` // in the tallies' totals
	ReportsRefused   map[string]int64 `json:"reports_refused"` // by reason
	HistoryIncidents int              `json:"history_incidents"`
	Incidents        []Incident       `json:"incidents"`
	Outages          []OutageScore    `json:"outages"`
	FalseIncidents   []string         `json:"false_incidents"`
	Duplicates       []string         `json:"duplicates"`
}

// Incident is one that was public at any time from the scenario's start on.
type Incident struct {
	ID                 string        `json:"id"`
	Services           []string      `json:"services"`
	Collateral         []string      `json:"collateral"`
	Scope              Scope         `json:"scope"`
	DetectedAt         *time.Time    `json:"detected_at"`  // first crossing of the tier that makes it public
	PublishedAt        *time.Time    `json:"published_at"` // first public word, "unconfirmed" included
	ConfirmedAt        *time.Time    `json:"confirmed_at"`
	MonitoringAt       *time.Time    `json:"monitoring_at"` // public word that it is recovering
	ClosedAt           *time.Time    `json:"closed_at"`
	OnsetEstimate      *time.Time    `json:"onset_estimate"` // the final one
	OnsetInterval      [2]*time.Time `json:"onset_interval"`
	OnsetAtPublication *time.Time    `json:"onset_at_publication"`
	Evidence           []Evidence    `json:"evidence"`
	// What each stream that was heard contributed; null when that was not asked for.
	Contributions []Contribution `json:"contributions"`
	Headline      string         `json:"headline"`
}

// Scope is where an incident reaches; an empty list is not confined.
type Scope struct {
	Regions  []string `json:"regions"`
	Carriers []string `json:"carriers"`
	Symptoms []string `json:"symptoms"`
}

// Evidence is one stream's part in the belief.
type Evidence struct {
	Stream string  `json:"stream"`
	Nats   float64 `json:"nats"`
	Words  string  `json:"words"`
}

// Contribution is what one stream had to do with an incident becoming public.
type Contribution struct {
	Stream    string     `json:"stream"`
	Nats      float64    `json:"nats"`       // of the ledger by which it was published
	AloneAt   *time.Time `json:"alone_at"`   // when it would have been detected by this stream alone; null: never
	WithoutAt *time.Time `json:"without_at"` // when it would have been published without it; null: never
	SoonerS   *float64   `json:"sooner_s"`   // WithoutAt less when it was published; negative: the stream held it up
}

// OutageScore holds one outage of the scenario against what was found of it.
// Differences are in seconds; null where there is nothing to take one of.
type OutageScore struct {
	Services []string  `json:"services"` // that failed, collateral left out
	Onset    time.Time `json:"onset"`
	Resolved time.Time `json:"resolved"`
	// Incident is the first public one of the outage; null: missed. When the
	// incident of an earlier outage was still open and nothing new was opened,
	// it is that one, and Covered is set: the delays are null then, because
	// the public knew already.
	Incident         *string  `json:"incident"`
	Covered          bool     `json:"covered"`
	DetectDelayS     *float64 `json:"detect_delay_s"`
	PublishDelayS    *float64 `json:"publish_delay_s"`
	MonitoringDelayS *float64 `json:"monitoring_delay_s"` // after Resolved
	CloseDelayS      *float64 `json:"close_delay_s"`      // after Resolved
	OnsetErrorS      *float64 `json:"onset_error_s"`      // estimate less truth
	OfficialLagS     *float64 `json:"official_lag_s"`     // the vendor's first word less onset
	LeadS            *float64 `json:"lead_s"`             // the vendor's first word less ours
	OfficialWords    string   `json:"official_words"`     // the vendor's lag in words: "first word after 51 minutes of 56"
}
