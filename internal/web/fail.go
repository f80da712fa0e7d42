package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// handler answers, or says why it could not.
type handler func(http.ResponseWriter, *http.Request) error

// errorBody is what the API answers with when it fails.
type errorBody struct {
	Error struct {
		Code      outcry.Code `json:"code"`
		Field     string      `json:"field,omitempty"`
		Message   string      `json:"message"`
		RequestID string      `json:"request_id,omitempty"`
	} `json:"error"`
}

// statusOf is the one mapping from codes to HTTP.
func statusOf(c outcry.Code) int {
	switch c {
	case outcry.CodeInvalid:
		return http.StatusBadRequest
	case outcry.CodeUnauthorized:
		return http.StatusUnauthorized
	case outcry.CodeForbidden:
		return http.StatusForbidden
	case outcry.CodeNotFound:
		return http.StatusNotFound
	case outcry.CodeConflict:
		return http.StatusConflict
	case outcry.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case outcry.CodeTooMany:
		return http.StatusTooManyRequests
	case outcry.CodeUnsupported:
		return http.StatusUnsupportedMediaType
	case outcry.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Fail answers a request with an error: a page for people, JSON for programs.
// Only an [outcry.Error]'s own message is shown; causes go to the log.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	code, field, message := outcry.CodeOf(err), "", "Something broke on our side. It has been noted."
	if e, ok := errors.AsType[*outcry.Error](err); ok && code != outcry.CodeInternal {
		field, message = e.Field, e.Message
	}
	status := statusOf(code)
	if e, ok := errors.AsType[*methodError](err); ok {
		status, code, message = http.StatusMethodNotAllowed, outcry.CodeInvalid, e.Error()
	}
	if status >= http.StatusInternalServerError {
		s.deps.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "request", requestID(w), "err", err)
	}
	s.answerError(w, r, status, code, field, message)
}

func (s *Server) answerError(w http.ResponseWriter, r *http.Request, status int, code outcry.Code, field, message string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length")
	h.Del("Content-Encoding")
	if h.Get("Retry-After") == "" && (code == outcry.CodeTooMany || code == outcry.CodeUnavailable) {
		h.Set("Retry-After", "10")
	}
	if code == outcry.CodeUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="outcry"`)
	}
	body, kind := s.errorFor(w, r, status, code, field, message)
	h.Set("Content-Type", kind)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have gone
	}
}

// errorFor writes the error in the client's language.
func (s *Server) errorFor(w http.ResponseWriter, r *http.Request, status int, code outcry.Code, field, message string) (body []byte, kind string) {
	if forPeople(r) {
		at := s.at(r)
		lang, _ := at.language(r)
		body, err := at.renderer.Problem(page.Problem{
			Lang: lang, Status: status, Title: titleOf(status), Message: message, Field: field, RequestID: requestID(w), Back: s.backPath(r),
		}, s.deps.Now())
		if err == nil {
			w.Header().Set("Content-Security-Policy", at.renderer.Policy())
			return body, "text/html; charset=utf-8"
		}
		s.deps.Log.Error("error page not rendered", "err", err)
	}
	var b errorBody
	b.Error.Code, b.Error.Field, b.Error.Message, b.Error.RequestID = code, field, message, requestID(w)
	body, err := json.Marshal(b)
	if err != nil { // strings only: cannot be
		body = []byte(`{"error":{"code":"internal","message":"the error itself could not be written"}}`)
	}
	return append(body, '\n'), "application/json; charset=utf-8"
}

// forPeople reports whether a person looks at the answer: a browser that asks
// for a page, or one that has sent the report form.
func forPeople(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// Thanks is where somebody who has sent the report form goes on to. With
// [Server.Refused] it makes the server the pages of the front door.
func (s *Server) Thanks(r *http.Request, service string) string {
	at := s.at(r)
	if path := "/s/" + service; at.get(path) != nil {
		if lang, asked := at.language(r); asked {
			return path + "?thanks=1&lang=" + at.renderer.Code(lang)
		}
		return path + "?thanks=1"
	}
	return "/"
}

// Refused writes the page that says why a report was not taken.
func (s *Server) Refused(w http.ResponseWriter, r *http.Request, err error) { s.Fail(w, r, err) }

// backPath leads from a failed report to the form that it came from: only to
// a page of ours, whatever the header says.
func (s *Server) backPath(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil {
		return "/"
	}
	if h := s.at(r).get(from.Path); h != nil && h.kind == kindService {
		return h.doc.Path
	}
	return "/"
}

func titleOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is no such page."
	case http.StatusBadRequest:
		return "That did not work."
	case http.StatusTooManyRequests:
		return "That was too often."
	case http.StatusServiceUnavailable:
		return "We cannot do that just now."
	case http.StatusInternalServerError:
		return "Something broke on our side."
	default:
		return http.StatusText(status) + "."
	}
}
