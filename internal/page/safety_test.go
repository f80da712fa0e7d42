package page_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// TestPrivateIsNowhere looks for a private service's name and ID in every byte
// of every document.
func TestPrivateIsNowhere(t *testing.T) {
	w := worldAt(pagetest.Outage, func(w *page.World) {
		in := &w.Incidents[len(w.Incidents)-1]
		in.Services = append(in.Services, pagetest.PrivateID)
		in.Title += " and " + pagetest.PrivateName
		in.Headline += " " + pagetest.PrivateName
		in.Evidence = append(in.Evidence, outcry.Evidence{Stream: "probe", Nats: 3, Words: "checks of " + pagetest.PrivateName + " fail"})
		in.Updates[0].Body = pagetest.PrivateName + " is failing"
		in.Updates = append(in.Updates, outcry.Update{ID: "n", Body: "to the team: " + pagetest.PrivateName, Author: "Mara"})
		w.Pages = []page.Page{{ID: "all", Title: "All"}, {ID: "inside", Title: pagetest.PrivateName, Services: []string{pagetest.PrivateID}}}
	})
	docs := documents(t, w)
	for path, d := range docs {
		for _, secret := range []string{pagetest.PrivateName, "Zugzwang", pagetest.PrivateID, "never published"} {
			if strings.Contains(string(d.Body), secret) || strings.Contains(path, secret) {
				t.Errorf("%s gives %q away", path, secret)
			}
		}
	}
	if docs["/s/"+pagetest.PrivateID] != nil || docs["/p/inside"] != nil {
		t.Error("a private service or page has a document")
	}
	if got := words(parse(t, docs["/incidents/2024-0516-imsg"])); !strings.Contains(got, "Problem with Messages for Business, FaceTime, HomeKit and iMessage") {
		t.Errorf("the shared incident has lost its public part: %s", got)
	}
}

// hostile is written into every field that somebody else can fill.
const hostile = "\"'><script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>\u202eevil\u2066\x00\x1b[31m\u200b{{.}}\r\nSet-Cookie: a=b"

func hostileWorld() page.World {
	return worldAt(pagetest.Outage, func(w *page.World) {
		for i := range w.Services {
			s := &w.Services[i]
			s.Name, s.Group, s.Description, s.Advice = hostile, hostile, hostile, hostile
			s.Service.Symptoms = []outcry.Symptom{{ID: hostile, Name: hostile}}
			s.Symptoms, s.Regions, s.Carriers = []page.Share{{Key: hostile, Count: 1}}, []page.Share{{Key: hostile, Count: 1}}, []page.Share{{Key: hostile, Count: 2}}
			s.Probes = []page.Probe{{Vantage: hostile, Reason: hostile, Outcome: outcry.Bad}}
			s.Bulletins = []page.Bulletin{{Source: hostile, Words: hostile}}
		}
		for i := range w.Incidents {
			in := &w.Incidents[i]
			in.Title, in.Headline, in.Cause = hostile, hostile, hostile
			in.Evidence = []outcry.Evidence{{Stream: hostile, Words: hostile, Nats: 1}}
			in.Affected = outcry.Affected{Regions: []string{hostile}, Carriers: []string{hostile}, Symptoms: []string{hostile}, Versions: []string{hostile}}
			for j := range in.Updates {
				in.Updates[j].Body, in.Updates[j].Author = hostile, hostile
			}
		}
		w.Pages = []page.Page{{ID: "all", Title: hostile}}
	})
}

func TestHostileTextStaysText(t *testing.T) {
	for path, d := range documents(t, hostileWorld()) {
		for _, bad := range []string{"\u202e", "\u2066", "\u200b", "\x00", "\x1b"} {
			if strings.Contains(string(d.Body), bad) {
				t.Errorf("%s holds the character %q", path, bad)
			}
		}
		if !strings.HasPrefix(d.ContentType, "text/html") {
			continue
		}
		each(parse(t, d), "", func(n *html.Node) {
			if n.Data == "img" || n.Data == "script" && attr(n, "src") == "" {
				t.Errorf("%s has grown a <%s>", path, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s has an attribute %s on <%s>", path, a.Key, n.Data)
				}
			}
		})
	}
}

// TestNothingForeign holds every page to its own policy: no address elsewhere,
// no script but the one file, no style but the one sheet.
func TestNothingForeign(t *testing.T) {
	for path, d := range documents(t, pagetest.World(pagetest.Outage)) {
		if !strings.HasPrefix(d.ContentType, "text/html") {
			continue
		}
		scripts, styles := 0, 0
		each(parse(t, d), "", func(n *html.Node) {
			switch n.Data {
			case "script":
				scripts++
				if n.FirstChild != nil || attr(n, "integrity") == "" {
					t.Errorf("%s has a script without source or integrity", path)
				}
			case "style":
				styles++
			}
			for _, key := range []string{"src", "href", "action", "poster", "data", "srcset"} {
				checkOwn(t, path, n, attr(n, key))
			}
		})
		if scripts != 1 || styles != 1 {
			t.Errorf("%s has %d scripts and %d style sheets", path, scripts, styles)
		}
	}
}

func checkOwn(t *testing.T, path string, n *html.Node, ref string) {
	t.Helper()
	if ref == "" || strings.HasPrefix(ref, "#") || strings.HasPrefix(ref, "data:image/svg+xml,") {
		return
	}
	if u, err := url.Parse(ref); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") {
		t.Errorf("%s refers to %q in <%s>", path, ref, n.Data)
	}
}
