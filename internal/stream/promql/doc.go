// Package promql reads counts of errors from a Prometheus, or whatever speaks
// its HTTP API (Thanos, Mimir, VictoriaMetrics): GET …/api/v1/query
// (prometheus.io/docs/prometheus/latest/querying/api).
//
// An expression is asked for at the same place of every interval, and what is
// new since the last answer becomes a signal of kind metric. Two processes that
// ask the same give signals of one ID, which count once. No answer, no samples
// and no numbers are not zero: the next good answer begins anew.
package promql
