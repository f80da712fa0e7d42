// Package sim draws the counts that detectors are measured on: the reports of a
// service's ordinary life, quarter hour by quarter hour in ten-second ticks,
// and outages on top of it.
//
// Ordinary life is Poisson around a season (a cosine day, a weekend's factor, in
// local time), times a slow log-normal multiplier of mean 1 whose logarithm is
// first-order autoregressive: the same null as the reference draw of scenarios.
// Everything follows from the seed.
package sim
