// Package feed reads any Atom, RSS or JSON feed of incidents.
//
// A feed is made for people: what is open has to be told from words. An entry
// is over when its title, or the first word of state in its text (updates stand
// newest first), says so: resolved, completed, mitigated … One about planned
// work is no fault. One that is older than a day and does not say is taken to
// be over: feeds keep their entries.
//
// Entries are about what their titles and categories name: map a word of them
// to a service, or "*" for any entry.
package feed

import (
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is that of feeds.
func Format() listen.Format {
	return listen.Format{Ages: true, Read: func(bodies [][]byte, now time.Time) (listen.Document, error) { return Read(bodies[0], now) }}
}

const (
	staleAfter = 24 * time.Hour
	mostItems  = 200
	mostText   = 64 << 10 // bytes of an entry's text that are looked at
)

// Read makes sense of a feed at an instant.
func Read(body []byte, now time.Time) (listen.Document, error) {
	f, err := listen.ParseFeed(body)
	if err != nil {
		return listen.Document{}, err
	}
	var out listen.Document
	for _, it := range f.Items[:min(len(f.Items), mostItems)] {
		out.Titles = append(out.Titles, statements(it, now)...)
	}
	out.Page = listen.Worst(out.Titles, "no-open-entries")
	return out, nil
}

// statements are about an entry's title, and each of its categories.
func statements(it *gofeed.Item, now time.Time) []listen.Statement {
	s := listen.Statement{Component: it.Title}
	if s.Outcome, s.Status = state(it); s.Outcome == outcry.Bad && old(it, now) {
		s.Outcome, s.Status = outcry.Good, "old"
	}
	out := []listen.Statement{s}
	for _, c := range it.Categories {
		s.Component = c
		out = append(out, s)
	}
	return out
}

func old(it *gofeed.Item, now time.Time) bool {
	at := it.UpdatedParsed
	if at == nil || it.PublishedParsed != nil && it.PublishedParsed.After(*at) {
		at = it.PublishedParsed
	}
	return at != nil && now.Sub(*at) > staleAfter
}

var (
	overWords  = regexp.MustCompile(`(?i)\b(resolved|completed|mitigated|restored|recovered|closed|postmortem|fixed|all clear|operating normally|back to normal|service is operating normally)\b`)
	plansWords = regexp.MustCompile(`(?i)\b(scheduled|maintenance|planned|in progress|verifying)\b`)
	anyWords   = regexp.MustCompile(`(?i)\b(resolved|completed|mitigated|restored|recovered|closed|postmortem|all clear|operating normally|investigating|identified|monitoring|scheduled|in progress|verifying)\b`)
	tags       = regexp.MustCompile(`<[^>]*>`)
)

// state tells from an entry's words where it stands.
func state(it *gofeed.Item) (outcry.Outcome, string) {
	if overWords.MatchString(it.Title) {
		return outcry.Good, "over"
	}
	text := it.Content
	if text == "" {
		text = it.Description
	}
	text = text[:min(len(text), mostText)]
	word := strings.ToLower(anyWords.FindString(tags.ReplaceAllString(html.UnescapeString(text), " ")))
	switch {
	case overWords.MatchString(word):
		return outcry.Good, word
	case plansWords.MatchString(word) || plansWords.MatchString(it.Title):
		return outcry.Unknown, "maintenance"
	case word == "":
		return outcry.Bad, "entry"
	default:
		return outcry.Bad, word
	}
}
