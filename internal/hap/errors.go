package hap

import "fmt"

// Breach is an error of the protocol: what came is not what the specification
// has there.
type Breach struct{ what string }

func (b *Breach) Error() string { return b.what }

func breach(format string, args ...any) error { return &Breach{what: fmt.Sprintf(format, args...)} }

// Refusal is an accessory's error in pairing: table 5-5.
type Refusal struct {
	Doing string // "pair-setup M4"
	Code  byte
}

// Codes of a Refusal.
const (
	CodeAuthentication = 2 // the setup code is wrong, or the pairing is not known
	CodeBackoff        = 3
	CodeMaxPeers       = 4
	CodeMaxTries       = 5
	CodeUnavailable    = 6 // it is paired already
	CodeBusy           = 7
)

func (r *Refusal) Error() string {
	words := map[byte]string{
		1: "unknown error", CodeAuthentication: "authentication failed", CodeBackoff: "wait before the next try",
		CodeMaxPeers: "no room for another pairing", CodeMaxTries: "too many failed tries", CodeUnavailable: "it is paired already",
		CodeBusy: "it is being paired by another controller",
	}
	text := words[r.Code]
	if text == "" {
		text = "no such code"
	}
	return fmt.Sprintf("%s was refused: error %d, %s", r.Doing, r.Code, text)
}

// Impostor is the error of an accessory that is not the one we are paired with.
type Impostor struct{ what string }

func (i *Impostor) Error() string { return "this is not the accessory of the pairing: " + i.what }

// Status is an accessory's word on a characteristic: table 6-11.
type Status struct {
	ID   ID
	Code int
}

// Codes of a Status.
const (
	StatusPrivileges    = -70401
	StatusUnreachable   = -70402 // "No Response" in the Home app
	StatusBusy          = -70403
	StatusReadOnly      = -70404
	StatusWriteOnly     = -70405
	StatusNoEvents      = -70406
	StatusOutOfMemory   = -70407
	StatusTimedOut      = -70408
	StatusNoSuch        = -70409
	StatusInvalid       = -70410
	StatusAuthorization = -70411
)

func (s *Status) Error() string {
	words := map[int]string{
		StatusPrivileges: "insufficient privileges", StatusUnreachable: "No Response", StatusBusy: "busy",
		StatusReadOnly: "it cannot be written", StatusWriteOnly: "it cannot be read", StatusNoEvents: "it has no events",
		StatusOutOfMemory: "out of resources", StatusTimedOut: "timed out", StatusNoSuch: "there is no such characteristic",
		StatusInvalid: "the value is not valid", StatusAuthorization: "insufficient authorization",
	}
	text := words[s.Code]
	if text == "" {
		text = "unknown"
	}
	return fmt.Sprintf("characteristic %s: status %d, %s", s.ID, s.Code, text)
}

// HTTPError is a request as a whole that was not answered with success.
type HTTPError struct {
	Doing string
	Code  int
}

func (e *HTTPError) Error() string {
	return fmt.Sprintf("%s was answered with status %d", e.Doing, e.Code)
}
