package web

import "strings"

// accepts reads Accept-Encoding (RFC 9110, 12.5.3) for the two codings that we
// keep. It allocates nothing.
func accepts(headers []string) (gzip, br bool) {
	for _, h := range headers {
		g, b := acceptsIn(h)
		gzip, br = gzip || g, br || b
	}
	return gzip, br
}

func acceptsIn(header string) (gzip, br bool) {
	for header != "" {
		var part string
		part, header, _ = strings.Cut(header, ",")
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		switch {
		case refused(params):
		case coding == "br":
			br = true
		case coding == "gzip" || coding == "x-gzip":
			gzip = true
		}
	}
	return gzip, br
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
