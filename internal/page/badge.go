package page

import (
	"fmt"
	"html"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// Geometry of a badge, in pixels; a letter is as wide as one of Verdana 11 on
// average, and textLength makes the rest fit.
const (
	badgeLetter = 7
	badgePad    = 10
	badgeHeight = 20
)

// badgeColours are dark enough for white text (WCAG AA).
func badgeColour(s Status) string {
	switch s {
	case Outage:
		return "#ae1630"
	case Degraded:
		return "#9c4100"
	case Unconfirmed:
		return "#835600"
	case Recovering, Maintained:
		return "#1d5aa6"
	case Operational:
		return "#17694a"
	default:
		return "#565b66"
	}
}

// badges gives /badge.svg for all services and /badge/{service}.svg for each.
func (b *builder) badges() []View {
	h := b.overall(b.standings)
	out := []View{{Path: "/badge.svg", mediaType: typeSVG, data: badge(clean(b.opt.Name, 40), h.Status)}}
	for _, s := range b.standings {
		out = append(out, b.view("badge", s.ID, s.prints.state, func(*builder) View {
			return View{Path: "/badge/" + url.PathEscape(s.ID) + ".svg", mediaType: typeSVG, data: badge(clean(s.Name, 40), s.status)}
		}))
	}
	return out
}

// badge draws a name and a state.
func badge(name string, s Status) string {
	word := s.Word()
	left := utf8.RuneCountInString(name)*badgeLetter + badgePad
	right := utf8.RuneCountInString(word)*badgeLetter + badgePad
	label := html.EscapeString(name + ": " + word)
	text := func(x, w int, t string) string {
		return `<text x="` + strconv.Itoa(x) + `" y="14" textLength="` + strconv.Itoa(w) + `" lengthAdjust="spacingAndGlyphs">` + html.EscapeString(t) + `</text>`
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img" aria-label="%s"><title>%s</title>`+
		`<rect width="%d" height="%d" rx="4" fill="#2f333c"/><path fill="%s" d="M%d 0h%da4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H%dz"/>`+
		`<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">%s%s</g></svg>`,
		left+right, badgeHeight, label, label, left+right, badgeHeight, badgeColour(s), left, right-4, left,
		text(badgePad/2, left-badgePad, name), text(left+badgePad/2, right-badgePad, word))
}
