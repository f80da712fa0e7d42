package incident

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// Verb is what a person does to an incident.
type Verb string

// The verbs.
const (
	Open    Verb = "open"    // a new incident, public at once: Title, Body, Services; optionally State, Impact, Affected
	Say     Verb = "update"  // Body for all; optionally State
	Note    Verb = "note"    // Body for the team
	Publish Verb = "publish" // what is possible; optionally Body as the first word
	Vouch   Verb = "confirm" // it is real: no more "unconfirmed"; publishes; optionally Body
	Resolve Verb = "resolve" // it is over; optionally Body
	Dismiss Verb = "dismiss" // it was nothing; optionally Body
	Reopen  Verb = "reopen"  // it is not over; optionally Body
	Edit    Verb = "edit"    // Title, Cause or Impact: those that are not empty
)

// Command is what one person wants done.
type Command struct {
	Verb     Verb
	Incident string // its ID; none for Open
	Author   string // who; not outcry itself
	Body     string
	Title    string
	Cause    string
	State    outcry.IncidentState
	Impact   outcry.Impact
	Services []string
	Affected outcry.Affected
	Onset    time.Time // to open: when it began; zero: not known
}

// longAgo is how far back an incident may be said to have begun.
const longAgo = 365 * 24 * time.Hour

// What people may write, at most, in bytes.
const (
	maxAuthor = 200
	maxTitle  = 300
	maxCause  = 2000
	maxBody   = 20000
)

// Do carries out a person's command. Errors are *outcry.Error: CodeInvalid with
// the field at fault, CodeNotFound for an incident that is not known (see
// [Ledger.Know]), CodeConflict where its state does not allow it. After an
// error nothing has changed.
func (l *Ledger) Do(at time.Time, c Command) (Change, error) {
	if err := c.check(); err != nil {
		return Change{}, err
	}
	if c.Verb == Open {
		return l.openByPerson(at, &c)
	}
	e := l.find(c.Incident)
	if e == nil {
		return Change{}, outcry.Errorf(outcry.CodeNotFound, "there is no incident %q", c.Incident)
	}
	act, ok := map[Verb]func(*entry, time.Time, *Command) error{
		Say: l.say, Note: l.note, Publish: l.publishByPerson, Vouch: l.vouch,
		Resolve: l.resolve, Dismiss: l.dismiss, Reopen: l.reopenByPerson, Edit: l.edit,
	}[c.Verb]
	if !ok {
		return Change{}, outcry.FieldErrorf("verb", "%q is not among open, update, note, publish, confirm, resolve, dismiss, reopen, edit", c.Verb)
	}
	if err := act(e, e.clamp(at), &c); err != nil {
		return Change{}, err
	}
	if e.doc.Open() {
		if !e.titled {
			e.doc.Title = l.title(e)
		}
		change := l.emit(e, at)
		return change, nil
	}
	return l.seal(e, at), nil
}

// seal emits a change of an incident that is over.
func (l *Ledger) seal(e *entry, at time.Time) Change {
	for i, o := range l.open {
		if o == e {
			l.open = append(l.open[:i:i], l.open[i+1:]...)
			l.closed = append(l.closed, e)
			break
		}
	}
	return l.emit(e, at)
}

func (c *Command) check() error {
	c.Author, c.Body, c.Title, c.Cause = strings.TrimSpace(c.Author), strings.TrimSpace(c.Body), strings.TrimSpace(c.Title), strings.TrimSpace(c.Cause)
	for _, f := range []struct {
		name, text string
		most       int
	}{{"author", c.Author, maxAuthor}, {"title", c.Title, maxTitle}, {"cause", c.Cause, maxCause}, {"body", c.Body, maxBody}} {
		if len(f.text) > f.most {
			return outcry.FieldErrorf(f.name, "has %d bytes; at most %d are taken", len(f.text), f.most)
		}
		if !utf8.ValidString(f.text) {
			return outcry.FieldErrorf(f.name, "is not valid UTF-8")
		}
	}
	if c.Author == "" || c.Author == outcry.AuthorAutomatic {
		return outcry.FieldErrorf("author", "must name the person who does this")
	}
	if c.Body == "" && (c.Verb == Open || c.Verb == Say || c.Verb == Note) {
		return outcry.FieldErrorf("body", "must say something")
	}
	if c.Impact != "" && weight(c.Impact) < 0 {
		return outcry.FieldErrorf("impact", "%q is not among none, minor, major, critical", c.Impact)
	}
	return nil
}
