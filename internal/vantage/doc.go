// Package vantage joins remote vantages to their core: processes elsewhere that
// run its checks and tell it what they see.
//
// On the core's side, [Door] answers at /api/v1/vantage/: it hands each vantage
// the checks that it is to run, and takes results. A vantage is whoever holds
// the token of its name. A result names a check and says when, how it ended and
// how long it took; all else of its signal, the service, the symptom, the
// vantage's name, comes from the core's own configuration, so that nobody can
// speak for another vantage or for a service that is not checked there. [Book]
// keeps how far each has been heard, and who is revoked.
//
// On the vantage's side, [Spool] keeps results on disk, bounded, until the core
// has them, and [Client] asks for checks and delivers.
//
// Each result counts once. The spool numbers them, the core remembers the last
// number in its store, after the signals are on its stream; when it dies in
// between, they are sent again under the same IDs, which the counters know for
// [counting.repeat].
package vantage
