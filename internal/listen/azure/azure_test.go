package azure_test

import (
	"testing"

	"github.com/outcry/outcry/internal/listen/azure"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("all is well", `<?xml version="1.0"?><rss version="2.0"><channel><title>Azure Status</title><link>https://azure.status.microsoft/en-us/status/</link><description>x</description></channel></rss>`, `good *: no-entries`),
		listentest.Page("what is listed goes on, unless its title says otherwise", `<?xml version="1.0"?><rss version="2.0"><channel><title>Azure Status</title><link>https://azure.status.microsoft/en-us/status/</link><description>x</description><item><title>Azure Front Door - West Europe - Investigating</title><category>Azure Front Door</category><category>West Europe</category><description>x</description><pubDate>Thu, 16 May 2024 22:00:00 Z</pubDate></item><item><title>Storage - Mitigated</title></item></channel></rss>`, `bad *: active
bad ~ Azure Front Door - West Europe - Investigating: active
bad ~ Azure Front Door: active
bad ~ West Europe: active
good ~ Storage - Mitigated: mitigated`),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("nothing", ``, ``),
		listentest.Page("cut off", `<?xml version="1.0"?><rss version="2.0"><channel><title>Azure Status</title><link>https://azure.status.microsoft/en-us/s`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, azure.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, azure.Format(), cases()) }
