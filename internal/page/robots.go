package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Robots tells search engines what is not for them: of a page behind a password
// all, of others what is of the moment or one visitor's own. Where the site knows
// its address, it leads to the sitemap.
func (r *Renderer) Robots() (*Document, error) {
	text := "User-agent: *\nDisallow: /events\nDisallow: /search\nDisallow: /s/*/you\n"
	switch {
	case r.opt.Private:
		text = "User-agent: *\nDisallow: /\n"
	case r.opt.URL != "":
		text += "Sitemap: " + r.opt.URL + "/sitemap.xml\n"
	}
	sum := sha256.Sum256([]byte(text))
	return NewDocument("/robots.txt", base64.RawURLEncoding.EncodeToString(sum[:9]), "text/plain; charset=utf-8", time.Unix(0, 0), []byte(text))
}

// maxSitemap is how many addresses a sitemap may have (sitemaps.org/protocol.html).
const maxSitemap = 50_000

type sitemap struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Location string `xml:"loc"`
}

// Sitemap lists pages of the site by their paths, for search engines. ok is false
// where there is none: the site does not know its address, or is not for
// strangers. Wall screens and widgets show nothing that the pages do not.
func (r *Renderer) Sitemap(paths []string) (body []byte, ok bool, err error) {
	if r.opt.Private || r.opt.URL == "" {
		return nil, false, nil
	}
	paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		return strings.HasPrefix(p, "/kiosk") || strings.HasPrefix(p, "/widget")
	})
	slices.Sort(paths)
	var m sitemap
	for _, p := range paths[:min(len(paths), maxSitemap)] {
		m.URLs = append(m.URLs, sitemapURL{r.opt.URL + p})
	}
	if body, err = xml.Marshal(m); err != nil {
		return nil, false, fmt.Errorf("write the sitemap: %w", err)
	}
	return append(bytes.Clone([]byte(xml.Header)), body...), true, nil
}
