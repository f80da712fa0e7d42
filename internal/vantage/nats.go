package vantage

import (
	"net/http"

	"github.com/outcry/outcry"
)

// How a vantage and its core talk over NATS. Every vantage has an account of its
// own on the core's server, so that the subjects are the same for all, and
// nobody sees another's. Requests to the first two are answered; on the third
// the core says that it is time to ask again.
const (
	SubjectChecks  = "outcry.checks"  // asks for the agenda
	SubjectResults = "outcry.results" // a [Delivery], answered by a [Receipt]
	SubjectNews    = "outcry.news"

	// HeaderTag is, in a question for the agenda, what the vantage has, and in
	// the answer what it is. When they are the same, the answer has no body.
	HeaderTag = "Outcry-Tag"
	// HeaderFrom is the first byte of the agenda that is asked for, and HeaderSize
	// how many it has: a large one needs several answers.
	HeaderFrom = "Outcry-From"
	HeaderSize = "Outcry-Size"
	// HeaderError is the [outcry.Code] of an answer that is an error; its body
	// says what is wrong.
	HeaderError = "Outcry-Error"
)

// PathNATS is where the core's public listener takes NATS over WebSocket.
const PathNATS = "/api/v1/vantage/nats"

// MaxPart bounds the piece of an agenda in one answer, in bytes.
const MaxPart = 512 << 10

// Lines are the connections of vantages to this process.
type Lines interface {
	// Join makes a request's connection one of a vantage's. Its error is for
	// the answer, where none was given yet.
	Join(w http.ResponseWriter, r *http.Request, vantage string) error
	// Cut ends a vantage's.
	Cut(vantage string)
	// Open counts a vantage's.
	Open(vantage string) int
}

// Attach tells the door of the connections that it decides about. It is called
// before the door's handlers are used.
func (d *Door) Attach(l Lines) { d.lines = l }

// join takes a vantage's connection for NATS.
func (d *Door) join(w http.ResponseWriter, r *http.Request) error {
	name, err := d.vantage(r)
	if err != nil {
		return err
	}
	if d.lines == nil {
		return outcry.Errorf(outcry.CodeNotFound, "NATS is not spoken here")
	}
	return d.lines.Join(w, r, name)
}
