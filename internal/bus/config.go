package bus

import (
	"cmp"
	"time"

	"github.com/outcry/outcry"
)

// Config says which stream to use. Its zero value with a Dir is the embedded
// server with one partition.
type Config struct {
	Dir         string   // folder of the embedded server's files
	URLs        []string // of a cluster's servers; none: embedded
	Credentials string   // path of a NATS .creds file; may be empty
	// SystemURLs and SystemCredentials connect a user of the cluster's system
	// account. With either, Open makes sure that every server syncs always;
	// without, it can only warn.
	SystemURLs        []string
	SystemCredentials string
	CA, Cert, Key     string // paths of PEM files for TLS to the cluster; may be empty

	Partitions int           // default 1
	Replicas   int           // default 1 embedded, 3 in a cluster
	MaxAge     time.Duration // older signals leave the stream; default 7 days
	MaxBytes   int64         // of the whole stream; beyond it nothing is accepted until Trim; 0: no limit
	Duplicates time.Duration // window in which a repeated id is stored once; default 2 minutes

	// Memory keeps the embedded stream in memory: for replays, whose input can
	// be read again. Dir is not used.
	Memory bool
	// Clock, when set, gives Message.At of what this Bus publishes, instead of
	// the time at which it was stored: a replay's clock.
	Clock func() time.Time
	// Reserve is the free space, in bytes, below which the embedded server
	// accepts nothing, so that what runs beside it can go on. Default: 32 MiB,
	// or a sixteenth of a small disk.
	Reserve uint64

	lease leasePace // set by tests
}

func (c Config) withDefaults() (Config, error) {
	clustered := len(c.URLs) > 0
	if !clustered && !c.Memory && c.Dir == "" {
		return c, outcry.FieldErrorf("dir", "the embedded stream needs a folder")
	}
	replicas := 1
	if clustered {
		replicas = 3
	}
	c.Partitions = cmp.Or(c.Partitions, 1)
	c.Replicas = cmp.Or(c.Replicas, replicas)
	c.MaxAge = cmp.Or(c.MaxAge, 7*24*time.Hour)
	c.Duplicates = cmp.Or(c.Duplicates, 2*time.Minute)
	c.lease = cmp.Or(c.lease, defaultLease())
	switch {
	case c.Partitions < 1 || c.Partitions > 1024:
		return c, outcry.FieldErrorf("partitions", "%d is not between 1 and 1024", c.Partitions)
	case !clustered && c.Replicas != 1:
		return c, outcry.FieldErrorf("replicas", "the embedded stream has one replica, not %d; for more, give the URLs of a cluster", c.Replicas)
	case clustered && c.Replicas < 3:
		return c, outcry.FieldErrorf("replicas", "%d replicas in a cluster lose acknowledged signals with one server; use 3 or 5", c.Replicas)
	case c.MaxAge < c.Duplicates:
		return c, outcry.FieldErrorf("max_age", "%v is shorter than the window for duplicates, %v", c.MaxAge, c.Duplicates)
	}
	return c, nil
}
