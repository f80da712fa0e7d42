package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/outcry/outcry"
)

// headerRequestID names a request in the log and to the client.
const headerRequestID = "X-Request-Id"

// wrap puts around a handler what every answer needs: a request ID, the
// error mapping, a net under panics, and the metrics.
func (s *Server) wrap(route string, next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.deps.Now()
		rec := &recorder{ResponseWriter: w}
		w.Header().Set(headerRequestID, rand.Text()[:16])
		defer func() {
			if p := recover(); p != nil {
				s.caught(rec, r, p)
			}
			s.meter.request(route, rec.code(), s.deps.Now().Sub(began))
		}()
		err := s.mayChange(r)
		if err == nil {
			err = next(rec, r)
		}
		if err != nil {
			s.Fail(rec, r, err)
		}
	})
}

// caught answers for a handler that has panicked. When part of the answer is
// out already, the connection is cut, so that nobody takes it for whole.
func (s *Server) caught(rec *recorder, r *http.Request, p any) {
	if p == any(http.ErrAbortHandler) { //nolint:errorlint // a panic's value, not an error
		panic(p)
	}
	s.deps.Log.Error("handler panicked", "path", r.URL.Path, "request", requestID(rec), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if rec.status != 0 {
		panic(http.ErrAbortHandler)
	}
	s.answerError(rec, r, http.StatusInternalServerError, outcry.CodeInternal, "", "Something broke on our side. It has been noted.")
}

func requestID(w http.ResponseWriter) string { return w.Header().Get(headerRequestID) }

// recorder remembers the status of a response.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
