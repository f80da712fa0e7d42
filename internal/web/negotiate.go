package web

import "strings"

// accepts reads Accept-Encoding (RFC 9110, 12.5.3) for the two codings that we
// keep. It allocates nothing.
func accepts(headers []string) (gzip, br bool) {
	for _, h := range headers {
		for h != "" {
			var part string
			part, h, _ = strings.Cut(h, ",")
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
	opaque := strings.TrimPrefix(etag, "W/")
	for _, h := range headers {
		for h != "" {
			var tag string
			tag, h, _ = strings.Cut(h, ",")
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == opaque {
				return true
			}
		}
	}
	return false
}
