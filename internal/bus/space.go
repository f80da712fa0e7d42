package bus

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry"
)

// space watches the disk that the embedded server writes to.
type space struct {
	dir     string
	reserve uint64
	statfs  func(dir string) (free, total uint64, err error)
}

const (
	defaultReserve = 32 << 20
	reserveShare   = 16 // of a small disk, one part in so many
)

func statfs(dir string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("asking for the free space of %s: %w", dir, err)
	}
	size := uint64(s.Bsize)
	return s.Bavail * size, s.Blocks * size, nil
}

// check fails with CodeUnavailable when so little is left that nothing more
// should be accepted.
func (s *space) check() error {
	free, total, err := s.statfs(s.dir)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "the stream's disk cannot be seen")
	}
	reserve := s.reserve
	if reserve == 0 {
		reserve = min(defaultReserve, total/reserveShare)
	}
	if free < reserve {
		return outcry.Errorf(outcry.CodeUnavailable, "the disk is full: %d bytes are left, %d are kept in reserve", free, reserve)
	}
	return nil
}

// probe fails unless something can be written and synced again.
func (s *space) probe() error {
	if err := s.check(); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(s.dir, ".outcry-probe"))
	if err != nil {
		return fmt.Errorf("trying the stream's disk: %w", err)
	}
	_, writeErr := f.Write(make([]byte, 1<<20))
	err = errors.Join(writeErr, f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return fmt.Errorf("trying the stream's disk: %w", err)
	}
	return nil
}

// lacksSpace tells a write that failed for want of room, which comes back, from
// one that the disk failed.
func lacksSpace(err error) bool {
	for _, code := range []unix.Errno{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
