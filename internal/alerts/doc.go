// Package alerts takes in the alerting that people already have: webhooks of
// other systems, as signals of kind alert.
//
// A [Door] authenticates a request, has the [Integration] of its path read it
// into [Alert]s, maps each to a service by its labels, and sends a signal when
// one begins to fire (Bad) and when it recovers (Good). Senders repeat what
// fires, and several may tell of one alert: the [Memory] knows which fire, by
// the key that the sender gives them, so that each counts once and recovers on
// its own.
//
// A request is answered 202 when its signals are safe. An alert that no rule
// maps to a service is answered as unmapped, not as an error: its sender would
// only repeat it.
package alerts
