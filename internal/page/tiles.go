package page

import (
	"strings"
)

// tileMap is a map with a square for each region: it needs no geometry and no
// picture from elsewhere, each square has room for a name and a figure, and a
// small state is seen as well as a large one.
type tileMap struct {
	Width, Height int
	Tiles         []tile
	Summary       string
}

// tile is one region. Its place is in units of tileSize.
type tile struct {
	X, Y  int
	Code  string // short, as written in it
	Rate  string // "14×"; empty: as usual, or not known
	Level int    // 0 as usual, up to 3; -1 nothing is known of it
	Words string
}

const tileSize = 40

// usGrid lays the states out as newspapers do: each near its neighbours.
const usGrid = `
AK .. .. .. .. .. .. .. .. .. ME
.. .. .. .. .. .. .. .. .. VT NH
WA ID MT ND MN IL WI MI NY RI MA
OR NV WY SD IA IN OH PA NJ CT ..
CA UT CO NE MO KY WV VA MD DE DC
.. AZ NM KS AR TN NC SC .. .. ..
.. .. .. OK LA MS AL GA .. .. ..
HI .. .. TX .. .. .. .. FL .. PR`

// worldGrid lays out the countries that most people report from, roughly as on
// a map; a country that is not in it is in the table beside.
const worldGrid = `
CA .. .. IS .. NO SE FI .. .. .. ..
US .. IE GB NL DK EE LV LT RU .. JP
MX .. PT FR BE DE PL BY UA KZ CN KR
GT CU ES IT CH AT CZ SK MD UZ MN TW
CR DO .. SI HR HU RO BG GE AZ NP HK
PA VE DZ TN RS AL GR TR SY IQ IN VN
CO GY MA LY EG IL LB JO SA IR BD TH
EC BR SN NG SD ET YE OM AE PK LK MY
PE BO GH CM UG KE .. .. QA .. SG PH
CL PY CI AO TZ .. .. .. .. .. ID PG
.. UY .. NA ZM MZ .. .. .. .. AU ..
.. AR .. ZA ZW MG .. .. .. .. .. NZ`

// tiles draws the map that fits the regions: the states of the United States
// when most come from there by state, else the world. It gives nil where no
// region is known.
func (b *builder) tiles(regions []Share) *tileMap {
	byState, byCountry := map[string]Share{}, map[string]Share{}
	states := 0
	for _, r := range regions {
		country, part, split := strings.Cut(r.Key, "-")
		if len(country) != 2 || country != strings.ToUpper(country) {
			continue
		}
		if split && country == "US" {
			byState[part] = r
			states++
		}
		byCountry[country] = sumShares(byCountry[country], r)
	}
	switch {
	case len(byCountry) == 0:
		return nil
	case states > len(byCountry):
		return b.grid(usGrid, byState, "US-")
	default:
		return b.grid(worldGrid, byCountry, "")
	}
}

func sumShares(a, b Share) Share {
	a.Count += b.Count
	switch {
	case b.Usual < 0 || a.Usual < 0:
		a.Usual = -1
	default:
		a.Usual += b.Usual
	}
	return a
}

func (b *builder) grid(layout string, known map[string]Share, prefix string) *tileMap {
	m := &tileMap{Summary: b.t("Map of the reports by region; the table says the same.")}
	for y, line := range strings.Split(strings.TrimSpace(layout), "\n") {
		for x, code := range strings.Fields(line) {
			if code == ".." {
				continue
			}
			t := tile{X: x * tileSize, Y: y * tileSize, Code: code, Level: -1}
			if r, ok := known[code]; ok && r.Count > 0 {
				t.fill(b, r, b.place(prefix+code))
			}
			m.Tiles = append(m.Tiles, t)
			m.Width, m.Height = max(m.Width, t.X+tileSize), max(m.Height, t.Y+tileSize)
		}
	}
	return m
}

func (t *tile) fill(b *builder, r Share, name string) {
	t.Level = 0
	if r.Usual <= 0 {
		t.Words = b.n(uint64(r.Count), "%[2]s: %[1]s report", "%[2]s: %[1]s reports", name)
		return
	}
	words, level := b.rate(r)
	t.Words = b.t("%[1]s: %[2]s", name, words)
	if t.Level = level; level > 0 {
		t.Rate = b.tongue.about(float64(r.Count)/r.Usual) + "×"
	}
}
