package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/outcry/outcry"
)

func openAt(t *testing.T, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// fillUp commits until the disk is full, and gives the position reached.
func fillUp(t *testing.T, s *Store) uint64 {
	t.Helper()
	for seq := uint64(0); seq < 1000; seq++ {
		err := s.CommitTallies(t.Context(), 0, seq, seq+1, 0, bulk(seq))
		if outcry.CodeOf(err) == outcry.CodeUnavailable {
			return seq
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the disk never filled up")
	return 0
}

// bulk is a commit of a few pages.
func bulk(seq uint64) []outcry.Tally {
	var out []outcry.Tally
	for i := range 500 {
		out = append(out, outcry.Tally{Service: "mail", Kind: outcry.KindReport, Tick: outcry.Tick(1 + int(seq)*500 + i),
			Counts: outcry.Counts{Total: 1}, Cells: []outcry.Cell{{CellKey: outcry.CellKey{Symptom: fmt.Sprint("symptom-", i)}}}})
	}
	return out
}

// checkFull checks that a full store still reads and is what it was, and that it
// goes on by itself once makeRoom has been called.
func checkFull(t *testing.T, s *Store, makeRoom func()) {
	t.Helper()
	reached := fillUp(t, s)
	seq, _, _, err := s.Position(t.Context(), 0)
	if err != nil || seq != reached {
		t.Fatalf("the full store says position %d, %v, and was at %d", seq, err, reached)
	}
	all, err := s.Tallies(t.Context(), TallyQuery{To: 1 << 40})
	if err != nil || uint64(len(all)) != reached*500 {
		t.Fatalf("the full store has %d tallies, %v; %d were committed", len(all), err, reached*500)
	}
	makeRoom()
	if err := s.CommitTallies(t.Context(), 0, reached, reached+1, 0, bulk(reached)); err != nil {
		t.Fatalf("there is room again, but %v", err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSizeLimit(t *testing.T) {
	for _, dsn := range []string{"sqlite::memory:", "sqlite:" + filepath.Join(t.TempDir(), "full.db")} {
		s := openAt(t, dsn)
		limit := func(pages int) {
			if _, err := s.writer.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
				t.Fatal(err)
			}
		}
		limit(200)
		checkFull(t, s, func() { limit(1e9) })
	}
}

// The real thing: a file system of two megabytes, shared with somebody's file.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a small file system; TestSizeLimit has the same cases without one")
	}
	dir := t.TempDir()
	if err := syscall.Mount("outcry-test", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("cannot mount here (%v); TestSizeLimit has the same cases without one", err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 700<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := openAt(t, "sqlite:"+filepath.Join(dir, "full.db"))
	checkFull(t, s, func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	})
}
