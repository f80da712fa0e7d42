// Package page turns what is known into finished documents.
//
// Its input is a [World]: plain structs with the services, what the judge
// thinks of them, and the incidents. Its output is a set of [Document]s: the
// status pages, a page per service and per incident, the history, the
// Statuspage v2 files and the feeds, each with its bytes already compressed
// and its version already hashed.
//
// The work is split so that its cost grows with the change and not with the
// page. [Memory.Views] boils the world down to one small [View] per document,
// with its hash, and makes only those anew of whose inputs one has changed, or
// that time has changed; [Renderer.RenderAfter] is called for those whose hash
// is new, writes again only the rows that say something else, and compresses
// only the stretches that are not as before. Nothing that ticks by itself (the
// present time, an age in seconds) goes into a view, so that a quiet service
// keeps its bytes and its ETag. What is made in this way is to the byte what
// [Renderer.Views] and [Renderer.Render] make from nothing.
//
// What may not be seen is taken out before the first view is made: see
// [World.Public]. Everything that a stranger or a vendor can have written is
// cleaned of control and direction-changing characters by the one function
// clean, and escaped by html/template.
//
// The package does no I/O, keeps no clock and imports only the vocabulary.
package page
