package classify

import (
	"slices"
	"strings"
)

// Subject is a service that posts may be about.
type Subject struct {
	ID       string
	Names    []string // as people write it; case does not matter
	Symptoms []string // IDs of what fails
}

// Reading is what a post says.
type Reading struct {
	Services []string // IDs of those it names, in order, each once
	P        float64  // probability that it complains
	Symptoms []string // for each service, what fails; empty when not said
	Region   string   // ISO 3166, empty when not said
	Carrier  string   // as the configuration writes it, empty when not said
	Print    uint64   // the same for copies of one text, whoever they address and link to
	Runes    int      // how long the text is that Print stands for
}

// Threshold is the probability from which a post is a complaint: even odds, not
// tuned. The judge holds complaints against all other talk, so that what is lost
// in precision is lost alike on quiet days.
const Threshold = 0.5

// Complains reports whether the post is a complaint about a service.
func (r *Reading) Complains() bool { return len(r.Services) > 0 && r.P >= Threshold }

// Reader reads posts about a fixed set of services. It is not for concurrent
// use: it keeps its buffers.
type Reader struct {
	subjects []Subject
	names    *names
	carriers *names
	carrier  []string
	model    model
	buf      []rune
	places   map[string]string
}

// NewReader makes a reader for services, and the carriers that posts may name.
func NewReader(subjects []Subject, carriers []string) *Reader {
	list := make([]Subject, len(carriers))
	for i, c := range carriers {
		list[i] = Subject{Names: []string{c}}
	}
	return &Reader{
		subjects: subjects, names: newNames(subjects), carriers: newNames(list), carrier: carriers,
		model: open(weights), places: places(),
	}
}

// Read reads a post. It is about the services that it names.
func (r *Reader) Read(text string) Reading {
	var out Reading
	marked, seen := r.prepare(text, &out)
	if len(seen) > 0 {
		r.judge(marked, seen, &out)
	}
	return out
}

// ReadAbout reads a post that is known to be about a service, whether it names
// it or not: an answer to its account, a search for its name.
func (r *Reader) ReadAbout(text, service string) Reading {
	var out Reading
	marked, seen := r.prepare(text, &out)
	i := slices.IndexFunc(r.subjects, func(s Subject) bool { return s.ID == service })
	if i >= 0 && !slices.Contains(seen, i) {
		seen = append(seen, i)
	}
	if len(seen) > 0 {
		r.judge(marked, seen, &out)
	}
	return out
}

// prepare folds a text and marks the names in it.
func (r *Reader) prepare(text string, out *Reading) (marked []rune, seen []int) {
	r.buf = fold(r.buf[:0], text)
	r.carrierOf(r.buf, out)
	marked = r.names.mark(r.buf, func(i int) {
		if !slices.Contains(seen, i) {
			seen = append(seen, i)
		}
	})
	marked = trim(dropMentions(marked))
	out.Print, out.Runes = fingerprint(marked), len(marked)
	return marked, seen
}

// judge fills in what the text says.
func (r *Reader) judge(marked []rune, seen []int, out *Reading) {
	out.P = r.model.probability(marked)
	out.Region = r.region(marked)
	words := string(marked)
	for _, i := range seen {
		out.Services = append(out.Services, r.subjects[i].ID)
		out.Symptoms = append(out.Symptoms, symptomOf(words, r.subjects[i].Symptoms))
	}
}

// fingerprint is FNV-1a of 64 bits over runes.
func fingerprint(text []rune) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// carrierOf finds the carrier that a text names first; a carrier that is itself
// the service stays one.
func (r *Reader) carrierOf(folded []rune, out *Reading) {
	for i, prev := 0, gap; i < len(folded); i++ {
		if m, ok := r.carriers.at(folded, i, prev); ok {
			out.Carrier = r.carrier[m.subject]
			return
		}
		prev = folded[i]
	}
}

// symptomOf guesses which of a service's symptoms the text tells of: the first
// of those that the service has whose words are in it.
func symptomOf(text string, has []string) string {
	for _, s := range has {
		for _, w := range symptomWords(s) {
			if strings.Contains(text, w) {
				return s
			}
		}
	}
	return ""
}
