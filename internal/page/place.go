package page

import (
	"strings"

	"golang.org/x/text/language"
)

// place writes a region code as people call it: "US-TX" is "Texas, US" and
// "GB" is "United Kingdom". What is no region code comes back
// cleaned. It is for regions only: the carrier EE is not Estonia.
func (w *tongue) place(code string) string {
	code = clean(code, maxName)
	country, part, split := strings.Cut(code, "-")
	if len(country) != 2 || country != strings.ToUpper(country) {
		return code
	}
	if split {
		if name, ok := states[part]; ok && country == "US" {
			return name + ", US"
		}
		return code
	}
	region, err := language.ParseRegion(country)
	if err != nil {
		return code
	}
	if name := w.regions.Name(region); name != "" {
		return name
	}
	return code
}

// named is what a carrier, a platform or anything else calls itself.
func named(name string) string { return clean(name, maxName) }

// states are the ISO 3166-2:US subdivisions, the ones that the shipped
// scenarios and most crowds in the United States report from.
var states = map[string]string{
	"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
	"CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
	"HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
	"KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
	"MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
	"NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
	"NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
	"OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
	"SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
	"WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}
