package web

import "strings"

// codings are those of a client that we keep documents in.
type codings uint8

const (
	codingGzip codings = 1 << iota
	codingZstd
	codingBrotli
)

// accepts reads Accept-Encoding (RFC 9110, 12.5.3). It allocates nothing.
func accepts(headers []string) (c codings) {
	for _, h := range headers {
		c |= acceptsIn(h)
	}
	return c
}

func acceptsIn(header string) (c codings) {
	for header != "" {
		var part string
		part, header, _ = strings.Cut(header, ",")
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		switch {
		case refused(params):
		case coding == "br":
			c |= codingBrotli
		case coding == "zstd":
			c |= codingZstd
		case coding == "gzip" || coding == "x-gzip":
			c |= codingGzip
		}
	}
	return c
}

// refused reports whether a coding's weight is zero.
func refused(params string) bool {
	params = strings.TrimSpace(params)
	q, ok := strings.CutPrefix(params, "q=")
	return ok && strings.Trim(q, "0.") == "" && q != ""
}

// matches reports whether If-None-Match names the entity tag, by the weak
// comparison that the header asks for (RFC 9110, 13.1.2).
func matches(headers []string, etag string) bool {
	for _, h := range headers {
		if matchesIn(h, etag) {
			return true
		}
	}
	return false
}

func matchesIn(header, etag string) bool {
	opaque := strings.TrimPrefix(etag, "W/")
	for header != "" {
		var tag string
		tag, header, _ = strings.Cut(header, ",")
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == opaque {
			return true
		}
	}
	return false
}
