package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/hostile"
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

// TestHostileTextStaysText writes each hostile text into every field that
// somebody else can fill, and reads every document as its readers would.
func TestHostileTextStaysText(t *testing.T) {
	for _, v := range hostile.Values() {
		t.Run(v.Says, func(t *testing.T) {
			for path, d := range documents(t, pagetest.Filled(v.Text)) {
				for _, finding := range hostile.Inspect(d.ContentType, d.Body) {
					t.Errorf("%s: %s", path, finding)
				}
			}
		})
	}
}

// TestNothingForeign holds every page to its own policy: no address elsewhere, no
// script but the one file and the one of which the policy has the hash, no style
// but the one sheet.
func TestNothingForeign(t *testing.T) {
	policy := renderer(t).Policy()
	for path, d := range documents(t, pagetest.World(pagetest.Outage)) {
		if !strings.HasPrefix(d.ContentType, "text/html") {
			continue
		}
		scripts, styles := 0, 0
		each(parse(t, d), "", func(n *html.Node) {
			switch n.Data {
			case "script":
				scripts++
				if n.FirstChild != nil && !strings.Contains(policy, "script-src 'self' '"+hashOf(n.FirstChild.Data)+"';") {
					t.Errorf("%s has a script that its policy does not know", path)
				}
				if n.FirstChild == nil && attr(n, "integrity") == "" {
					t.Errorf("%s has a script without source or integrity", path)
				}
			case "style":
				styles++
			}
			for _, key := range []string{"src", "href", "action", "poster", "data", "srcset"} {
				checkOwn(t, path, n, attr(n, key))
			}
		})
		if scripts != 2 && !strings.HasPrefix(path, "/widget") || styles != 1 {
			t.Errorf("%s has %d scripts and %d style sheets", path, scripts, styles)
		}
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func checkOwn(t *testing.T, path string, n *html.Node, ref string) {
	t.Helper()
	if ref == "" || strings.HasPrefix(ref, "#") || strings.HasPrefix(ref, "?lang=") || strings.HasPrefix(ref, "data:image/svg+xml,") {
		return
	}
	if u, err := url.Parse(ref); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") {
		t.Errorf("%s refers to %q in <%s>", path, ref, n.Data)
	}
}
