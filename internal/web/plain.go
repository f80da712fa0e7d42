package web

import "bytes"

// plain is a request for a document in the only shape that the front answers
// by itself. Its fields point into the bytes that were read.
type plain struct {
	path     []byte
	accept   []byte // Accept-Encoding
	match    []byte // If-None-Match
	host     []byte // Host
	language []byte // Accept-Language
	headOnly bool
}

var (
	headEnd   = []byte("\r\n\r\n")
	lineEnd   = []byte("\r\n")
	protocol  = []byte(" HTTP/1.1\r\n")
	methodGet = []byte("GET ")
	methodHd  = []byte("HEAD ")
)

// readPlain reads a whole request head, the empty line included. It is not ok,
// and the request is one for net/http, unless all of this holds: GET or HEAD;
// HTTP/1.1; a path in unreserved characters without a query; one Host; no body,
// upgrade, expectation or wish to close; no folded line, no control character,
// no header that is given twice. A head that passes means the same to
// net/http; a fuzz test holds the two against each other.
func readPlain(head []byte) (p plain, ok bool) {
	rest, get := bytes.CutPrefix(head, methodGet)
	if !get {
		if rest, p.headOnly = bytes.CutPrefix(head, methodHd); !p.headOnly {
			return p, false
		}
	}
	n := 0
	for n < len(rest) && pathByte(rest[n]) {
		n++
	}
	p.path = rest[:n]
	rest, ok = bytes.CutPrefix(rest[n:], protocol)
	if !ok || n == 0 || p.path[0] != '/' {
		return p, false
	}
	return p, p.readFields(rest)
}

// readFields reads the header lines up to the empty one.
func (p *plain) readFields(rest []byte) bool {
	hosts := 0
	for {
		end := bytes.Index(rest, lineEnd)
		if end < 0 {
			return false
		}
		if end == 0 {
			return len(rest) == len(lineEnd) && hosts == 1
		}
		line := rest[:end]
		rest = rest[end+len(lineEnd):]
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !printable(line[colon+1:]) {
			return false
		}
		value := bytes.Trim(line[colon+1:], " \t")
		if !p.readField(line[:colon], value, &hosts) {
			return false
		}
	}
}

// readField knows the header fields that matter to a finished document, and
// those that make a request more than plain. Lengths come first: most fields
// are told apart by them alone.
func (p *plain) readField(name, value []byte, hosts *int) bool {
	for _, c := range name {
		if !nameByte(c) {
			return false
		}
	}
	switch len(name) {
	case 4:
		if is(name, "host") {
			*hosts++
			p.host = value
			return len(value) > 0 && hostValue(value)
		}
	case 15:
		if is(name, "accept-encoding") {
			twice := p.accept != nil
			p.accept = value
			return !twice
		}
		if is(name, "accept-language") {
			twice := p.language != nil
			p.language = value
			return !twice
		}
	case 13:
		if is(name, "if-none-match") {
			twice := p.match != nil
			p.match = value
			return !twice
		}
		return !is(name, "authorization")
	case 10:
		if is(name, "connection") {
			return is(value, "keep-alive")
		}
	case 14:
		return !is(name, "content-length")
	case 17:
		return !is(name, "transfer-encoding")
	case 7:
		return !is(name, "upgrade") && !is(name, "trailer")
	case 6:
		return !is(name, "expect")
	}
	return true
}

// is compares without regard to case; want is in lower case.
func is(b []byte, want string) bool {
	if len(b) != len(want) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func pathByte(c byte) bool {
	return letterOrDigit(c) || c == '/' || c == '-' || c == '_' || c == '.'
}

func nameByte(c byte) bool { return letterOrDigit(c) || c == '-' || c == '_' }

func hostValue(b []byte) bool {
	for _, c := range b {
		if !letterOrDigit(c) && c != '-' && c != '.' && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
