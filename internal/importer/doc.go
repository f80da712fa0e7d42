// Package importer makes an Outcry configuration of another program's: what a
// reader of that format (gatus, uptimekuma, blackbox, statuspage below it) puts
// into a [Draft] becomes a file that `outcry check` accepts.
//
// Nothing is dropped in silence. A reader takes the foreign keys out of an
// [Object], which remembers what was never asked for; whatever has no
// counterpart here becomes a comment that names it and says why. Values that may
// be secrets are neither carried over nor repeated: the check names an
// environment variable instead, and a comment says what belongs into it.
package importer
