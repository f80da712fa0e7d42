package incident

import (
	"time"

	"github.com/outcry/outcry"
)

// Mode is how an incident that the judge found becomes public.
type Mode string

// The modes; their words are those of the configuration file.
const (
	Auto    Mode = "auto"    // at once
	Confirm Mode = "confirm" // when a person says so, or nobody has answered by the deadline
	Manual  Mode = "manual"  // only when a person says so
)

// Policy is when a service's incidents become public. The zero Policy is Auto.
type Policy struct {
	Mode     Mode
	Deadline time.Duration // of Confirm; 0: ten minutes
}

// Config is what the ledger must know. Services and NewID are required.
type Config struct {
	Services []outcry.Service
	Policy   func(service string) Policy // nil: Auto for all
	NewID    func() string               // of incidents and updates, unique
	Location *time.Location              // in which texts tell the time; nil: UTC
	Windows  Windows
	// Working reports whether planned work on a service is under way: what the
	// judge finds then is not published by itself. nil: there is never any.
	Working func(service string, at time.Time) bool
}

// Windows are the ledger's distances in time; zero fields are [DefaultWindows].
type Windows struct {
	Together   time.Duration // onsets this close are one fault's, where their scopes agree
	Overlap    time.Duration // so are onset intervals that overlap, each taken for at least this wide
	ParentLead time.Duration // how much earlier than its parent a dependent service may seem to fail
	Young      time.Duration // members and incidents of this age may still be regrouped
	Steady     time.Duration // opinions on whose fault it is are told when they have held for so long
	Quiet      time.Duration // all well for so long: resolved
	Linger     time.Duration // recovering for so long, at the usual rate: as good as well
	Reopen     time.Duration // failing again so soon after: the same incident
	Relapse    time.Duration // recovering, then failing for so long: told as failing again
	Flap       time.Duration // at most one public word about that in this time
	Blind      time.Duration // not seen for so long: said so
	Refresh    time.Duration // figures of an open incident are brought up to date this often
}

// DefaultWindows are chosen so that an outage that stops cleanly is closed
// within twenty minutes of the word that it recovers, and one that returns
// every five minutes is a single incident.
func DefaultWindows() Windows {
	return Windows{
		Together:   5 * time.Minute,
		Overlap:    3 * time.Minute,
		ParentLead: 2 * time.Minute,
		Young:      10 * time.Minute,
		Steady:     2 * time.Minute,
		Quiet:      5 * time.Minute,
		Linger:     15 * time.Minute,
		Reopen:     15 * time.Minute,
		Relapse:    time.Minute,
		Flap:       10 * time.Minute,
		Blind:      10 * time.Minute,
		Refresh:    30 * time.Second,
	}
}

func (w Windows) withDefaults() Windows {
	d := DefaultWindows()
	for _, f := range []struct{ set, def *time.Duration }{
		{&w.Together, &d.Together}, {&w.Overlap, &d.Overlap}, {&w.ParentLead, &d.ParentLead},
		{&w.Young, &d.Young}, {&w.Steady, &d.Steady}, {&w.Quiet, &d.Quiet}, {&w.Linger, &d.Linger}, {&w.Reopen, &d.Reopen}, {&w.Relapse, &d.Relapse},
		{&w.Flap, &d.Flap}, {&w.Blind, &d.Blind}, {&w.Refresh, &d.Refresh},
	} {
		if *f.set <= 0 {
			*f.set = *f.def
		}
	}
	return w
}

const (
	defaultDeadline = 10 * time.Minute
	// solid is how many reporters make a confinement believable: the place of
	// a handful of people is chance, and is not held against joining.
	solid = 40
	// spoken is how many reporters make the symptoms that they name believable.
	spoken = 8
	// blurred is the width from which on an onset interval says too little to
	// call its overlap with another one a coincidence.
	blurred = 30 * time.Minute
	// rememberFor and rememberMost bound the closed incidents that are kept in
	// memory for reopening and for late words.
	rememberFor  = 24 * time.Hour
	rememberMost = 256
)

// policy gives a service's policy with its defaults.
func (l *Ledger) policy(service string) Policy {
	var p Policy
	if l.cfg.Policy != nil {
		p = l.cfg.Policy(service)
	}
	if p.Mode == "" {
		p.Mode = Auto
	}
	if p.Deadline <= 0 {
		p.Deadline = defaultDeadline
	}
	return p
}

// class names what services must have in common to share an incident.
type class struct {
	mode    Mode
	private bool
}

func (l *Ledger) class(service string) class {
	return class{l.policy(service).Mode, l.services[service].Private}
}
