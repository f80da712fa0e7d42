package store_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// crashEnv makes the test binary a child that commits to the store of this name
// until it is killed.
const crashEnv = "OUTCRY_TEST_CRASH_DSN"

// crashStep is what the child's commit of the position adds: as many signals as
// the position moves, over several ticks, so that a torn commit shows.
func crashStep(seq uint64) (to uint64, deltas []outcry.Tally) {
	for n := range 1 + int(seq%7) {
		deltas = append(deltas, reports("mail", tick(int(seq)%100+n), cell("calls", "GB", 1)))
	}
	return seq + uint64(len(deltas)), deltas
}

// crashChild commits one step after another, and says so after each.
func crashChild(dsn string) int {
	ctx := context.Background()
	s, err := store.Open(ctx, dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	for {
		seq, _, _, err := s.Position(ctx, 0)
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		to, deltas := crashStep(seq)
		if err := s.CommitTallies(ctx, 0, seq, to, 0, deltas); err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("ok", to)
	}
}

// Whenever the process is killed, position and tallies agree, and what it had
// said to be committed is there.
func TestKill(t *testing.T) {
	const kills = 25
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue // dies with its process
		}
		t.Run(e.name, func(t *testing.T) {
			dsn, random := e.dsn(t), rand.New(rand.NewPCG(1, 2))
			for range kills {
				acknowledged := killAfter(t, dsn, 1+random.IntN(30))
				s := open(t, dsn)
				seq, _, _, err := s.Position(t.Context(), 0)
				ok(t, err)
				all, err := s.Tallies(t.Context(), store.TallyQuery{To: tick(1000), Cells: true})
				ok(t, err)
				var total, inCells uint32
				for _, tally := range all {
					total += tally.Total
					for _, c := range tally.Cells {
						inCells += c.Total
					}
				}
				if uint64(total) != seq || inCells != total {
					t.Fatalf("position %d, %d signals, %d in cells", seq, total, inCells)
				}
				if seq < acknowledged {
					t.Fatalf("position %d was acknowledged, and is %d", acknowledged, seq)
				}
			}
		})
	}
}

// killAfter runs the child and kills it -9 after it has said so many times that
// it committed; it is in the middle of the next commit by then. It gives the
// last position that the child had said.
func killAfter(t *testing.T, dsn string, commits int) (acknowledged uint64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashEnv+"="+dsn)
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		rest, said := strings.CutPrefix(lines.Text(), "ok ")
		if !said {
			t.Fatalf("the child says %q", lines.Text())
		}
		_, err := fmt.Sscan(rest, &acknowledged)
		ok(t, err)
		if n == commits {
			ok(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child was to be killed, and ended by itself")
	}
	return acknowledged
}
