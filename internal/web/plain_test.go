package web

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

func TestReadPlain(t *testing.T) {
	for _, c := range []struct {
		name, head string
		ok         bool
	}{
		{"a browser's request", "GET /s/imessage HTTP/1.1\r\nHost: status.example.org:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\nAccept-Encoding: gzip, br\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n\r\n", true},
		{"HEAD", "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n", true},
		{"another method", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", false},
		{"a query", "GET /?a HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"an escaped path", "GET /%2e HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"an absolute address", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"no host", "GET / HTTP/1.1\r\n\r\n", false},
		{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", false},
		{"a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", false},
		{"a chunked body", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", false},
		{"an upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", false},
		{"a wish to close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"an expectation", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", false},
		{"a folded line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", false},
		{"a blank before the colon", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", false},
		{"a bare line feed", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", false},
		{"a zero byte", "GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", false},
		{"a coding given twice", "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nAccept-Encoding: br\r\n\r\n", false},
		{"a credential", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := readPlain([]byte(c.head)); ok != c.ok {
				t.Errorf("plain: %v, want %v", ok, c.ok)
			}
		})
	}
}

// FuzzReadPlain holds the front's reader against net/http's: whatever it takes
// for plain is a request to net/http too, for the same thing and without a body.
func FuzzReadPlain(f *testing.F) {
	f.Add("GET /s/imessage HTTP/1.1\r\nHost: x:1\r\nAccept-Encoding: gzip\r\nIf-None-Match: W/\"a\"\r\n\r\n")
	f.Add("HEAD / HTTP/1.1\r\nHost: [::1]\r\nconnection: keep-alive\r\nA:\t b \r\n\r\n")
	f.Add("GET // HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
	f.Fuzz(func(t *testing.T, head string) {
		end := strings.Index(head, "\r\n\r\n")
		if end < 0 {
			return
		}
		p, ok := readPlain([]byte(head[:end+4]))
		if !ok {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			t.Fatalf("%q is plain to us, and to net/http: %v", head, err)
		}
		same := r.URL.Path == string(p.path) || strings.HasPrefix(string(p.path), "//") // such a path names no document
		if !same || r.ContentLength != 0 || r.Close || len(r.TransferEncoding) > 0 || (r.Method == http.MethodHead) != p.headOnly ||
			r.Header.Get("Accept-Encoding") != string(p.accept) || r.Header.Get("If-None-Match") != string(p.match) {
			t.Errorf("%q: we read %q %v, net/http %s %q", head, p.path, p.headOnly, r.Method, r.URL.Path)
		}
	})
}
