package outcry

import (
	"log/slog"
	"time"
)

// Subscriber is a visitor's browser that has asked to be told about one service
// while something is wrong with it. Nothing says whose it is.
type Subscriber struct {
	ID       string // a hash of service and endpoint: does not give the endpoint away
	Service  string
	Incident string // that was open when it asked
	Endpoint string // where its push service takes messages for it; whoever knows it can send
	Key      []byte // its public key, an uncompressed point on P-256
	Auth     []byte // the secret that it shares with its sender
	Language string // in which it is told, a code of BCP 47
	Updates  bool   // wants to hear what is said meanwhile, too
	Expires  time.Time
}

// Waiting are the subscribers of one service who asked during one incident and
// have not been told its end.
type Waiting struct {
	Service, Incident string
	Updates           bool
	Seen              time.Time // the latest word that all of them have been told
	Count             int
}

// LogValue hides where the subscriber is.
func (s Subscriber) LogValue() slog.Value { return slog.StringValue(s.ID) }

// String hides where the subscriber is.
func (s Subscriber) String() string { return s.ID }
