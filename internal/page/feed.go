package page

import (
	"encoding/xml"
	"html"
	"net/url"
	"slices"
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

// feedItem is one thing that the feeds tell.
type feedItem struct {
	id, path, title, story string
	published, updated     time.Time
	tags                   []string
}

// feeds gives the history as Atom (RFC 4287) and RSS 2.0, and what is planned. All
// text is plain; in RSS, whose readers take descriptions for HTML, it is that of
// an HTML text.
func (b *builder) feeds() []View {
	incidents := b.world.Incidents
	incidents = incidents[:min(len(incidents), feedEntries)]
	items := b.work()
	for i := range incidents {
		in := &incidents[i]
		items = append(items, feedItem{
			id: in.ID, path: incidentPath(in.ID), title: clean(in.Title, maxLine), story: b.story(in),
			published: in.PublishedAt.UTC(), updated: in.UpdatedAt.UTC(), tags: names(in.Services, b.shown),
		})
	}
	slices.SortStableFunc(items, func(x, y feedItem) int { return y.published.Compare(x.published) })
	return []View{
		{Path: "/history.atom", mediaType: typeAtom, data: b.atom(items)},
		{Path: "/history.rss", mediaType: typeRSS, data: b.rss(items)},
		b.jsonFeed(items), b.calendar(incidents),
	}
}

// work is the planned work that is not over, of each series the next. It has no
// document of its own: the overview tells of it.
func (b *builder) work() []feedItem {
	var out []feedItem
	seen := make(map[string]bool)
	for i := range b.world.Maintenances {
		m := &b.world.Maintenances[i]
		if !b.now.before(m.To) || seen[m.Series] || len(out) == feedEntries {
			continue
		}
		seen[m.Series] = m.Series != ""
		when := m.From.UTC().Format(time.RFC3339) + " – " + m.To.UTC().Format(time.RFC3339) + ": " + list(names(m.Services, b.shown))
		out = append(out, feedItem{
			id: "maintenance-" + m.ID, path: "/#maintenance-" + url.PathEscape(m.ID), title: "Planned maintenance: " + clean(m.Title, maxLine),
			story: strings.TrimSpace(when + "\n\n" + prose(m.Body)), published: m.CreatedAt.UTC(), updated: m.UpdatedAt.UTC(),
			tags: names(m.Services, b.shown),
		})
	}
	return out
}

func (b *builder) atom(items []feedItem) atomFeed {
	f := atomFeed{
		ID: b.opt.URL + "/history", Title: b.opt.Name + ": incidents", Author: b.opt.Name,
		Links: []atomLink{{"self", string(typeAtom), b.opt.URL + "/history.atom"}, {"alternate", "text/html", b.opt.URL + "/history"}},
	}
	changed := time.Unix(0, 0)
	for _, item := range items {
		changed = later(item.updated, changed)
		f.Entries = append(f.Entries, atomEntry{
			ID: b.opt.URL + item.path, Title: item.title, Published: item.published.Format(time.RFC3339),
			Updated: item.updated.Format(time.RFC3339), Link: atomLink{Rel: "alternate", Href: b.opt.URL + item.path},
			Content: atomText{"text", item.story},
		})
	}
	f.Updated = changed.UTC().Format(time.RFC3339)
	return f
}

func (b *builder) rss(items []feedItem) rssFeed {
	f := rssFeed{Version: "2.0"}
	f.Channel.Title, f.Channel.Link = rssTitle(b.opt.Name)+": incidents", b.opt.URL+"/history"
	f.Channel.Description = "Incidents and their updates"
	for _, item := range items {
		address := b.opt.URL + item.path
		f.Channel.Items = append(f.Channel.Items, rssItem{
			Title: rssTitle(item.title), Link: address, Description: strings.ReplaceAll(html.EscapeString(item.story), "\n", "<br>\n"),
			PubDate: item.published.Format(time.RFC1123Z), GUID: rssGUID{true, address},
		})
	}
	return f
}

// rssTitle is a title that is the same text to readers who take it for HTML and
// to those who do not: RSS 2.0 leaves it open, so it has no brackets.
func rssTitle(text string) string {
	return strings.NewReplacer("<", "‹", ">", "›").Replace(text)
}

// story is an incident's updates as plain text, newest first.
func (b *builder) story(in *outcry.Incident) string {
	said := b.said(in)
	out := make([]string, 0, len(said))
	for i := len(said) - 1; i >= 0; i-- {
		u := &in.Updates[i]
		out = append(out, stateWord(u.State)+", "+b.moment(u.At).ISO+": "+said[i])
	}
	return strings.Join(out, "\n\n")
}
