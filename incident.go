package outcry

import "time"

// IncidentState is where an incident is in its life.
type IncidentState string

// The states, in order of an ordinary life; dismissed is the other end.
const (
	StatePossible      IncidentState = "possible"      // seen, not public
	StateInvestigating IncidentState = "investigating" // public: something is wrong
	StateIdentified    IncidentState = "identified"    // public: a person has named the cause
	StateMonitoring    IncidentState = "monitoring"    // public: it is recovering
	StateResolved      IncidentState = "resolved"      // over
	StateDismissed     IncidentState = "dismissed"     // was nothing; a person, or evidence, says so
)

// Terminal reports whether nothing follows the state.
func (s IncidentState) Terminal() bool { return s == StateResolved || s == StateDismissed }

// Impact grades an incident in the words of the Statuspage v2 format.
type Impact string

// The impacts.
const (
	ImpactNone     Impact = "none"
	ImpactMinor    Impact = "minor"
	ImpactMajor    Impact = "major"
	ImpactCritical Impact = "critical"
)

// Incident is a run of verdicts, and people's words, about one fault.
type Incident struct {
	ID         string
	Version    int64 // grows by one with every stored change; a stale writer is refused
	State      IncidentState
	Title      string
	Impact     Impact
	Manual     bool     // opened by a person
	Public     bool     // has been published, and not been withdrawn
	Confirmed  bool     // false: the page says "unconfirmed"
	Services   []string // that failed, sorted
	Collateral []string // raised by it, nothing wrong themselves, sorted
	Affected   Affected
	Onset      Onset
	// OnsetAtPublication is the estimate that the first public word gave.
	OnsetAtPublication time.Time
	Evidence           []Evidence
	// Bulletins are what vendors' own pages said of its services, oldest first,
	// from what they said when it began. They are statements, not truth.
	Bulletins []Bulletin
	Size      Size
	Headline  string // the incident in one paragraph of plain words
	Cause     string // set by people

	// Instants of its life; zero where it never happened.
	DetectedAt, PublishedAt, ConfirmedAt, MonitoringAt, ClosedAt time.Time
	// EndedAt is when it ended as checks tell; zero where they took no part.
	// Known only from MonitoringAt on, and earlier than that.
	EndedAt time.Time
	// AnswerBy is when a confirm-with-deadline policy publishes on its own.
	AnswerBy  time.Time
	UpdatedAt time.Time

	Updates []Update // oldest first
}

// Open reports whether the incident is not over.
func (i *Incident) Open() bool { return !i.State.Terminal() }

// Over is the best estimate of when the fault ended, for people the end of what
// they felt; zero while it goes on.
func (i *Incident) Over() time.Time {
	if i.MonitoringAt.IsZero() || i.EndedAt.IsZero() {
		return i.MonitoringAt
	}
	return i.EndedAt
}

// Update is one entry of an incident's timeline.
type Update struct {
	ID     string
	At     time.Time
	State  IncidentState // the incident's state from then on
	Body   string        // Markdown, as people or the ledger wrote it
	Author string        // "outcry" when automatic, else who
	Public bool          // shown on the page; a note to the team is not
}

// AuthorAutomatic signs what no person wrote.
const AuthorAutomatic = "outcry"

// NoticeKind is what a notice tells.
type NoticeKind string

// The kinds of notice.
const (
	NoticeOpened   NoticeKind = "incident.opened"
	NoticeUpdated  NoticeKind = "incident.updated"
	NoticeResolved NoticeKind = "incident.resolved"
)

// Notice is something to send to one subscriber over one channel. It is stored
// in the transaction that made it true, and claimed in the store before it is
// sent.
type Notice struct {
	ID          string // stable over retries: receivers drop repeats by it
	Kind        NoticeKind
	Channel     string // name of the configured channel
	To          string // which of the channel's subscribers; empty where it has one
	Incident    Incident
	Update      Update
	CreatedAt   time.Time
	Attempts    int
	NextAttempt time.Time
	DeliveredAt time.Time // zero until a receiver has answered that it has it
	FailedAt    time.Time // zero unless given up
	LastError   string
}
