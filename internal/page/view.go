package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// View is all that one document says, and nothing that it does not say.
type View struct {
	Path    string   // the document's URL path
	Aliases []string // further paths of the same document
	// Version names the content: equal versions say the same.
	Version  string
	template string // of an HTML document
	title    string
	data     any // to the template, or the JSON or XML document itself
	mediaType
}

type mediaType string

const (
	typeHTML mediaType = "text/html; charset=utf-8"
	typeJSON mediaType = "application/json; charset=utf-8"
	typeAtom mediaType = "application/atom+xml; charset=utf-8"
	typeRSS  mediaType = "application/rss+xml; charset=utf-8"
)

// seal hashes the view together with the design's fingerprint, so that a new
// release renders everything anew.
func (v View) seal(fingerprint string) (View, error) {
	data, err := json.Marshal(v.data)
	if err != nil {
		return v, fmt.Errorf("hash the view of %s: %w", v.Path, err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", fingerprint, v.Path, v.template, v.mediaType)
	h.Write(data)
	v.Version = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
	return v, nil
}

// Thanked gives the variant of a service's page that thanks for a report; ok
// is false for any other view.
func (v View) Thanked() (View, bool) {
	s, ok := v.data.(serviceView)
	if !ok {
		return View{}, false
	}
	s.Thanks = true
	v.data = s
	v.Version += "t"
	return v, true
}

// Views gives the view of every document of the world.
func (r *Renderer) Views(w World) ([]View, error) {
	b := newBuilder(r.opt, w)
	views := b.overviews()
	for _, s := range b.standings {
		views = append(views, b.service(s))
	}
	for i := range b.world.Incidents {
		views = append(views, b.incident(&b.world.Incidents[i]))
	}
	views = append(views, b.histories()...)
	views = append(views, b.statuspage()...)
	views = append(views, b.feeds()...)
	views = append(views, b.serviceViews()...)
	for i := range views {
		var err error
		if views[i], err = views[i].seal(r.fingerprint); err != nil {
			return nil, err
		}
	}
	return views, nil
}
