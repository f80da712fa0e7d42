package page

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// gradedFor is how far back a vendor's grade looks.
const gradedFor = 365 * 24 * time.Hour

// VendorAPI is a vendor's record in the JSON of /api/v1/vendors: how late its
// own page was, with the incidents that say so.
type VendorAPI struct {
	Source      string   `json:"source"`
	Services    []string `json:"services"`
	Grade       *string  `json:"grade"`        // A (median lag below 15 minutes) to F (over 4 hours, or mostly never); null without incidents
	MedianLagS  *float64 `json:"median_lag_s"` // a miss counts as never; null when the median one was missed
	Incidents   int      `json:"incidents"`    // confirmed and public, in the last year, that it could have told
	Told        int      `json:"told"`
	Misses      int      `json:"misses"` // over, and never a word
	FalseClears int      `json:"false_all_clears"`
	Evidence    []LagAPI `json:"evidence"` // newest first

	lags []time.Duration // sorted; never for a miss
}

// LagAPI is how late one vendor was in one incident.
type LagAPI struct {
	Incident    string      `json:"incident"`
	Source      string      `json:"source"`
	OnsetAt     *time.Time  `json:"onset_at"`
	KnownAt     *time.Time  `json:"known_at"`    // when we knew
	AdmittedAt  *time.Time  `json:"admitted_at"` // null: never, or not yet
	ClearedAt   *time.Time  `json:"cleared_at"`  // when it said that it was over
	LagS        *float64    `json:"lag_s"`       // its first word less the onset; negative when it was first
	LeadS       *float64    `json:"lead_s"`      // its first word less ours
	FalseClears []time.Time `json:"false_all_clears"`
	Words       string      `json:"words"`
}

// never is the lag of a miss.
const never = time.Duration(1<<63 - 1)

