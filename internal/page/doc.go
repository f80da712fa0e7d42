// Package page turns what is known into finished documents.
//
// Its input is a [World]: plain structs with the services, what the judge
// thinks of them, and the incidents. Its output is a set of [Document]s: the
// status pages, a page per service and per incident, the history, the
// Statuspage v2 files and the feeds, each with its bytes already compressed
// and its version already hashed.
//
// The work is split so that its cost grows with the change and not with the
// page. [Renderer.Views] boils the world down to one small [View] per document
// and hashes it; [Renderer.Render] is called for those whose hash is new.
// Nothing that ticks by itself (the present time, an age in seconds) goes into
// a view, so that a quiet service keeps its bytes and its ETag.
//
// What may not be seen is taken out before the first view is made: see
// [World.Public]. Everything that a stranger or a vendor can have written is
// cleaned of control and direction-changing characters by the one function
// clean, and escaped by html/template.
//
// The package does no I/O, keeps no clock and imports only the vocabulary.
package page
