package web

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/outcry/outcry/internal/page"
)

// Bounds of what a page remembers of its changes, for those who come back: a
// few minutes of a busy page. Whoever has missed more fetches it whole.
const (
	keptDeltas     = 32
	keptDeltaBytes = 256 << 10
)

// delta is one change of a page, as its listeners are told.
type delta struct {
	from, to string // versions, without the mark of a translation
	step     uint64 // in which it came to be
	event    string // as it goes over the line; empty: so much has changed that the page is fetched
}

// original is the version of which a translation's is.
func original(version string) string {
	version, _, _ = strings.Cut(version, ".")
	return version
}

// follow makes a document the next version of another, and remembers by what
// they differ. What is no page for people is always fetched.
func (h *held) follow(old *held) {
	if old == nil || !h.people || !old.people {
		return
	}
	d := delta{from: original(old.doc.Version), to: original(h.doc.Version), step: h.step}
	if d.event = between(old.doc, h.doc, &d); len(d.event) > len(h.doc.Body)/2 {
		d.event = ""
	}
	h.deltas, h.forgot = append(h.deltas, old.deltas...), old.forgot
	h.deltas = append(h.deltas, d)
	size := 0
	for i := len(h.deltas) - 1; i >= 0; i-- {
		if size += len(h.deltas[i].event); size > keptDeltaBytes || len(h.deltas)-i > keptDeltas {
			h.forgot = h.deltas[i].step
			h.deltas = append([]delta(nil), h.deltas[i+1:]...)
			return
		}
	}
}

func between(old, next *page.Document, d *delta) string {
	var b bytes.Buffer
	err := json.NewEncoder(&b).Encode(struct {
		Page    string `json:"page"`
		From    string `json:"from"`
		Version string `json:"version"`
		page.Change
	}{next.Path, d.from, d.to, page.Changes(old, next)})
	if err != nil {
		return "" // then it is fetched
	}
	return "event: delta\ndata: " + b.String() + "\n" // the encoder ends a line, too
}

// since gives the changes that lead from a version to this one; ok is false when
// that is not known any more, or one of them is too large to be told. A version
// that came back, as of a service that flaps, leads on from its last time.
func (h *held) since(version string) (path []delta, ok bool) {
	for i := len(h.deltas) - 1; i >= 0 && h.deltas[i].event != ""; i-- {
		if h.deltas[i].from == version {
			return h.deltas[i:], true
		}
	}
	return nil, false
}

// versionAt gives the version that the page had after a step; empty: not known.
func (h *held) versionAt(step uint64) string {
	for i := range h.deltas {
		if h.deltas[i].step > step {
			if i == 0 && step < h.forgot {
				return ""
			}
			return h.deltas[i].from
		}
	}
	if h.step <= step {
		return original(h.doc.Version)
	}
	return ""
}
