package stream

import (
	"html"
	"regexp"
	"strings"
)

// Plain is what a reader sees of a text with HTML in it, on one line.
func Plain(content string) string {
	tag := regexp.MustCompile(`<[^>]*>`)
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(content, " "))), " ")
}
