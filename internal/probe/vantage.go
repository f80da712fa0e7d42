package probe

import (
	"cmp"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Doubt is what a vantage makes of a failure that it has seen.
type Doubt uint8

// The doubts.
const (
	Trusted Doubt = iota // the vantage is online: the failure is the target's
	CutOff               // the vantage is offline: the failure says nothing
	Wait                 // witnesses have been asked and have not answered yet
)

// Vantage is the belief about whether this vantage itself is cut off: a pure
// state machine, fed with what happened and when. It is asked about failures
// that a cut could have caused, of targets that are not near it.
//
// Witnesses decide. Where references are configured, and at least one of them
// has ever answered, they are the witnesses, and one that answers is enough to
// be online. Where there are none, or none has ever answered (a machine without
// internet), the other targets are: the vantage is cut off when those that
// worked until now fail as well, with at least MinHosts different hosts in
// all. With fewer hosts there is no telling: the vantage is trusted where no
// references are configured, which is the operator's word that it is online, and
// not where none answers and no other target does. It
// stays cut off until a reference, or any target that is not near, answers.
//
// A failure to look up a name is the resolver's until it is heard to work: see
// [Vantage.Resolves].
type Vantage struct {
	answered bool      // a reference has ever answered
	refs     bool      // references are configured
	cutSince time.Time // zero: not cut off
	online   time.Time // latest beginning of anything that succeeded
	failed   time.Time // latest end of a round in which no reference answered
	asked    time.Time // latest beginning of a round
	named    time.Time // latest beginning of a look-up that the resolver answered
	nameless time.Time // latest end of one that it did not
	hosts    map[string]*hostState
}

type hostState struct {
	good time.Time // end of the last run that was good
	bad  time.Time // end of the last run that was not
	fell time.Time // end of the first bad run after the last good one; zero: it works
	asks []string  // witnesses that were asked about its failure
}

// mayWitness reports whether a host tells something: it works, as far as is
// known, or it has stopped only now. One that failed long ago is no witness.
func (h *hostState) mayWitness(now time.Time) bool {
	return h.fell.IsZero() || now.Sub(h.fell) <= atOnce
}

// Rules of a vantage without references.
const (
	MinHosts     = 3               // different hosts, the failing one included
	maxWitnesses = 5               // asked at a time
	atOnce       = 2 * time.Minute // hosts that stop within this time stop at once
)

// NewVantage begins with trust. References tells whether there are any.
func NewVantage(references bool) *Vantage {
	return &Vantage{refs: references, hosts: make(map[string]*hostState)}
}

// CutOff reports whether the vantage is believed to be offline.
func (v *Vantage) CutOff() bool { return !v.cutSince.IsZero() }

// ByReference reports whether references are its witnesses.
func (v *Vantage) ByReference() bool { return v.refs && v.answered }

// Proven reports whether anything that began then or later has succeeded.
func (v *Vantage) Proven(since time.Time) bool { return !v.online.Before(since) }

// Round tells it that references were asked from began to ended, and whether
// one of them answered.
func (v *Vantage) Round(began, ended time.Time, answered bool) {
	v.asked = began
	if answered {
		v.answered = true
		v.success(began)
		return
	}
	v.failed = ended
	if v.answered && v.cutSince.IsZero() {
		v.cutSince = began
	}
}

// Observe tells it that a run against a host, not near, went from began to
// ended.
func (v *Vantage) Observe(began, ended time.Time, host string, outcome outcry.Outcome) {
	h := v.host(host)
	switch outcome {
	case outcry.Good:
		h.good, h.fell, h.asks = ended, time.Time{}, nil
		v.success(began)
	case outcry.Bad:
		h.bad = ended
		if h.fell.IsZero() {
			h.fell = ended
		}
	case outcry.Unknown:
	}
}

// Watch tells it which hosts, not near, there are checks of.
func (v *Vantage) Watch(hosts []string) {
	was := v.hosts
	v.hosts = make(map[string]*hostState, len(hosts))
	for _, name := range hosts {
		if v.hosts[name] = was[name]; was[name] == nil {
			v.hosts[name] = &hostState{}
		}
	}
}

func (v *Vantage) success(began time.Time) {
	if began.After(v.online) {
		v.online = began
	}
	if began.After(v.cutSince) {
		v.cutSince = time.Time{}
	}
}

func (v *Vantage) host(name string) *hostState {
	h := v.hosts[name]
	if h == nil {
		h = &hostState{}
		v.hosts[name] = h
	}
	return h
}

// Witnesses names the other hosts to be asked, now, about a failure of host
// that [Vantage.Judge] does not trust yet; none when references are asked
// instead, when the vantage is cut off anyway, or when there are too few.
func (v *Vantage) Witnesses(now time.Time, host string) []string {
	if v.ByReference() || v.CutOff() {
		return nil
	}
	var names []string
	for name, h := range v.hosts {
		if name != host && h.mayWitness(now) {
			names = append(names, name)
		}
	}
	if len(names) < MinHosts-1 && !v.refs {
		names = nil
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(v.hosts[b].good.Compare(v.hosts[a].good), cmp.Compare(a, b))
	})
	names = names[:min(len(names), maxWitnesses)]
	v.host(host).asks = names
	return names
}

// Judge says what a failed run of host that started at began is worth.
func (v *Vantage) Judge(began time.Time, host string) Doubt {
	if v.ByReference() {
		return v.byReference(began)
	}
	return v.byPeers(began, host)
}

func (v *Vantage) byReference(began time.Time) Doubt {
	switch {
	case !v.failed.Before(began): // offline at some time within the run
		return CutOff
	case v.Proven(began):
		return Trusted
	case v.CutOff():
		return CutOff
	default:
		return Wait // for a round
	}
}

func (v *Vantage) byPeers(began time.Time, host string) Doubt {
	if v.Proven(began) {
		return Trusted
	}
	if v.CutOff() {
		return CutOff
	}
	asks := v.host(host).asks
	few := len(asks) < MinHosts-1
	switch {
	case few && !v.refs:
		return Trusted
	case few && v.failed.Before(began):
		return Wait // for a round, in which a reference may answer for the first time
	}
	for _, name := range asks {
		if h := v.hosts[name]; h != nil && h.bad.Before(began) {
			return Wait
		}
	}
	if !few { // one or two say nothing of others
		v.cutSince = began
	}
	return CutOff
}

// Looked tells it that the resolver was asked for a name that it must know.
func (v *Vantage) Looked(began, ended time.Time, answered bool) {
	if answered {
		v.named = began
	} else {
		v.nameless = ended
	}
}

// Resolves says what a run that started at began, and could not look up a name,
// is worth: CutOff when the resolver does not work, so that the name's own
// servers need not be at fault.
func (v *Vantage) Resolves(began time.Time) Doubt {
	switch {
	case !v.nameless.Before(began):
		return CutOff
	case !v.named.Before(began):
		return Trusted
	}
	return Wait
}
