package outcry

import "time"

// CommentState is where a comment stands.
type CommentState string

// The states of a comment.
const (
	CommentHeld     CommentState = "held"     // nobody has read it yet, and it is not shown
	CommentShown    CommentState = "shown"    // on the page
	CommentRejected CommentState = "rejected" // not to be shown
)

// Comment is what a person wrote with a report. Who it was is not part of it.
type Comment struct {
	ID        string
	Service   string
	Symptom   string    // that the report named; empty: none
	At        time.Time // of the report
	State     CommentState
	Text      string // one paragraph, clean of control characters
	DecidedAt time.Time
	DecidedBy string // the operator; empty: nobody
}
