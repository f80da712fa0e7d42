package hapcheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/probe"
)

// keeper has the file of one pairing, for itself alone: two checks of one
// accessory, or a server and `outcry probe`, must not pair at once.
type keeper struct {
	path string
	lock *os.File
}

const (
	maxFile   = 64 << 10 // bytes
	lockAgain = 50 * time.Millisecond
)

// keep waits for its turn at the file.
func keep(ctx context.Context, path string) (*keeper, error) {
	if path == "" {
		return nil, fault(probe.ReasonInternal, "there is no data folder to keep the pairing in")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault(probe.ReasonInternal, "make the folder for the pairing: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault(probe.ReasonInternal, "lock the pairing: %w", err)
	}
	for {
		err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return &keeper{path: path, lock: lock}, nil
		}
		select {
		case <-time.After(lockAgain):
			if errors.Is(err, unix.EWOULDBLOCK) {
				continue
			}
		case <-ctx.Done():
		}
		lock.Close()
		return nil, fault(probe.ReasonInternal, "lock the pairing, which another check has: %w", err)
	}
}

func (k *keeper) release() { k.lock.Close() } // and with it the lock

// load reads the pairing; found is false when there is none.
func (k *keeper) load() (p hap.Pairing, found bool, err error) {
	info, err := os.Stat(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s is over %d bytes", k.path, maxFile)
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(k.path)
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err == nil && !p.Usable() {
		err = errors.New("it is no pairing")
	}
	if err != nil {
		return p, false, fault(probe.ReasonInternal, "read the pairing %s: %w", k.path, err)
	}
	return p, true, nil
}

// save writes the pairing to the disk, whole or not at all.
func (k *keeper) save(p hap.Pairing) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fault(probe.ReasonInternal, "write the pairing: %w", err)
	}
	err = writeFile(k.path+".new", b)
	if err == nil {
		err = os.Rename(k.path+".new", k.path)
	}
	if err != nil {
		return fault(probe.ReasonInternal, "write the pairing: %w", err)
	}
	return nil
}

func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was for
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// forget removes a pairing that no accessory knows.
func (k *keeper) forget() error {
	if err := os.Remove(k.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault(probe.ReasonInternal, "remove the unfinished pairing: %w", err)
	}
	return nil
}
