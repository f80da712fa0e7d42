package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// heardAtOnce is how many documents one stream may be about.
const heardAtOnce = 32

// events serves GET /events?page=PATH&have=VERSION, both repeated for several
// documents. Of a page it tells the parts that have changed (an event "delta"),
// in the language that the page itself would be served in; of a JSON document,
// and of a page of which the client has too old a version or none, only the new
// version (an event "page"): the client fetches it from whatever cache is nearest.
//
// On a reconnect Last-Event-ID takes the place of have. An id of another
// process, or of this one's former life, says nothing about steps: then all are
// told of by their versions, and the client sees which it has.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	at := s.at(r)
	docs, err := at.heard(r.URL.Query()["page"])
	if err != nil {
		return err
	}
	if s.room.crowded() {
		return errFull()
	}
	places := make([]place, 0, len(docs))
	for _, h := range docs {
		places = append(places, place{at.host, h.doc.Path})
	}
	l := &line{s: s, at: at, places: places, have: make([]string, len(docs))}
	l.lang, l.asked = at.language(r)
	copy(l.have, r.URL.Query()["have"])
	l.resume(docs, r.Header.Get("Last-Event-ID"))
	if err := s.hub.join(l); err != nil {
		return err
	}
	if err := l.take(w); err != nil {
		s.hub.leave(l)
		return err
	}
	return nil
}

// heard finds the documents that a stream is to be about, each once.
func (s *site) heard(paths []string) ([]*held, error) {
	if len(paths) > heardAtOnce {
		return nil, outcry.FieldErrorf("page", "is given more than %d times", heardAtOnce)
	}
	docs := make([]*held, 0, len(paths))
	for _, p := range paths {
		h := s.get(p)
		if h == nil || h.kind > kindAPI {
			return nil, outcry.Errorf(outcry.CodeNotFound, "there is no such page to listen to")
		}
		if slices.Contains(docs, h) {
			return nil, outcry.FieldErrorf("page", "names the same page twice")
		}
		docs = append(docs, h)
	}
	if len(docs) == 0 {
		return nil, outcry.Errorf(outcry.CodeNotFound, "there is no such page to listen to")
	}
	return docs, nil
}

// resume takes up what a client had when it saw the event of this id.
func (l *line) resume(docs []*held, id string) {
	life, number, ok := strings.Cut(id, "-")
	step, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil || life != l.s.life {
		return
	}
	for i, h := range docs {
		l.have[i] = l.at.in(h, l.lang, l.asked).versionAt(step) // have is of an earlier time than the id
	}
}
