package page

import "time"

// jsonFeed is JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).
type jsonFeed struct {
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	HomePageURL string     `json:"home_page_url,omitempty"`
	FeedURL     string     `json:"feed_url,omitempty"`
	Language    string     `json:"language"`
	Items       []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string   `json:"id"`
	URL       string   `json:"url,omitempty"`
	Title     string   `json:"title"`
	Text      string   `json:"content_text"`
	Published string   `json:"date_published"`
	Modified  string   `json:"date_modified"`
	Tags      []string `json:"tags,omitempty"`
}

func (b *builder) jsonFeed(items []feedItem) View {
	f := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: b.opt.Name + ": incidents", Language: b.Code, Items: []jsonItem{}}
	if b.opt.URL != "" {
		f.HomePageURL, f.FeedURL = b.opt.URL+"/history", b.opt.URL+"/history.json"
	}
	for _, x := range items {
		item := jsonItem{
			ID: x.id, Title: x.title, Text: x.story, Tags: x.tags,
			Published: x.published.Format(time.RFC3339), Modified: x.updated.Format(time.RFC3339),
		}
		if b.opt.URL != "" {
			item.URL = b.opt.URL + x.path
		}
		f.Items = append(f.Items, item)
	}
	return View{Path: "/history.json", mediaType: typeJSONFeed, data: f}
}
