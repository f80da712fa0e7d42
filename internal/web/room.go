package web

import (
	"math"
	"sync/atomic"
	"syscall"
	"time"
)

// room shares out the file descriptors that the process may have open (POSIX,
// RLIMIT_NOFILE), so that those who listen or linger never hold the last ones,
// which a report needs to come in.
//
// A part of them is not for the public at all: the stream, the store and the
// checks open files and sockets too. Of the others a quarter is kept for
// requests under way: from the crowd on, a new listener is told to poll, and a
// connection is closed with its answer instead of being kept for the next one.
type room struct {
	open  atomic.Int64 // connections on the public listener
	crowd int64        // connections that may be held for nothing but their next byte
}

const (
	ownLeast   = 96 // descriptors for files, links between stages and checks (a quiet process was seen to hold 18)
	ownShare   = 8  // and an eighth of all where that is more
	crowdedFor = 5 * time.Second
)

// newRoom shares out so many descriptors; zero asks the system.
func newRoom(descriptors int) *room {
	if descriptors == 0 {
		descriptors = openFiles()
	}
	public := descriptors - max(ownLeast, descriptors/ownShare)
	return &room{crowd: int64(max(0, public-public/4))}
}

// openFiles is the soft limit, which Go has raised to the hard one at start.
func openFiles() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur > math.MaxInt32 {
		return math.MaxInt32 // none that we could hold to
	}
	return int(l.Cur)
}

func (r *room) crowded() bool { return r.open.Load() > r.crowd }

// patience is how long a connection may say nothing.
func (r *room) patience() time.Duration {
	if r.crowded() {
		return crowdedFor
	}
	return idle
}
