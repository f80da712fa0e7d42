package listen

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Rules of what a source says.
const (
	awayFor     = 5 * time.Minute  // out of reach for so long: nothing is known any more
	awayPolls   = 3                // and for so many polls
	soundPolls  = 2                // sound for so many in a row: out of quarantine
	repeatAfter = 30 * time.Minute // what stands is said again
)

// Statuses that are ours and no page's.
const (
	statusNonsense = "nonsense"
	statusAway     = "unreachable"
	statusUnlisted = "not-listed"
)

// voice turns what a page is seen to say into signals: when something changes,
// and now and then what stands.
type voice struct {
	name     string
	mapping  map[string]string
	order    []string             // components of the mapping
	heard    map[string]Statement // by service, of the last sound document
	said     map[string]utterance // by service
	distrust string               // why it is in quarantine; empty: it is not
	sound    int                  // polls in a row, while in quarantine
	failing  time.Time            // since when it is out of reach
	failed   int                  // polls since then
}

type utterance struct {
	outcome outcry.Outcome
	status  string
	at      time.Time
}

func newVoice(s *Source) voice {
	return voice{name: s.Name, mapping: s.Services, order: s.components(), said: make(map[string]utterance)}
}

// hear takes a document that could be read; nil when it is as it was.
func (v *voice) hear(d *Document) {
	if d != nil {
		v.heard = make(map[string]Statement, len(v.mapping))
		for _, name := range v.order {
			s, found := d.about(name)
			if !found {
				s = Statement{Component: name, Outcome: outcry.Unknown, Status: statusUnlisted}
			}
			service := v.mapping[name]
			if old, twice := v.heard[service]; !twice || worse(s.Outcome, old.Outcome) {
				v.heard[service] = s
			}
		}
	}
	v.failing, v.failed = time.Time{}, 0
	if v.distrust == "" {
		return
	}
	if v.sound++; v.sound >= soundPolls {
		v.distrust, v.sound = "", 0
	}
}

// nonsense puts the page into quarantine.
func (v *voice) nonsense() { v.distrust, v.sound = statusNonsense, 0 }

// missed notes a poll that brought nothing, and puts the page into quarantine
// once that has lasted.
func (v *voice) missed(now time.Time) {
	if v.failing.IsZero() {
		v.failing = now
	}
	v.sound = 0
	if v.failed++; v.failed >= awayPolls && now.Sub(v.failing) >= awayFor && v.distrust == "" {
		v.distrust = statusAway
	}
}

// unlisted are the components of the mapping that the page does not have.
func (v *voice) unlisted() []string {
	var out []string
	for _, name := range v.order {
		if s, ok := v.heard[v.mapping[name]]; ok && s.Status == statusUnlisted && s.Component == name {
			out = append(out, name)
		}
	}
	return out
}

// signals are what has to be said now, in the order of services.
func (v *voice) signals(now time.Time) []outcry.Signal {
	at := now.UTC().Truncate(time.Millisecond)
	var out []outcry.Signal
	for _, service := range v.services() {
		u, known := v.stands(service)
		if !known {
			continue
		}
		old, before := v.said[service]
		if before && old.outcome == u.outcome && old.status == u.status && now.Sub(old.at) < repeatAfter {
			continue
		}
		out = append(out, outcry.Signal{
			Kind: outcry.KindBulletin, Outcome: u.outcome, At: at, Service: service, Symptom: u.status, Reason: u.status,
			Vantage: v.name, ID: signalID(v.name, service, at),
		})
	}
	return out
}

// stands is what the page is taken to say of a service. In quarantine only an
// admission counts.
func (v *voice) stands(service string) (utterance, bool) {
	s, heard := v.heard[service]
	admits := v.sound > 0 && s.Outcome == outcry.Bad
	if v.distrust != "" && !admits {
		return utterance{outcome: outcry.Unknown, status: v.distrust}, true
	}
	return utterance{outcome: s.Outcome, status: statusWord(s.Status)}, heard
}

// sent notes that signals were taken.
func (v *voice) sent(signals []outcry.Signal) {
	for i := range signals {
		s := &signals[i]
		v.said[s.Service] = utterance{s.Outcome, s.Reason, s.At}
	}
}

func (v *voice) services() []string {
	var out []string
	for _, id := range v.mapping {
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// signalID is the same for every delivery of one word, and no other's.
func signalID(source, service string, at time.Time) uint64 {
	h := fnv.New64a()
	h.Write([]byte(source + "\x00" + service + "\x00"))                 //nolint:errcheck // a hash never fails
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))) //nolint:errcheck // as above
	return max(h.Sum64(), 1)
}
