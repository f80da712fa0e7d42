package page

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// serviceView is the page of one service.
type serviceView struct {
	ID, Name, Description, Advice string
	Works                         string // how many say that it works for them
	Support                       string // a sentence for support to paste
	Map                           *tileMap
	Lag                           string // how late the vendor's word is
	Planned                       []maintenanceView
	Thanks                        bool
	Stale                         string
	Hero                          Hero
	Remarks                       *remarksView // nil: no comments
	Choices                       []choice     // symptoms to report
	RegionHints, CarrierHints     []choice
	Chart                         *Chart
	Shares                        []shareTable
	Probes                        []probeView
	Bulletins                     []bulletinView
	Trend                         *trendView
	Vendors                       []vendorView // how late those have been
	Current, Past                 []briefView
	Bars                          Bars
	DependsOn                     []rowView
	Tell                          *tellView // nil: there is nothing to be told of
}

// tellView offers to tell the visitor when the service is back.
type tellView struct{ Incident, Key string }

type choice struct{ ID, Name string }

type shareTable struct {
	Title string
	Rated bool // at least one row has a rate against the usual
	Rows  []shareView
}

type shareView struct {
	Key     string
	Name    string
	Count   string
	Usual   string // empty: not known
	Rate    string // "14 × usual", "as usual"; empty: not known
	Level   int    // of the rate: 0 not known or as usual, up to 3
	Percent int    // of the largest
}

type probeView struct {
	Vantage string
	Status  Status
	Word    string
	Reason  string
	At      Moment
	Runs    string
}

// trendView is a trend in words.
type trendView struct {
	Words string
	Since Moment
}

type bulletinView struct {
	Source, Words, Word string
	Status              Status
	At                  Moment
}

// shownShares bounds the rows of each table of shares.
const shownShares = 8

func (b *builder) service(s *standing) View {
	v := serviceView{
		ID: s.ID, Name: s.name, Description: clean(s.Description, maxLine), Advice: clean(s.Advice, maxLine),
		Stale: b.staleness(), Hero: b.answer(s), Remarks: b.remarks(s),
		Choices: b.choices(s.Service), RegionHints: b.hints(s.Regions, b.place), CarrierHints: b.hints(s.Carriers, named),
		Chart:  b.charted(s),
		Shares: b.shares(s), Bars: b.bars(s), Support: b.support(s), Map: b.tiles(s.Regions),
		Planned: b.maintenances([]*standing{s}), Lag: b.vendorLag(s), Trend: b.trend(s.Trend),
	}
	for _, p := range s.Probes {
		v.Probes = append(v.Probes, b.probe(p))
	}
	for _, n := range s.Bulletins {
		v.Bulletins = append(v.Bulletins, b.bulletin(n))
	}
	v.Vendors = b.vendorsOf(s.ID)
	b.pastAndPresent(s, &v)
	if s.incident != nil && b.opt.PushKey != "" {
		v.Tell = &tellView{Incident: s.incident.ID, Key: b.opt.PushKey}
	}
	for _, id := range s.DependsOn {
		if d := b.byID[id]; d != nil {
			v.DependsOn = append(v.DependsOn, rowView{Name: d.name, Path: servicePath(d.ID), Status: d.status})
		}
	}
	return View{Path: servicePath(s.ID), template: "service", title: b.t("Is %s down?", s.name), card: b.cardURL(s), said: v.Hero.Sentence, mediaType: typeHTML, data: v}
}

func (b *builder) trend(t *Trend) *trendView {
	if t == nil {
		return nil
	}
	words := b.t("Number %[1]d of all that people post about: %[2]s posts a minute, where %[3]s are usual.", t.Rank, rounded(t.PerMinute), rounded(t.Usual))
	return &trendView{Words: words, Since: b.moment(t.Since)}
}

