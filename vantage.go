package outcry

import (
	"cmp"
	"strings"
)

// via stands between a vantage's name and what is special about a route of it.
const via = " via "

// Route names a vantage's own route to a region or carrier, which fails and
// passes by itself: "chicago-1 via T-Mobile". Without either it is the vantage.
func Route(vantage string, to Scope) string {
	if to.Region == "" && to.Carrier == "" {
		return vantage
	}
	return vantage + via + strings.Trim(to.Carrier+" "+to.Region, " ")
}

// VantageOf is the vantage that a route belongs to; that of a vantage is itself.
func VantageOf(route string) string {
	vantage, _, _ := strings.Cut(route, via)
	return cmp.Or(vantage, route)
}
