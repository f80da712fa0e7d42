package page

import (
	"encoding/xml"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// feedEntries bounds the feeds to the incidents that a reader still wants.
const feedEntries = 25

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed" json:"-"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Link      atomLink `xml:"link"`
	Content   atomText `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

type rssFeed struct {
	XMLName xml.Name `xml:"rss" json:"-"`
	Version string   `xml:"version,attr"`
	Channel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Items       []rssItem `xml:"item"`
	} `xml:"channel"`
}

type rssItem struct {
	Title       string  `xml:"title"`
	Link        string  `xml:"link"`
	Description string  `xml:"description"`
	PubDate     string  `xml:"pubDate"`
	GUID        rssGUID `xml:"guid"`
}

type rssGUID struct {
	PermaLink bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

// feeds gives the history as Atom (RFC 4287) and RSS 2.0. All text is plain.
func (b *builder) feeds() []View {
	incidents := b.world.Incidents
	incidents = incidents[:min(len(incidents), feedEntries)]
	return []View{
		{Path: "/history.atom", mediaType: typeAtom, data: b.atom(incidents)},
		{Path: "/history.rss", mediaType: typeRSS, data: b.rss(incidents)},
	}
}

func (b *builder) atom(incidents []outcry.Incident) atomFeed {
	f := atomFeed{
		ID: b.opt.URL + "/history", Title: b.opt.Name + ": incidents", Author: b.opt.Name,
		Links: []atomLink{{"self", string(typeAtom), b.opt.URL + "/history.atom"}, {"alternate", "text/html", b.opt.URL + "/history"}},
	}
	changed := time.Unix(0, 0)
	for i := range incidents {
		in := &incidents[i]
		changed = later(in.UpdatedAt, changed)
		f.Entries = append(f.Entries, atomEntry{
			ID: b.opt.URL + incidentPath(in.ID), Title: clean(in.Title, maxLine), Published: in.PublishedAt.UTC().Format(time.RFC3339),
			Updated: in.UpdatedAt.UTC().Format(time.RFC3339), Link: atomLink{Rel: "alternate", Href: b.opt.URL + incidentPath(in.ID)},
			Content: atomText{"text", b.story(in)},
		})
	}
	f.Updated = changed.UTC().Format(time.RFC3339)
	return f
}

func (b *builder) rss(incidents []outcry.Incident) rssFeed {
	f := rssFeed{Version: "2.0"}
	f.Channel.Title, f.Channel.Link = b.opt.Name+": incidents", b.opt.URL+"/history"
	f.Channel.Description = "Incidents and their updates"
	for i := range incidents {
		in := &incidents[i]
		url := b.opt.URL + incidentPath(in.ID)
		f.Channel.Items = append(f.Channel.Items, rssItem{
			Title: clean(in.Title, maxLine), Link: url, Description: b.story(in),
			PubDate: in.PublishedAt.UTC().Format(time.RFC1123Z), GUID: rssGUID{true, url},
		})
	}
	return f
}

// story is an incident's updates as plain text, newest first.
func (b *builder) story(in *outcry.Incident) string {
	var out []string
	for _, u := range b.updates(in) {
		out = append(out, u.State+", "+u.At.ISO+": "+strings.Join(u.Paragraphs, "\n"))
	}
	return strings.Join(out, "\n\n")
}
