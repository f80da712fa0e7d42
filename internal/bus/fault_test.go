package bus

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry"
)

func TestDataSurvivesClosing(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	b := openBus(t, c)
	publish(t, b, 0, "a", "b")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBus(t, c)
	publish(t, b, 0, "b", "c") // b is a repeat also now
	if w := words(collect(t, b, 0, 0, time.Time{}, 3)); w != "a b c" {
		t.Errorf("after opening again there is %q, want a b c", w)
	}
}

func TestClosedBusRefuses(t *testing.T) {
	b := openBus(t, Config{Memory: true})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Publish(t.Context(), 0, "x", nil); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("got %v, want %s", err, outcry.CodeUnavailable)
	}
}

func TestMemoryLeavesNoFolder(t *testing.T) {
	b := openBus(t, Config{Memory: true})
	dir := b.server.temp
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after closing the folder %s is still there: %v", dir, err)
	}
}

func TestReserveOfTheDiskIsKept(t *testing.T) {
	for _, c := range []struct {
		sentence             string
		reserve, free, total uint64
		ok                   bool
	}{
		{"plenty is left", 0, 1 << 30, 1 << 40, true},
		{"of a large disk 32 MiB are kept", 0, 31 << 20, 1 << 40, false},
		{"of a small one a sixteenth", 0, 5 << 20, 64 << 20, true},
		{"but that", 0, 3 << 20, 64 << 20, false},
		{"or what is configured", 1 << 30, 1<<30 - 1, 1 << 40, false},
	} {
		s := space{reserve: c.reserve, statfs: func(string) (uint64, uint64, error) { return c.free, c.total, nil }}
		if err := s.check(); (err == nil) != c.ok || err != nil && outcry.CodeOf(err) != outcry.CodeUnavailable {
			t.Errorf("%s: %v", c.sentence, err)
		}
	}
	s := space{statfs: func(string) (uint64, uint64, error) { return 0, 0, errors.New("gone") }}
	if err := s.check(); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("a disk that is gone gave %v", err)
	}
}

func TestFullDiskRefusesAndPasses(t *testing.T) {
	b := openBus(t, Config{Dir: t.TempDir()})
	var free atomic.Uint64
	b.space.statfs = func(string) (uint64, uint64, error) { return free.Load(), 1 << 40, nil }
	if _, err := b.Publish(t.Context(), 0, "x", []byte("x")); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("on a full disk: %v, want %s", err, outcry.CodeUnavailable)
	}
	free.Store(1 << 30)
	publish(t, b, 0, "x")
}

// A disk that fails, rather than fills, is final: what the kernel dropped once
// it may pretend to have next time.
func TestFailedDiskIsFinal(t *testing.T) {
	b := openBus(t, Config{Dir: t.TempDir()})
	publish(t, b, 0, "a")
	(&serverLog{log: b.log, failed: b.health.fail}).Errorf("Critical write error: %v", &os.PathError{Op: "fsync", Path: "1.blk", Err: unix.EIO})
	for range 3 {
		if _, err := b.Publish(t.Context(), 0, "b", []byte("b")); outcry.CodeOf(err) != outcry.CodeUnavailable {
			t.Errorf("got %v, want %s", err, outcry.CodeUnavailable)
		}
	}
	if w := words(collect(t, b, 0, 0, time.Time{}, 1)); w != "a" {
		t.Errorf("what is stored reads %q, want a", w)
	}
}

func TestWhatIsAWriteError(t *testing.T) {
	for _, c := range []struct {
		err             error
		failed, forRoom bool
	}{
		{&os.PathError{Op: "write", Path: "1.blk", Err: unix.ENOSPC}, true, true},
		{fmt.Errorf("writing: %w", &os.PathError{Op: "write", Path: "1.blk", Err: unix.EDQUOT}), true, true},
		{&os.PathError{Op: "sync", Path: "1.blk", Err: unix.EIO}, true, false},
		{&os.PathError{Op: "open", Path: "1.blk", Err: unix.ENOENT}, false, false},
		{errors.New("maximum bytes exceeded"), false, false},
	} {
		if isWriteError(c.err) != c.failed || c.failed && lacksSpace(c.err) != c.forRoom {
			t.Errorf("%v: write error %v, for lack of space %v", c.err, isWriteError(c.err), lacksSpace(c.err))
		}
	}
}
