package store_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// BenchmarkServiceYear lives through thirteen months of one service, a commit
// and a Retain a day, and prints how large the database is at the end: with 40
// reports an hour from 20 regions, four carriers and three symptoms (no two
// alike, most of the time), and a check every 30 s from three vantages. Run it
// with -benchtime 1x. One operation is the whole time, so ns/op over 396 is
// what a day's counting and retention cost.
func BenchmarkServiceYear(b *testing.B) {
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue
		}
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				dsn := e.dsn(b)
				live(b, open(b, dsn), tidy(b, dsn), 396)
				b.ReportMetric(float64(size(b, dsn)), "B/service-year")
			}
		})
	}
}

func live(b *testing.B, s *store.Store, tidy func(), days int) {
	random := rand.New(rand.NewPCG(1, 2))
	for day := range days {
		var deltas []outcry.Tally
		for n := day * 8640; n < (day+1)*8640; n++ {
			deltas = append(deltas, outcry.Tally{Service: "mail", Kind: outcry.KindProbe, Tick: tick(n), Counts: outcry.Counts{Total: 1},
				Cells: []outcry.Cell{{CellKey: outcry.CellKey{Vantage: []string{"fra", "iad", "sin"}[n%3]}, Counts: outcry.Counts{Total: 1}}}})
			if random.Float64() < 40.0/360 {
				c := cell([]string{"not-delivered", "sign-in", "other"}[random.IntN(3)], "US-"+string(rune('A'+random.IntN(20))), 1)
				c.Scope.Carrier = benchCarriers[random.IntN(4)]
				deltas = append(deltas, reports("mail", tick(n), c))
			}
		}
		commit(b, s, 0, uint64(day), uint64(day+1), deltas...)
		ok(b, s.Retain(b.Context(), noon.Add(time.Duration(day+1)*24*time.Hour), store.DefaultRetention()))
		tidy()
	}
}

// tidy does daily what PostgreSQL's autovacuum, which lives in real time, would
// have done.
func tidy(b *testing.B, dsn string) func() {
	if strings.HasPrefix(dsn, "sqlite:") {
		return func() {}
	}
	db := raw(b, dsn)
	return func() {
		_, err := db.ExecContext(b.Context(), "VACUUM ANALYZE tallies, rollups")
		ok(b, err)
	}
}

// size is what the database takes on the disk once nothing is pending.
func size(b *testing.B, dsn string) (n int64) {
	db := raw(b, dsn)
	path, isSQLite := strings.CutPrefix(dsn, "sqlite:")
	if !isSQLite {
		ok(b, db.QueryRowContext(b.Context(), "SELECT pg_total_relation_size('tallies') + pg_total_relation_size('rollups')").Scan(&n))
		return n
	}
	_, err := db.ExecContext(b.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	ok(b, err)
	info, err := os.Stat(path)
	ok(b, err)
	return info.Size()
}
