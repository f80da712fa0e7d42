// Package azure reads the RSS feed of Azure's status page,
// https://azure.status.microsoft/en-us/status/feed/: its entries are what is
// going on, and it is empty when nothing is.
//
// Entries are about what their titles and categories name, such as a service
// and a region.
package azure

import (
	"regexp"

	"github.com/mmcdole/gofeed"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is Azure's. The address is the feed's.
func Format() listen.Format { return listen.Single(Read) }

var over = regexp.MustCompile(`(?i)\b(mitigated|resolved|recovered)\b`)

// Read makes sense of the feed.
func Read(body []byte) (listen.Document, error) {
	f, err := listen.ParseFeed(body)
	if err != nil {
		return listen.Document{}, err
	}
	var out listen.Document
	for _, it := range f.Items {
		out.Titles = append(out.Titles, statements(it)...)
	}
	out.Page = listen.Worst(out.Titles, "no-entries")
	return out, nil
}

func statements(it *gofeed.Item) []listen.Statement {
	s := listen.Statement{Component: it.Title, Outcome: outcry.Bad, Status: "active"}
	if over.MatchString(it.Title) {
		s.Outcome, s.Status = outcry.Good, "mitigated"
	}
	out := []listen.Statement{s}
	for _, c := range it.Categories {
		s.Component = c
		out = append(out, s)
	}
	return out
}
