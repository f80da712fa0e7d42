package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/outcry/outcry/internal/page"
)

// How long others may keep what we send. Pages are asked for again each time
// (the answer is mostly 304); a cache in front may answer for two seconds by
// itself, and for a day when we do not answer at all.
const (
	cachePage    = "public, max-age=0, s-maxage=2, stale-while-revalidate=10, stale-if-error=86400"
	cachePrivate = "private, no-cache"
	cacheHour    = "public, max-age=3600"
	cacheDay     = "public, max-age=86400"
	cacheForEver = "public, max-age=31536000, immutable"
)

// held is a document ready to be written: every header value is made
// beforehand and shared by all responses, none of which changes it.
type held struct {
	doc    *page.Document
	kind   docKind
	people bool // a page, which there is in other languages too
	vary   []string
	thanks func() *held // variant that thanks for a report; nil where there is none

	etag                       string
	etagV, typeV, cacheV, modV []string
	policyV                    []string
	lengthV, gzipLengthV       []string

	step    uint64                  // of its site's changes, that made it
	deltas  []delta                 // that led to it, oldest first
	forgot  uint64                  // step of the newest change that is remembered no more
	told    atomic.Pointer[telling] // the last of what listeners were sent
	private bool                    // not for everybody, or not for long
	images  [forms]image            // whole responses, for the front
}

// Header values that all documents share.
var (
	valueVary     = []string{"Accept-Encoding"}
	valueVaryPage = []string{"Accept-Encoding, Accept-Language"}
	valueGzip     = []string{"gzip"}
	valueBrotli   = []string{"br"}
	valueZstd     = []string{"zstd"}
	valueNoSniff  = []string{"nosniff"}
	valueReferrer = []string{"strict-origin-when-cross-origin"}
	valueFeatures = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"}
	valueOpener   = []string{"same-origin"}
	valueClose    = []string{"close"}
	valueAnyone   = []string{"*"}
	valueNothing  = []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}
)

func hold(d *page.Document, thanks func() *held, policy, cache string) *held {
	h := &held{doc: d, kind: kindOf(d.Path), thanks: thanks, etag: `W/"` + d.Version + `"`}
	h.etagV, h.typeV, h.cacheV = []string{h.etag}, []string{d.ContentType}, []string{cache}
	h.modV = []string{d.ModTime.UTC().Format(http.TimeFormat)}
	h.lengthV = []string{strconv.Itoa(len(d.Body))}
	h.gzipLengthV = []string{strconv.Itoa(len(d.Gzip))}
	if h.policyV = valueNothing; policy != "" {
		h.policyV = []string{policy}
	}
	h.vary = valueVary
	if h.people = strings.HasPrefix(d.ContentType, "text/html"); h.people {
		h.vary = valueVaryPage
	}
	h.private = cache == cachePrivate
	for i := range h.images {
		h.images[i].form = form(i)
	}
	return h
}

// serve answers GET and HEAD, and gives the status.
//
// The header map is filled directly: Set would make a slice for every value of
// every response.
func (h *held) serve(w http.ResponseWriter, r *http.Request) int {
	if h.thanks != nil && strings.Contains(r.URL.RawQuery, "thanks=1") {
		if t := h.thanks(); t != nil {
			h = t
		}
	}
	hdr := w.Header()
	h.fill(hdr)
	if match := r.Header["If-None-Match"]; match != nil && matches(match, h.etag) {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	body := h.content(hdr, h.choose(accepts(r.Header["Accept-Encoding"])))
	if r.Method == http.MethodHead {
		return http.StatusOK
	}
	_, _ = w.Write(body) // a visitor who has gone away is nobody's fault
	return http.StatusOK
}

// fill sets what a document's every answer says, 304 included.
func (h *held) fill(hdr http.Header) {
	hdr["Etag"], hdr["Cache-Control"], hdr["Last-Modified"], hdr["Vary"] = h.etagV, h.cacheV, h.modV, h.vary
	hdr["Content-Security-Policy"], hdr["X-Content-Type-Options"] = h.policyV, valueNoSniff
	hdr["Referrer-Policy"], hdr["Permissions-Policy"] = valueReferrer, valueFeatures
	if h.kind <= kindHistory {
		hdr["Cross-Origin-Opener-Policy"] = valueOpener
	} else if !h.private {
		hdr["Access-Control-Allow-Origin"] = valueAnyone // what every stranger may read anyway
	}
}

// choose picks the smallest form that the client reads.
func (h *held) choose(c codings) form {
	switch {
	case h.doc.Gzip == nil:
		return formWhole
	case c&codingBrotli != 0 && h.doc.Brotli() != nil:
		return formBrotli
	case c&codingZstd != 0 && h.doc.Zstd() != nil:
		return formZstd
	case c&codingGzip != 0:
		return formGzip
	default:
		return formWhole
	}
}

// content gives a form's bytes and sets what describes them.
func (h *held) content(hdr http.Header, f form) []byte {
	hdr["Content-Type"] = h.typeV
	switch f {
	case formBrotli:
		b := h.doc.Brotli()
		hdr["Content-Encoding"], hdr["Content-Length"] = valueBrotli, []string{strconv.Itoa(len(b))}
		return b
	case formZstd:
		b := h.doc.Zstd()
		hdr["Content-Encoding"], hdr["Content-Length"] = valueZstd, []string{strconv.Itoa(len(b))}
		return b
	case formGzip:
		hdr["Content-Encoding"], hdr["Content-Length"] = valueGzip, h.gzipLengthV
		return h.doc.Gzip
	default:
		hdr["Content-Length"] = h.lengthV
		return h.doc.Body
	}
}
