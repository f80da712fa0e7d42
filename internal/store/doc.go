// Package store keeps what must outlive the process: tallies, incidents,
// notices, comments, the judge's memory, settings. It runs on SQLite (the default) and
// on PostgreSQL through one schema and, but for the row locks that only
// PostgreSQL needs, one text of every statement.
//
// # Opening
//
// [Open] takes "sqlite:PATH", "sqlite::memory:" or "postgres://…", migrates the
// schema and gives a [Store] that any number of goroutines may use. SQLite is
// opened in WAL mode with synchronous=FULL, with one connection that writes and
// a few that read beside it: a writer waits for its turn in this process and
// is never told that the database is busy.
//
// # What is atomic
//
//   - [Store.CommitTallies] adds the counts and moves the partition's position
//     in one transaction, by compare-and-set, so every signal counts once.
//   - [Store.Apply] moves the last judged tick by compare-and-set, and writes
//     the incidents that came of it, their notices and the judge's memory in one
//     transaction: of two judges of one tick, the second writes nothing.
//   - [Store.ClaimNotices] takes notices under a lease before they are sent, and
//     [Store.ClaimWords] what is due to visitors who asked to be told; where
//     nobody else can hold any, [Store.ReclaimNotices] ends the leases.
//
// # Failing
//
// Errors are *outcry.Error: CodeConflict where somebody else was first,
// CodeNotFound, CodeInvalid for misuse, and CodeUnavailable where the engine
// cannot now (full disk, I/O error, server away). A full disk heals by itself
// once there is room. After an fsync that failed, nobody can know what is on
// the disk: the store then refuses every write until the process is started
// again, and goes on answering reads. When the answer to a commit was lost (a
// connection cut), it may have happened: read the position, tick or version
// again before repeating.
//
// # Growth
//
// [Store.Retain] moves counts from ten-second rows to five-minute rows to hourly
// rows as they age, and deletes what is past keeping. A count is always in
// exactly one row, whichever its width, so reads over any range add up. Distinct
// persons in a roll-up are the sum of the ticks' distinct persons: somebody who
// reports in two ticks is two there.
//
// BenchmarkServiceYear measures what one service costs that has 40 reports an
// hour from 20 regions, four carriers and three symptoms, and a check every
// 30 s from three vantages, after thirteen months under [DefaultRetention]:
// 8.7 MB on SQLite and 27 MB on PostgreSQL, indexes included, after which it
// grows no more.
package store