// LagsOf gives a line for each vendor that was heard about an incident.
func LagsOf(in *outcry.Incident) []LagAPI {
	out := []LagAPI{}
	for _, w := range in.VendorWords() {
		l := LagAPI{Incident: in.ID, Source: clean(w.Source, maxName), OnsetAt: instant(in.Onset.At), KnownAt: instant(in.DetectedAt), AdmittedAt: instant(w.Admitted), ClearedAt: instant(w.Cleared), FalseClears: []time.Time{}}
		for _, f := range w.FalseClears {
			l.FalseClears = append(l.FalseClears, f.UTC())
		}
		if lag, known := w.Lag(in.Onset.At); known {
			l.LagS = new(lag.Seconds())
			if !in.PublishedAt.IsZero() {
				l.LeadS = new(w.Admitted.Sub(in.PublishedAt).Seconds())
			}
		}
		l.Words = lagWords(in, &w)
		out = append(out, l)
	}
	return out
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// lagWords say it in a phrase: "first word after 51 minutes of 66".
func lagWords(in *outcry.Incident, w *outcry.VendorWord) string {
	lag, known := w.Lag(in.Onset.At)
	switch {
	case w.Admitted.IsZero() && !w.Heard:
		return "was not being read when it began"
	case w.Admitted.IsZero() && in.Open():
		return "not a word yet"
	case w.Admitted.IsZero():
		return "never a word"
	case !known:
		return "has admitted a fault"
	case lag <= 0:
		return "had admitted a fault before it began"
	}
	text := "first word after " + minutesOf(lag)
	if lasted := in.Over().Sub(in.Onset.At); !in.Over().IsZero() && lasted > lag {
		text += fmt.Sprintf(" of %d", int(lasted.Round(time.Minute).Minutes()))
	}
	return text
}

func minutesOf(d time.Duration) string {
	if n := int(d.Round(time.Minute).Minutes()); n != 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "1 minute"
}

// recorded are the records of vendors, kept.
func (b *builder) recorded() []VendorAPI {
	return keep(b, "records", "", b.prints.vendors, (*builder).vendors)
}

// vendors are the records of all sources that any public incident knows of.
func (b *builder) vendors() []VendorAPI {
	by := make(map[string]*VendorAPI)
	for _, s := range b.world.Sources {
		name := clean(s.Name, maxName)
		by[name] = &VendorAPI{Source: name, Services: slices.Clone(s.Services), Evidence: []LagAPI{}}
	}
	for i := range b.world.Incidents { // newest first
		in := &b.world.Incidents[i]
		if !in.Confirmed || in.State == outcry.StateDismissed || !b.now.before(began(in).Add(gradedFor)) {
			continue
		}
		words := in.VendorWords()
		for n, l := range LagsOf(in) {
			if by[l.Source] == nil {
				by[l.Source] = &VendorAPI{Source: l.Source, Services: []string{}, Evidence: []LagAPI{}}
			}
			by[l.Source].count(in, &words[n], l)
		}
	}
	out := make([]VendorAPI, 0, len(by))
	for _, v := range by {
		v.grade()
		out = append(out, *v)
	}
	slices.SortFunc(out, func(x, y VendorAPI) int { return cmp.Compare(x.Source, y.Source) })
	return out
}

// count adds one incident to the record. One whose vendor was not being read,
// or that is open and may yet be told, says nothing of the vendor.
func (v *VendorAPI) count(in *outcry.Incident, w *outcry.VendorWord, l LagAPI) {
	if lag, told := w.Lag(in.Onset.At); told {
		v.Told++
		v.lags = append(v.lags, lag)
	} else if !w.Heard || in.Open() {
		return
	} else {
		v.Misses++
		v.lags = append(v.lags, never)
	}
	v.Incidents++
	v.FalseClears += len(w.FalseClears)
	for _, b := range in.Bulletins {
		if clean(b.Source, maxName) == v.Source && !slices.Contains(v.Services, b.Service) {
			v.Services = append(v.Services, b.Service)
		}
	}
	v.Evidence = append(v.Evidence, l)
}

// grade is by the median lag, as StatusGator's bands are: A below 15 minutes,
// F from 4 hours on.
func (v *VendorAPI) grade() {
	slices.Sort(v.lags)
	slices.Sort(v.Services)
	if len(v.lags) == 0 {
		return
	}
	median := v.lags[len(v.lags)/2]
	if median != never {
		v.MedianLagS = new(median.Seconds())
	}
	v.Grade = new(gradeOf(median))
}

func gradeOf(lag time.Duration) string {
	for _, band := range []struct {
		below time.Duration
		grade string
	}{{15 * time.Minute, "A"}, {30 * time.Minute, "B"}, {time.Hour, "C"}, {2 * time.Hour, "D"}, {4 * time.Hour, "E"}} {
		if lag < band.below {
			return band.grade
		}
	}
	return "F"
}

// vendorView is a vendor's record on the page of a service.
type vendorView struct {
	Source, Grade, Words string
}

// vendorsOf are the records of those vendors that speak for a service.
func (b *builder) vendorsOf(service string) []vendorView {
	var out []vendorView
	for i := range b.records {
		v := &b.records[i]
		if v.Grade == nil || !slices.Contains(v.Services, service) {
			continue
		}
		words := fmt.Sprintf("told %d of %d outages of the last year", v.Told, v.Incidents)
		if v.MedianLagS != nil && *v.MedianLagS > 0 {
			words += ", at the median " + minutesOf(time.Duration(*v.MedianLagS*float64(time.Second))) + " after they began"
		}
		if v.FalseClears > 0 {
			words += fmt.Sprintf("; %d false all-clears", v.FalseClears)
		}
		out = append(out, vendorView{clean(v.Source, maxName), *v.Grade, words})
	}
	return out
}

// vendorFacts are when an incident's vendors admitted it and said it was over.
func (b *builder) vendorFacts(in *outcry.Incident) []fact {
	var out []fact
	words := in.VendorWords()
	for n, l := range LagsOf(in) {
		who := "Vendor"
		if len(words) > 1 {
			who = clean(l.Source, maxName)
		}
		w := &words[n]
		if !w.Admitted.IsZero() {
			out = append(out, fact{Term: who + " admitted it", At: b.moment(w.Admitted), Note: l.Words})
		}
		if !w.Cleared.IsZero() {
			out = append(out, fact{Term: who + " said over", At: b.moment(w.Cleared)})
		}
	}
	return out
}
