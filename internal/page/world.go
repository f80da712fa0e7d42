package page

import (
	"time"

	"github.com/outcry/outcry"
)

// StaleAfter is how long the judge may be silent before the pages stop
// claiming to know: four ticks late on top of the usual lateness.
const StaleAfter = 90 * time.Second

// RecentlyResolved is how long an incident stays on the status page after its
// end, for those who come late to ask what that was.
const RecentlyResolved = 24 * time.Hour

// World is all that the documents are made from, at one instant.
type World struct {
	Now time.Time // the instant that it describes
	// Heard is the end of the last tick that the judge has seen; zero when it
	// has seen none.
	Heard        time.Time
	Pages        []Page // the first is also "/"; none: one page with every service
	Services     []Service
	Incidents    []outcry.Incident // open ones and those of the kept history, in any order
	Maintenances []Maintenance     // in any order
	Sources      []Source          // vendors' pages that are listened to
}

// Source is a vendor's page that is listened to.
type Source struct {
	Name     string
	Services []string // IDs of those that it speaks for
}

// Page is one public document of services.
type Page struct {
	ID       string // in its URL: /p/{ID}
	Title    string
	Services []string // IDs in order; none: every public service
	Locked   bool     // only for those with its password
}

// Service is what is known of one service.
type Service struct {
	outcry.Service
	Condition outcry.Condition // the judge's opinion; unknown makes the page say so
	Since     time.Time        // the first instant with any evidence about it; zero: none yet
	Series    []Bin            // the last 24 hours, oldest first
	Symptoms  []Share          // of the last hour's reports, in any order
	Regions   []Share
	Carriers  []Share
	Works     uint32 // people who said in the last hour that it works for them
	Probes    []Probe
	Bulletins []Bulletin // what its vendors have said, newest first
	Remarks   *Remarks   // nil: its page takes no comments
	Trend     *Trend     // nil: people do not post about it more than usual
	Blind     []Span     // when the collector was away, oldest first
}

// Remarks are what people wrote with their reports.
type Remarks struct {
	Open    bool // what is written now is shown at once; else once somebody has read it
	Longest int  // characters that may be written
	Shown   []Remark
}

// Remark is one comment that may be shown. Who wrote it nobody knows.
type Remark struct {
	At      time.Time
	Symptom string // that its report named; empty: none
	Words   string
}

// Bin is one step of the reports chart.
type Bin struct {
	At      time.Time
	Reports uint32  // distinct reporters
	Usual   float64 // the baseline's expectation; negative when it is not known
	Blind   bool    // the collector was away: zero reports mean nothing
}

// BinLength is the step of the reports chart.
const BinLength = 5 * time.Minute

// Share is how many of the reports name one symptom, region or carrier.
type Share struct {
	Key   string
	Count uint32
	Usual float64 // the expectation of Count; negative when it is not known
}

// Trend is that people suddenly post about a service.
type Trend struct {
	Rank      int // among all that they post about, from 1
	Since     time.Time
	PerMinute float64 // posts, lately
	Usual     float64 // posts a minute that are usual
}

// Span is a stretch of time, half open. A zero To lasts until now.
type Span struct{ From, To time.Time }

// Probe is what one vantage sees.
type Probe struct {
	Vantage string
	Outcome outcry.Outcome // of the last run
	At      time.Time      // of the last run
	Reason  string         // why the last run failed
	Latency time.Duration  // of the last run
	Failed  int            // runs of the last hour
	Runs    int
}

// Bulletin is the vendor's own word.
type Bulletin struct {
	Source  string // whose
	Outcome outcry.Outcome
	Status  string // in the vendor's own word, or one of listen's for a page that cannot be relied on
	At      time.Time
}

// stale reports whether the judge has been silent for too long.
func (w *World) stale() bool { return w.Now.Sub(w.Heard) > StaleAfter }
