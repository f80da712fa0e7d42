package page

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed words/*.json
var wordFiles embed.FS

// tongue is one language that the pages speak. Texts are looked up by their
// English, so that code and templates can be read; a test holds every language
// to every text that they use, and every count to the plural forms that the
// language has (CLDR).
type tongue struct {
	Code string // BCP 47
	Name string // of the language, in itself
	Dir  string // of writing: ltr or rtl

	tag     language.Tag
	say     map[string]string
	counts  map[string]map[string]string // forms by the English text for many
	months  []string
	day     string // a date of this year, as a layout of package time; {month} stands for its name
	date    string // a date of another year
	and     string // between the last two of a list
	comma   string // between the others
	printer *message.Printer
	regions display.Namer
}

// wordFile is how a language is written down.
type wordFile struct {
	Name, Dir        string
	Months           []string
	Day, Date        string
	And, Comma       string
	Say              map[string]string
	Counts           map[string]map[string]string
	NumberingByLatin bool `json:",omitempty"` // figures as 0-9 where the language has others too
}

// english is the language in which everything is written down here.
const english = "en"

// newTongues reads the languages; English comes first, the others by code.
func newTongues() ([]*tongue, error) {
	entries, err := wordFiles.ReadDir("words")
	if err != nil {
		return nil, fmt.Errorf("list the embedded languages: %w", err)
	}
	var out []*tongue
	for _, e := range entries {
		data, err := wordFiles.ReadFile("words/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the embedded language %s: %w", e.Name(), err)
		}
		var f wordFile
		if err := json.Unmarshal(data, &f); err != nil {
			return nil, fmt.Errorf("read the embedded language %s: %w", e.Name(), err)
		}
		t, err := newTongue(strings.TrimSuffix(e.Name(), ".json"), &f)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *tongue) int {
		return cmp.Or(-cmpBool(a.Code == english, b.Code == english), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func newTongue(code string, f *wordFile) (*tongue, error) {
	tag, err := language.Parse(code)
	if err != nil || len(f.Months) != 12 {
		return nil, fmt.Errorf("the embedded language %s is not whole", code)
	}
	figures := tag
	if f.NumberingByLatin {
		if figures, err = tag.SetTypeForKey("nu", "latn"); err != nil {
			return nil, fmt.Errorf("the figures of the embedded language %s: %w", code, err)
		}
	}
	return &tongue{
		Code: code, Name: f.Name, Dir: cmp.Or(f.Dir, "ltr"), tag: tag, say: f.Say, counts: f.Counts, months: f.Months, day: f.Day, date: f.Date,
		and: f.And, comma: f.Comma, printer: message.NewPrinter(figures), regions: display.Regions(tag),
	}, nil
}

// t says an English text in this language, and fills its verbs.
func (w *tongue) t(text string, args ...any) string {
	if s, ok := w.say[text]; ok {
		text = s
	}
	if len(args) == 0 {
		return text
	}
	return w.fill(text, args)
}

// fill fills a text's verbs. What comes from elsewhere is isolated where the
// language is written from right to left: the signs at the ends of a name in
// another script would go to the other side of it. A text that ends as an
// abbreviation does, as in "25 Min.", has one stop.
func (w *tongue) fill(text string, args []any) string {
	if w.Dir == "rtl" {
		args = slices.Clone(args)
		for i, a := range args {
			if s, ok := a.(string); ok && s != "" {
				args[i] = isolated(s)
			}
		}
	}
	out := fmt.Sprintf(text, args...)
	if strings.HasSuffix(text, "s.") && strings.HasSuffix(out, "..") && !strings.HasSuffix(out, "...") {
		return out[:len(out)-1]
	}
	return out
}

// isolated keeps a text's direction to itself (Unicode's FSI and PDI).
func isolated(s string) string { return "\u2068" + s + "\u2069" }

// n says a text that depends on a count. The count itself fills the first verb
// of the text, other arguments the ones after it; in a language without plural
// forms of its own for the text the English ones stand.
func (w *tongue) n(n uint64, one, many string, args ...any) string {
	text := many
	if n == 1 {
		text = one
	}
	if forms := w.counts[many]; forms != nil {
		text = cmp.Or(forms[w.form(n)], forms["other"], text)
	}
	return w.fill(text, append([]any{w.number(n)}, args...))
}

// form names the plural form of a count in this language.
func (w *tongue) form(n uint64) string {
	names := [...]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	return names[plural.Cardinal.MatchPlural(w.tag, int(n%10_000_000), 0, 0, 0, 0)]
}

// number writes a count with the language's groups: 15,200.
func (w *tongue) number(n uint64) string { return w.printer.Sprint(number.Decimal(n)) }

// about writes an expected count as people would: 0.6, 3, 1,200.
func (w *tongue) about(x float64) string {
	switch {
	case math.IsNaN(x) || x < 0:
		return w.t("unknown")
	case x < 0.05:
		return w.number(0)
	case x < 9.95:
		return w.printer.Sprint(number.Decimal(x, number.MaxFractionDigits(1)))
	default:
		return w.number(uint64(math.Round(x)))
	}
}

// list joins names as a sentence does.
func (w *tongue) list(words []string) string {
	if w.Dir == "rtl" {
		words = slices.Clone(words)
		for i := range words {
			words[i] = isolated(words[i])
		}
	}
	switch n := len(words); n {
	case 0:
		return w.t("nothing")
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], w.comma) + w.and + words[n-1]
	}
}

// dayOf is "16 May", with the year when that is another one.
func (w *tongue) dayOf(t time.Time, withYear bool) string {
	layout := w.day
	if withYear {
		layout = w.date
	}
	before, after, _ := strings.Cut(layout, "{month}")
	return t.Format(before) + w.months[t.Month()-1] + t.Format(after)
}

// monthOf is "May 2024".
func (w *tongue) monthOf(t time.Time) string {
	return w.t("%[1]s %[2]s", w.months[t.Month()-1], strconv.Itoa(t.Year()))
}

// lasting says a duration in its two largest units.
func (w *tongue) lasting(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours()), int(d.Minutes()), int(d.Seconds())
	switch {
	case d < 0:
		return "−" + w.lasting(-d)
	case d < time.Minute:
		return w.t("%d s", seconds)
	case d < 10*time.Minute && d%time.Minute != 0:
		return w.t("%d min %d s", minutes, seconds%60)
	case d < time.Hour:
		return w.t("%d min", minutes)
	case d < 24*time.Hour && minutes%60 == 0:
		return w.t("%d h", hours)
	case d < 24*time.Hour:
		return w.t("%d h %d min", hours, minutes%60)
	case hours%24 == 0:
		return w.t("%d d", days)
	default:
		return w.t("%d d %d h", days, hours%24)
	}
}

// age says how long ago in whole minutes, so that a page that shows it changes
// once a minute at most.
func (c clock) age(since time.Time) string {
	m := c.now.minutesSince(since)
	switch {
	case m < 1:
		return c.t("less than a minute")
	case m < 120:
		return c.n(uint64(m), "%s minute", "%s minutes")
	default:
		return c.n(uint64(m/60), "%s hour", "%s hours")
	}
}
