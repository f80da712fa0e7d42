package page

import "regexp"

// A page in a language that was asked for leads on to pages in that language:
// the choice stands in the address, so that it can be shared and cached, and no
// cookie is needed. The patterns match only what our own templates write; text
// from outside has its quotes escaped.
var (
	innerLink  = regexp.MustCompile(`(<a [^>]*?href="/(?:(?:s|p|incidents|history|accuracy|search|kiosk|widget)\b[^"?#.]*)?)"`)
	searchForm = regexp.MustCompile(`(<form [^>]*action="/search">)`)
	reportForm = regexp.MustCompile(`(<form [^>]*action="/api/v1/reports)"`)
)

// carry makes a page's own links keep its language.
func carry(html []byte, lang string) []byte {
	html = innerLink.ReplaceAll(html, []byte(`$1?lang=`+lang+`"`))
	html = reportForm.ReplaceAll(html, []byte(`$1?lang=`+lang+`"`))
	html = searchForm.ReplaceAll(html, []byte(`$1<input type="hidden" name="lang" value="`+lang+`">`))
	return html
}
