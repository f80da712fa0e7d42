package outcry

import (
	"errors"
	"fmt"
)

// Code classes an error for whoever must act on it. It is mapped to an HTTP
// status in web and to an exit code in cmd/outcry, each in one place.
type Code string

// The codes.
const (
	CodeInvalid      Code = "invalid"      // the input is wrong; Field says where
	CodeUnauthorized Code = "unauthorized" // no credential, or one that is not known
	CodeForbidden    Code = "forbidden"    // known, and not allowed
	CodeNotFound     Code = "not_found"    // no such thing, or none that the caller may see
	CodeConflict     Code = "conflict"     // it changed meanwhile, or its state does not allow this
	CodeTooLarge     Code = "too_large"    // over a limit of size
	CodeTooMany      Code = "too_many"     // over a limit of rate; RetryAfter says when again
	CodeUnsupported  Code = "unsupported"  // a media type or a feature that is not spoken
	CodeUnavailable  Code = "unavailable"  // cannot be done now: disk full, store away
	CodeInternal     Code = "internal"     // our fault
)

// Error is the domain's one error type.
type Error struct {
	Code    Code
	Field   string // the input's field, line or flag at fault; may be empty
	Message string // one sentence for the person who must act on it
	Err     error  // what caused it; never shown to the public
}

func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of the code without a cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of the code with its cause: the message says what was
// being done and to what, and may be shown; the cause goes to the log.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: cause}
}

// FieldErrorf makes an error of CodeInvalid about one field.
func FieldErrorf(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf finds the code in an error's chain; an error without one is internal,
// nil has none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
