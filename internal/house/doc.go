// Package house holds the rules by which this repository is built, as tests:
// which package may import which, how long files and functions may be, what
// has no place here. It has no code of its own.
//
// A rule that must be broken is broken in the open: a long function carries a
// comment "// long: REASON", a package variable that is more than a table, an
// error or a pattern carries "// fixed: REASON".
package house
