package smpp

import "fmt"

// Status is what a response says of its request (5.1.3).
type Status uint32

// Some statuses. Others are shown by number.
const (
	StatusOK              Status = 0x00000000 // ESME_ROK
	StatusInvalidCommand  Status = 0x00000003 // ESME_RINVCMDID
	StatusAlreadyBound    Status = 0x00000005 // ESME_RALYBND
	StatusSystemError     Status = 0x00000008 // ESME_RSYSERR
	StatusInvalidSource   Status = 0x0000000A // ESME_RINVSRCADR
	StatusInvalidDest     Status = 0x0000000B // ESME_RINVDSTADR
	StatusBindFailed      Status = 0x0000000D // ESME_RBINDFAIL
	StatusInvalidPassword Status = 0x0000000E // ESME_RINVPASWD
	StatusInvalidSystemID Status = 0x0000000F // ESME_RINVSYSID
	StatusQueueFull       Status = 0x00000014 // ESME_RMSGQFUL
	StatusSubmitFailed    Status = 0x00000045 // ESME_RSUBMITFAIL
	StatusThrottled       Status = 0x00000058 // ESME_RTHROTTLED
)

func (s Status) name() string {
	switch s {
	case StatusOK:
		return "ESME_ROK"
	case StatusInvalidCommand:
		return "ESME_RINVCMDID"
	case StatusAlreadyBound:
		return "ESME_RALYBND"
	case StatusSystemError:
		return "ESME_RSYSERR"
	case StatusInvalidSource:
		return "ESME_RINVSRCADR"
	case StatusInvalidDest:
		return "ESME_RINVDSTADR"
	case StatusBindFailed:
		return "ESME_RBINDFAIL"
	case StatusInvalidPassword:
		return "ESME_RINVPASWD"
	case StatusInvalidSystemID:
		return "ESME_RINVSYSID"
	case StatusQueueFull:
		return "ESME_RMSGQFUL"
	case StatusSubmitFailed:
		return "ESME_RSUBMITFAIL"
	case StatusThrottled:
		return "ESME_RTHROTTLED"
	}
	return "status"
}

// String is the name in the specification with the number: "ESME_RTHROTTLED (0x58)".
func (s Status) String() string { return fmt.Sprintf("%s (%#x)", s.name(), uint32(s)) }

// Throttles reports whether the peer takes no more for now.
func (s Status) Throttles() bool { return s == StatusThrottled || s == StatusQueueFull }

// StatusError is a response that is not ESME_ROK.
type StatusError struct {
	Command Command // of the request
	Status  Status
	Nack    bool // the peer did not even understand the request
}

func (e *StatusError) Error() string {
	by := ""
	if e.Nack {
		by = " by generic_nack"
	}
	return fmt.Sprintf("SMPP: %s was answered%s with %s", e.Command, by, e.Status)
}
