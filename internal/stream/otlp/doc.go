// Package otlp takes counts of errors that are sent by OTLP over HTTP or gRPC
// (opentelemetry.io/docs/specs/otlp, 1.5), in protobuf or JSON, of the metrics
// that the configuration names: monotonic sums and histograms, cumulative or
// delta, and gauges of errors a second. Of a histogram, explicit or exponential,
// the observations count, all or those in a range. Everything else in a request
// is read over.
//
// What is new in a source's series since its last reading becomes a signal of
// kind metric, once in its interval, and only when data came: no data is not
// zero. Several processes may take one source's data: their readings add up.
package otlp
