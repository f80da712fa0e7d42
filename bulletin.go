package outcry

import (
	"cmp"
	"slices"
	"time"
)

// Bulletin is what a vendor's own page says of one service from an instant on.
type Bulletin struct {
	Source  string    `json:"source"` // name of the configured source
	Service string    `json:"service"`
	At      time.Time `json:"at"`      // when it was seen to say so
	Outcome Outcome   `json:"outcome"` // Bad: it admits a fault; Good: all is well; Unknown: it says nothing that can be relied on
	Status  string    `json:"status"`  // in the source's own word: "major_outage"
}

// VendorWord is how one vendor's page told of an incident, in sum.
type VendorWord struct {
	Source string
	// Heard says that the page was being read when the incident began, so that
	// its silence means something.
	Heard bool
	// Admitted is the first time that it admitted a fault; zero: it never did.
	// It is before the onset when the page was first, or had a fault of before.
	Admitted time.Time
	// Cleared is when it last said that all is well again after that; zero: it
	// has not yet.
	Cleared time.Time
	// FalseClears are the times at which it said that all is well again while
	// the incident went on.
	FalseClears []time.Time
}

// Lag is how long after the onset the vendor's word came, negative when it came
// first. It is not known without a word or an onset.
func (w *VendorWord) Lag(onset time.Time) (lag time.Duration, known bool) {
	if w.Admitted.IsZero() || onset.IsZero() {
		return 0, false
	}
	return w.Admitted.Sub(onset), true
}

// clearSlack is by how much a vendor may see the end before we do: reports die
// down slower than a fault.
const clearSlack = 15 * time.Minute

// VendorWords sums up the incident's bulletins, a word for each source, by
// name.
func (i *Incident) VendorWords() []VendorWord {
	bySource := make(map[string][]Bulletin)
	for _, b := range i.Bulletins {
		bySource[b.Source] = append(bySource[b.Source], b)
	}
	out := make([]VendorWord, 0, len(bySource))
	for source, list := range bySource {
		out = append(out, i.vendorWord(source, list))
	}
	slices.SortFunc(out, func(a, b VendorWord) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

// vendorWord follows what one source said of each of the incident's services.
func (i *Incident) vendorWord(source string, list []Bulletin) VendorWord {
	slices.SortStableFunc(list, func(a, b Bulletin) int { return a.At.Compare(b.At) })
	w := VendorWord{Source: source}
	admits := make(map[string]bool)
	for _, b := range list {
		if !b.At.After(i.began()) {
			w.Heard = b.Outcome != Unknown
		}
		switch b.Outcome {
		case Bad:
			if w.Admitted.IsZero() {
				w.Admitted = b.At
			}
			admits[b.Service], w.Cleared = true, time.Time{}
		case Good:
			if was := len(admits); was > 0 {
				delete(admits, b.Service)
				i.cleared(&w, b.At, len(admits) == 0)
			}
		case Unknown: // neither takes back what it said, nor adds to it
		}
	}
	w.Heard = w.Heard || !w.Admitted.IsZero()
	return w
}

// cleared notes an all-clear, of everything that the source had admitted.
func (i *Incident) cleared(w *VendorWord, at time.Time, all bool) {
	if !all || !w.Cleared.IsZero() || at.Before(i.began()) {
		if all && at.Before(i.began()) {
			w.Admitted = time.Time{} // that was another fault, over before this one
		}
		return
	}
	w.Cleared = at
	end := i.Over()
	if end.IsZero() {
		end = i.ClosedAt
	}
	if !end.IsZero() && at.Before(end.Add(-clearSlack)) {
		w.FalseClears = append(w.FalseClears, at)
	}
}

// began is the onset, or for an incident without one, its first instant.
func (i *Incident) began() time.Time {
	for _, t := range []time.Time{i.Onset.At, i.DetectedAt, i.PublishedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return i.UpdatedAt
}