// rounded writes a rate with as many digits as a reader can use.
func rounded(x float64) string {
	if x >= 10 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

func (b *builder) pastAndPresent(s *standing, v *serviceView) {
	const shownPast = 5
	for _, in := range s.incidents {
		switch {
		case in.Open():
			v.Current = append(v.Current, b.brief(in))
		case len(v.Past) < shownPast:
			brief := b.brief(in)
			brief.Updates = nil
			v.Past = append(v.Past, brief)
		}
	}
}

// choices are the symptoms of the report form; "something else" comes last. An
// ID that cleaning would change could not be sent back whole: it is left out.
func (b *builder) choices(s *Service) []choice {
	var out []choice
	for _, sym := range s.Service.Symptoms {
		if sym.ID != outcry.SymptomOther && clean(sym.ID, maxName) == sym.ID {
			out = append(out, choice{sym.ID, clean(sym.Name, maxName)})
		}
	}
	return append(out, choice{outcry.SymptomOther, b.t("Something else")})
}

func (b *builder) symptomName(s *Service, id string) string {
	for _, sym := range s.Service.Symptoms {
		if sym.ID == id {
			return clean(sym.Name, maxName)
		}
	}
	if id == outcry.SymptomOther || id == "" {
		return b.t("Something else")
	}
	return clean(id, maxName)
}

// hints offers the values that others gave.
func (b *builder) hints(in []Share, name func(string) string) []choice {
	var out []choice
	for _, s := range in {
		if s.Key != "" && s.Key != outcry.ScopeOther {
			out = append(out, choice{clean(s.Key, maxName), name(s.Key)})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return cmp.Compare(a.Name, b.Name) })
	return out[:min(len(out), 50)]
}

// shares are the tables of what, where and through whom; one without rows is
// left out.
func (b *builder) shares(s *standing) []shareTable {
	symptom := func(id string) string { return b.symptomName(s.Service, id) }
	all := []shareTable{
		b.rank("What fails", s.Service.Symptoms, symptom), b.rank("Carrier", s.Carriers, b.scopeName(named)), b.rank("Where", s.Regions, b.scopeName(b.place)),
	}
	return slices.DeleteFunc(all, func(t shareTable) bool { return len(t.Rows) == 0 })
}

// scopeName names a region or carrier, or says that there is none to name.
func (b *builder) scopeName(name func(string) string) func(key string) string {
	return func(key string) string {
		switch key {
		case "":
			return b.t("Not known")
		case outcry.ScopeOther:
			return b.t("Others")
		default:
			return name(key)
		}
	}
}

// rank orders the counts, the largest first, names them, and sets them against
// what is usual.
func (b *builder) rank(title string, in []Share, name func(string) string) shareTable {
	in = slices.DeleteFunc(slices.Clone(in), func(s Share) bool { return s.Count == 0 })
	slices.SortFunc(in, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	out := shareTable{Title: title}
	for _, s := range in[:min(len(in), shownShares)] {
		v := shareView{Key: clean(s.Key, maxName), Name: name(s.Key), Count: b.number(uint64(s.Count)), Percent: int(uint64(s.Count) * 100 / uint64(in[0].Count))}
		if s.Usual > 0 {
			v.Usual = b.tongue.about(s.Usual)
			v.Rate, v.Level = b.rate(s)
			out.Rated = true
		}
		out.Rows = append(out.Rows, v)
	}
	return out
}

// muchMore is the largest ratio that is written out.
const muchMore = 1000

// rate compares a count with the usual one. A ratio is given only where chance
// does not explain the difference (three standard deviations of a Poisson
// count): 2 reports where 0.4 are usual are no news.
func (b *builder) rate(s Share) (words string, level int) {
	ratio := float64(s.Count) / s.Usual
	switch {
	case float64(s.Count) < s.Usual+3*math.Sqrt(s.Usual+1) || ratio < 1.5:
		return b.t("as usual"), 0
	case ratio < 5:
		return b.t("%s × usual", b.tongue.about(ratio)), 1
	case ratio < 20:
		return b.t("%s × usual", b.tongue.about(ratio)), 2
	case ratio >= muchMore: // it hardly ever happens: how many times is no number to read
		return b.t("over %s × usual", b.tongue.about(muchMore)), 3
	default:
		return b.t("%s × usual", b.tongue.about(ratio)), 3
	}
}

func (b *builder) probe(p Probe) probeView {
	v := probeView{Vantage: clean(p.Vantage, maxName), Reason: clean(p.Reason, maxLine), At: b.moment(p.At)}
	switch p.Outcome {
	case outcry.Good:
		v.Status, v.Reason = Operational, ""
		v.Word = b.t("Passes")
		if p.Latency > 0 {
			v.Word = b.t("Passes in %d ms", p.Latency.Milliseconds())
		}
	case outcry.Bad:
		v.Status, v.Word = Outage, b.t("Fails")
	default:
		v.Word = b.t("Cannot tell")
	}
	if p.Runs > 0 {
		v.Runs = b.t("%[1]d of %[2]d passed in the last hour", p.Runs-p.Failed, p.Runs)
	}
	return v
}

func (b *builder) bulletin(n Bulletin) bulletinView {
	v := bulletinView{Source: clean(n.Source, maxName), At: b.moment(n.At)}
	var says string
	v.Status, v.Word, says = n.says()
	v.Words = b.t(says)
	if s := clean(strings.NewReplacer("_", " ", "-", " ").Replace(n.Status), maxLine); s != "" && n.Outcome != outcry.Good && v.Status != Maintained {
		v.Words += " (" + s + ")"
	}
	return v
}

// says is what a vendor's word comes to: as a status, in a word and in a phrase.
// Planned work and words that we do not know are silence, and not a page that
// cannot be read.
func (n *Bulletin) says() (s Status, word, phrase string) {
	switch {
	case n.Outcome == outcry.Bad:
		return Degraded, "Admits it", "reports a problem"
	case n.Outcome == outcry.Good:
		return Operational, "All well", "says that all is well"
	case n.mute():
		return Unknown, "Cannot be read", "says nothing that can be relied on"
	case strings.Contains(n.Status, "maintenance"):
		return Maintained, Maintained.Word(), "tells of planned maintenance"
	default:
		return Unknown, Unknown.Word(), "does not say whether anything is wrong"
	}
}

// mute reports whether nothing is known of what the vendor says.
func (n *Bulletin) mute() bool {
	switch n.Status {
	case "nonsense", "unreachable", "not-listed", "": // listen's words for it
		return n.Outcome == outcry.Unknown
	default:
		return false
	}
}
