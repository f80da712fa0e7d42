package feed_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/outcry/outcry/internal/listen/feed"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("one entry is open; others are over, planned or old", `<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom"><id>tag:x.example,2005:/history</id><title>X Status - Incident History</title><updated>2024-05-16T22:30:00Z</updated><entry><id>tag:x,2005:Incident/785</id><published>2024-05-16T22:00:00Z</published><updated>2024-05-16T22:00:00Z</updated><title>API errors</title><content type="html">&lt;p&gt;&lt;small&gt;May 16, 22:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look into it.&lt;/p&gt;</content></entry><entry><id>tag:x,2005:Incident/371</id><published>2024-05-16T20:00:00Z</published><updated>2024-05-16T20:00:00Z</updated><title>Web errors</title><content type="html">&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - Fixed.&lt;/p&gt;&lt;p&gt;&lt;small&gt;May 16, 22:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look into it.&lt;/p&gt;</content></entry><entry><id>tag:x,2005:Incident/338</id><published>2024-05-16T20:00:00Z</published><updated>2024-05-16T20:00:00Z</updated><title>Database maintenance</title><content type="html">&lt;p&gt;&lt;strong&gt;Scheduled&lt;/strong&gt; - We will replace a disk.&lt;/p&gt;</content></entry><entry><id>tag:x,2005:Incident/730</id><published>2024-05-10T20:00:00Z</published><updated>2024-05-10T20:00:00Z</updated><title>Mail is late</title><content type="html">&lt;p&gt;&lt;small&gt;May 16, 22:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look into it.&lt;/p&gt;</content></entry><entry><id>tag:x,2005:Incident/539</id><published>2024-05-16T20:00:00Z</published><updated>2024-05-16T20:00:00Z</updated><title>RESOLVED: Jobs</title><content type="html">&lt;p&gt;&lt;small&gt;May 16, 22:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look into it.&lt;/p&gt;</content></entry></feed>`, `bad *: investigating
bad ~ API errors: investigating
good ~ Web errors: resolved
unknown ~ Database maintenance: maintenance
good ~ Mail is late: old
good ~ RESOLVED: Jobs: over`),
		listentest.Page("an RSS feed with categories, whose entry does not say", `<?xml version="1.0"?><rss version="2.0"><channel><title>Azure Status</title><link>https://azure.status.microsoft/en-us/status/</link><description>x</description><item><title>Trouble</title><category>Mail</category><pubDate>Thu, 16 May 2024 22:00:00 GMT</pubDate><description>Something</description></item></channel></rss>`, `bad *: entry
bad ~ Trouble: entry
bad ~ Mail: entry`),
		listentest.Page("a JSON feed", `{"version":"https://jsonfeed.org/version/1.1","title":"X","items":[{"id":"1","title":"Mail is late","content_html":"<b>Monitoring</b>","date_published":"2024-05-16T22:00:00Z"}]}`, `bad *: monitoring
bad ~ Mail is late: monitoring`),
		listentest.Page("nothing has ever happened", `<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom"><id>tag:x.example,2005:/history</id><title>X Status - Incident History</title><updated>2024-05-16T22:30:00Z</updated></feed>`, `good *: no-open-entries`),
		listentest.Page("no title", `<rss version="2.0"><channel></channel></rss>`, ``),
		listentest.Page("cut off", `<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom"><id>tag:x.example,2005:/history</id><title>X Status - Incident History</title><updated>2024-05-16T22:30:00Z</updated><entry><id>tag:x,2005:Incident/785</id><published>2024-05-16T22:00:00Z</published><up`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("nothing", ``, ``),
		listentest.Page("another document", `{"a":1}`, ``),
	}
}

// wide writes a text in UTF-16 with its byte-order mark, as every reader of XML
// has to take it.
func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestReadUTF16(t *testing.T) {
	var all []listentest.Case
	for _, c := range cases() {
		text := strings.Replace(c.Bodies[0], `encoding="UTF-8"`, `encoding="UTF-16"`, 1)
		all = append(all, listentest.Page(c.Says+", in UTF-16BE", wide(text, binary.BigEndian), c.Want), listentest.Page(c.Says+", in UTF-16LE", wide(text, binary.LittleEndian), c.Want))
	}
	listentest.Run(t, feed.Format(), append(all, listentest.Page("UTF-16 that is cut off within a character", wide("<rss/>", binary.BigEndian)[:5], "")))
}

func TestRead(t *testing.T) { listentest.Run(t, feed.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, feed.Format(), cases()) }
