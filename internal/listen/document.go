package listen

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// Statement is what a page says of one of its components at present.
type Statement struct {
	Component string // as the page names it
	Group     string // that the page shows it in; may be empty
	Outcome   outcry.Outcome
	Status    string // in the page's own word: "major_outage"
}

// Document is what a page says, boiled down.
type Document struct {
	// Page is the page as a whole: what the mapping calls "*".
	Page Statement
	// Components are those that the page names. Of several of one name the
	// worst counts.
	Components []Statement
	// Titles are statements in free text: a mapped name that stands in their
	// Component, as words of its own, is what they are about.
	Titles []Statement
	// Full says that the page lists every component that it has. On others,
	// a component that is not listed has nothing wrong.
	Full bool
}

// Whole is the mapping's name for the page as a whole.
const Whole = "*"

// Format is a kind of page.
type Format struct {
	// URLs are the addresses of its documents, from the one that the operator
	// wrote, which may be that of the page itself. Nil: as it was written.
	URLs func(page *url.URL) []string
	// Read makes sense of the documents, one for each URL, in their order. An
	// error means nonsense.
	Read func(bodies [][]byte, now time.Time) (Document, error)
	// Ages says that the same document means something else as time passes.
	Ages bool
}

// Single makes the format of a page of one document at the written address.
func Single(read func(body []byte) (Document, error)) Format {
	return Format{Read: func(bodies [][]byte, _ time.Time) (Document, error) { return read(bodies[0]) }}
}

// At gives the address that a path has on a page's host, unless the operator
// wrote one that ends in suffix already. A base path of the page is kept.
func At(page *url.URL, path, suffix string) string {
	if strings.HasSuffix(page.Path, suffix) {
		return page.String()
	}
	u := *page
	u.Path = strings.TrimRight(u.Path, "/") + path
	u.RawQuery, u.Fragment = "", ""
	if query, after, found := strings.Cut(u.Path, "?"); found {
		u.Path, u.RawQuery = query, after
	}
	return u.String()
}

// worse orders outcomes: an admission over silence over an all-clear.
func worse(a, b outcry.Outcome) bool {
	weight := func(o outcry.Outcome) int {
		switch o {
		case outcry.Bad:
			return 2
		case outcry.Unknown:
			return 1
		default:
			return 0
		}
	}
	return weight(a) > weight(b)
}

// Worst is the worst of some statements, by its outcome; with none, the page
// says that all is well in the given word.
func Worst(list []Statement, well string) Statement {
	worst := Statement{Outcome: outcry.Good, Status: well}
	for _, s := range list {
		if worse(s.Outcome, worst.Outcome) {
			worst.Outcome, worst.Status = s.Outcome, s.Status
		}
	}
	return worst
}

// fold makes names comparable: pages have stray blanks, and change case.
func fold(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// about finds what a document says of a component by the mapping's name for it:
// "Name", "Group / Name" or "*". It reports false for one that a full page does
// not list.
func (d *Document) about(name string) (s Statement, found bool) {
	if name == Whole {
		return d.Page, true
	}
	want := fold(name)
	for _, c := range d.Components {
		own := fold(c.Component)
		if own != want && (c.Group == "" || fold(c.Group)+" / "+own != want) {
			continue
		}
		if !found || worse(c.Outcome, s.Outcome) {
			s, found = c, true
		}
	}
	for _, t := range d.Titles {
		if mentions(fold(t.Component), want) && (!found || worse(t.Outcome, s.Outcome)) {
			s, found = t, true
		}
	}
	if !found && !d.Full {
		return Statement{Component: name, Outcome: outcry.Good, Status: "not-mentioned"}, true
	}
	return s, found
}

// mentions reports whether a name stands in a text as words of its own.
func mentions(text, name string) bool {
	if name == "" {
		return false
	}
	edge := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(name):])
		if (i == 0 || edge(before)) && (i+len(name) == len(text) || edge(after)) {
			return true
		}
		from = i + 1
	}
}

// maxStatus bounds a status word that came from outside, in bytes.
const maxStatus = 40

// statusWord makes a page's word for a status fit to be counted by: lower-case
// letters, digits and dashes.
func statusWord(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if b.Len() >= maxStatus {
			break
		}
		switch {
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
