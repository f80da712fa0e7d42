// Package statuspage reads what a page of Atlassian Statuspage says of itself:
// its public API's components.json, summary.json or incidents.json, or the lists
// that the authenticated API gives, for [importer.Draft].
//
// Components become services under their groups; nothing is checked there, so
// nothing is here until checks are added. Past incidents cannot be carried over,
// as a ledger holds only what was seen by itself: each is named in a comment.
package statuspage
