package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// regions and carriers of the benchmarks' crowd.
var (
	benchRegions  = []string{"US-TX", "US-NY", "US-CA", "GB", "DE", "other"}
	benchCarriers = []string{"Verizon", "AT&T", "T-Mobile", "other"}
)

// benchTally has one to three cells, as a tick of a middling service has.
func benchTally(service string, at outcry.Tick, n int) outcry.Tally {
	t := outcry.Tally{Service: service, Kind: outcry.KindReport, Tick: at, Networks: 1}
	for i := range 1 + n%3 {
		c := cell("not-delivered", benchRegions[(n+i)%len(benchRegions)], 1)
		c.Scope.Carrier = benchCarriers[(n/3+i)%len(benchCarriers)]
		t.Add(outcry.Tally{Counts: c.Counts, Cells: []outcry.Cell{c}})
	}
	return t
}

// fill commits one service's tallies of n ticks from `from` on.
func fill(b *testing.B, s *store.Store, service string, from outcry.Tick, n int) {
	seq, _, _, err := s.Position(b.Context(), 0)
	ok(b, err)
	deltas := make([]outcry.Tally, n)
	for i := range deltas {
		deltas[i] = benchTally(service, from+outcry.Tick(i), i)
	}
	commit(b, s, 0, seq, seq+1, deltas...)
}

func onEachBench(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) { bench(b, open(b, e.dsn(b))) })
	}
}

// BenchmarkCommitTallies commits tallies of new ticks, as a replay does, in
// transactions of several sizes. The yardstick is the bare engine in the same run:
// one thousand rows a transaction through the same driver and settings, which
// shared/anchors.md §2 has at 128k rows/s (PostgreSQL: CopyFrom of 500, 134k/s).
func BenchmarkCommitTallies(b *testing.B) {
	for _, size := range []int{1, 40, 1000, 10_000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			onEachBench(b, func(b *testing.B, s *store.Store) { benchCommit(b, s, size) })
		})
	}
	b.Run("yardstick", benchBareInsert)
}

func benchCommit(b *testing.B, s *store.Store, size int) {
	deltas, seq := make([]outcry.Tally, size), uint64(0)
	for b.Loop() {
		b.StopTimer()
		for i := range deltas {
			n := int(seq)*size + i
			deltas[i] = benchTally([]string{"mail", "chat", "calls", "home"}[n%4], tick(n/4), n)
		}
		b.StartTimer()
		commit(b, s, 0, seq, seq+1, deltas...)
		seq++
	}
	b.ReportMetric(float64(size)*float64(seq)/b.Elapsed().Seconds(), "tallies/s")
}

// benchBareInsert is what the SQLite driver does at best in single-row
// statements, a thousand to a transaction.
func benchBareInsert(b *testing.B) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	ok(b, err)
	defer func() { ok(b, db.Close()) }()
	_, err = db.ExecContext(b.Context(), "CREATE TABLE t (a BIGINT, b BIGINT, c BIGINT, d BLOB, PRIMARY KEY (a, b)) WITHOUT ROWID")
	ok(b, err)
	insert, err := db.PrepareContext(b.Context(), "INSERT INTO t VALUES ($1, $2, $3, $4)")
	ok(b, err)
	n := 0
	for b.Loop() {
		insertThousand(b, db, insert, n)
		n += 1000
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func insertThousand(b *testing.B, db *sql.DB, insert *sql.Stmt, from int) {
	tx, err := db.BeginTx(b.Context(), nil)
	ok(b, err)
	here := tx.StmtContext(b.Context(), insert)
	defer func() { ok(b, here.Close()) }()
	blob := make([]byte, 40)
	for n := from; n < from+1000; n++ {
		_, err := here.ExecContext(b.Context(), n%4, n/4, 1, blob)
		ok(b, err)
	}
	ok(b, tx.Commit())
}

// BenchmarkAmend adds to the ticks of the last minute, as a counter does when
// it commits several times a tick.
func BenchmarkAmend(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *store.Store) {
		deltas, seq := make([]outcry.Tally, 40), uint64(0)
		for i := range deltas {
			deltas[i] = benchTally("mail", tick(i), i)
		}
		for b.Loop() {
			commit(b, s, 0, seq, seq+1, deltas...)
			seq++
		}
		b.ReportMetric(float64(len(deltas))*float64(seq)/b.Elapsed().Seconds(), "tallies/s")
	})
}

// BenchmarkTallies reads one day of one service among eight, with and without
// cells, and the day's chart in bins of a minute.
func BenchmarkTallies(b *testing.B) {
	onEachBench(b, func(b *testing.B, s *store.Store) {
		for i := range 8 {
			fill(b, s, fmt.Sprint("service-", i), tick(0), 8640)
		}
		for _, cells := range []bool{false, true} {
			b.Run(fmt.Sprintf("day/cells=%v", cells), func(b *testing.B) {
				for b.Loop() {
					got, err := s.Tallies(b.Context(), store.TallyQuery{Service: "service-3", Kind: outcry.KindReport, From: tick(0), To: tick(8640), Cells: cells})
					ok(b, err)
					if len(got) != 8640 {
						b.Fatal(len(got))
					}
				}
				b.ReportMetric(8640*float64(b.N)/b.Elapsed().Seconds(), "tallies/s")
			})
		}
		b.Run("day/chart", func(b *testing.B) {
			for b.Loop() {
				_, err := s.Series(b.Context(), "service-3", outcry.KindReport, noon, noon.Add(24*time.Hour), time.Minute)
				ok(b, err)
			}
		})
		b.Run("tick/all", func(b *testing.B) {
			for b.Loop() {
				got, err := s.Tallies(b.Context(), store.TallyQuery{From: tick(4000), To: tick(4001), Cells: true})
				ok(b, err)
				if len(got) != 8 {
					b.Fatal(len(got))
				}
			}
		})
	})
}
