package classify

import "strings"

// places are the names of places that posts use, folded, and their ISO 3166
// codes. Names that are common words in a language (of, in, turkey, us) are left
// out: a wrong place is worse than none.
func places() map[string]string {
	out := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(gazetteer), "\n") {
		code, names, _ := strings.Cut(line, " ")
		for _, n := range strings.Split(names, ",") {
			out[strings.TrimSpace(n)] = code
		}
	}
	return out
}

// longestPlace is how many words the longest name has.
const longestPlace = 3

// region finds the first place that a text names.
func (r *Reader) region(text []rune) string {
	words := strings.FieldsFunc(string(text), func(c rune) bool { return !wordly(c) })
	for i := range words {
		for n := min(longestPlace, len(words)-i); n > 0; n-- {
			if code, ok := r.places[strings.Join(words[i:i+n], " ")]; ok {
				return code
			}
		}
	}
	return ""
}

const gazetteer = `
US-AL alabama,birmingham alabama
US-AZ arizona,phoenix,tucson
US-CA california,los angeles,san francisco,san diego,sacramento,bay area,socal
US-CO colorado,denver
US-CT connecticut
US-DC washington dc
US-FL florida,miami,orlando,tampa
US-GA atlanta
US-IL illinois,chicago
US-IN indiana,indianapolis
US-KS kansas
US-KY kentucky,louisville
US-LA louisiana,new orleans
US-MA massachusetts,boston
US-MD maryland,baltimore
US-MI michigan,detroit
US-MN minnesota,minneapolis
US-MO missouri,st louis
US-NC north carolina,charlotte nc,raleigh
US-NJ new jersey
US-NV nevada,las vegas
US-NY new york,nyc,brooklyn,queens,manhattan
US-OH ohio,cleveland,cincinnati
US-OK oklahoma
US-OR oregon,portland
US-PA pennsylvania,philadelphia,philly,pittsburgh
US-SC south carolina
US-TN tennessee,nashville,memphis
US-TX texas,dallas,houston,austin,san antonio,dfw
US-UT utah,salt lake city
US-VA virginia
US-WA seattle,washington state
US-WI wisconsin,milwaukee
AR argentina,buenos aires
AT austria,österreich,wien,vienna
AU australia,sydney,melbourne,brisbane,perth
BE belgium,belgique,belgien,bruxelles,brussels
BR brazil,brasil,são paulo,sao paulo,rio de janeiro,belo horizonte
CA canada,toronto,vancouver,montreal,montréal,ottawa,calgary
CH switzerland,schweiz,suisse,zürich,zurich,genève
CL santiago de chile
CO colombia,bogotá,bogota,medellín
DE germany,deutschland,berlin,münchen,munich,hamburg,köln,cologne,frankfurt,stuttgart,düsseldorf
ES spain,españa,madrid,barcelona,valencia,sevilla
FR france,paris,lyon,marseille,toulouse,lille,bordeaux
GB uk,united kingdom,england,scotland,wales,london,manchester,leeds,glasgow,birmingham
IE ireland,dublin
IN india,mumbai,delhi,bangalore,bengaluru,hyderabad
IT italy,italia,rome,roma,milan,milano
JP japan,tokyo,osaka,日本,東京,大阪
MX mexico,méxico,cdmx,guadalajara,monterrey
NL netherlands,nederland,amsterdam,rotterdam
NZ new zealand,auckland
PE perú,lima
PL poland,polska,warsaw
PT portugal,lisboa,lisbon
SE sweden,sverige,stockholm`
