package intake

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/outcry/outcry"
)

// answer is the body of every answer to a program.
type answer struct {
	Accepted int           `json:"accepted"`
	Refused  int           `json:"refused"`
	Errors   []answerError `json:"errors,omitempty"` // the first hundred
}

type answerError struct {
	Line    int         `json:"line,omitempty"`
	Field   string      `json:"field,omitempty"`
	Code    outcry.Code `json:"code"`
	Message string      `json:"message"`
}

// acceptedOne is the usual answer.
const acceptedOne = `{"accepted":1,"refused":0}` + "\n"

// answer tells a program what became of its reports. One that was taken makes
// it 202, unless the request itself failed; if none was, the first refusal says
// which status it is.
func (d *Door) answer(w http.ResponseWriter, result *Result, err error) {
	refused := result.RefusedTotal()
	if err == nil && refused == 0 && result.Accepted == 1 {
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		w.WriteHeader(http.StatusAccepted)
		d.write(w, []byte(acceptedOne))
		return
	}
	verdict := verdictOf(result, err)
	body := answer{Accepted: result.Accepted, Refused: refused}
	if e, ok := errors.AsType[*outcry.Error](err); ok && e.Code != outcry.CodeUnavailable {
		body.Errors = append(body.Errors, answerError{Field: e.Field, Code: e.Code, Message: e.Message})
	}
	for _, e := range result.Errors {
		body.Errors = append(body.Errors, answerError{Line: e.Line, Field: e.Err.Field, Code: e.Err.Code, Message: e.Err.Message})
	}
	data, failed := json.Marshal(body)
	if failed != nil {
		d.parts.Log.Error("encoding an answer", "error", failed)
		verdict = outcry.CodeInternal
	}
	w.Header().Set("Content-Type", "application/json")
	d.retryAfter(w, result, verdict)
	w.WriteHeader(statusOf(verdict))
	d.write(w, append(data, '\n'))
}

func (d *Door) write(w http.ResponseWriter, data []byte) {
	if _, err := w.Write(data); err != nil {
		d.parts.Log.Debug("a client left before its answer", "error", err)
	}
}

// verdictOf is the code of the whole request; empty is success.
func verdictOf(result *Result, err error) outcry.Code {
	switch {
	case err != nil:
		return outcry.CodeOf(err)
	case result.Accepted > 0:
		return ""
	case len(result.Errors) > 0:
		return result.Errors[0].Err.Code
	}
	return outcry.CodeInvalid // an empty batch
}

func statusOf(c outcry.Code) int {
	switch c {
	case "":
		return http.StatusAccepted
	case outcry.CodeInvalid:
		return http.StatusBadRequest
	case outcry.CodeUnauthorized:
		return http.StatusUnauthorized
	case outcry.CodeForbidden:
		return http.StatusForbidden
	case outcry.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case outcry.CodeTooMany:
		return http.StatusTooManyRequests
	case outcry.CodeUnsupported:
		return http.StatusUnsupportedMediaType
	case outcry.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// unavailableWait is when to try again what could not be stored.
const unavailableWait = 5 * time.Second

// retryAfter sets Retry-After when waiting helps: also when only some of a batch
// were too many.
func (d *Door) retryAfter(w http.ResponseWriter, result *Result, verdict outcry.Code) {
	wait := time.Duration(0)
	for _, e := range result.Errors {
		if limited, ok := errors.AsType[*waitError](e.Err); ok {
			wait = max(wait, limited.wait)
		}
	}
	if verdict == outcry.CodeUnavailable {
		wait = max(wait, unavailableWait)
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	if verdict == outcry.CodeUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
}

// answerPerson sends somebody who filled in the form to a page.
func (d *Door) answerPerson(w http.ResponseWriter, r *http.Request, service string, result *Result, err error) {
	if err == nil && result.Accepted > 0 {
		http.Redirect(w, r, d.parts.Pages.Thanks(r, service), http.StatusSeeOther)
		return
	}
	if err == nil && len(result.Errors) > 0 {
		err = result.Errors[0].Err
	}
	d.retryAfter(w, result, verdictOf(result, err))
	d.parts.Pages.Refused(w, r, err)
}
