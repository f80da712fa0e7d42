// Package webpush tells visitors who have asked for it that a service is back:
// web push (RFC 8030) to the browser's own push service, encrypted for the
// browser alone (RFC 8291, RFC 8188) and signed with the site's key (VAPID,
// RFC 8292). No third party's script takes part.
//
//   - A [Book] takes subscriptions. Their address is a stranger's word: it must
//     be https, at a push service of the list ([Hosts]), and is dialled through
//     the guard of the client that the channel was given.
//   - A [Watcher] finds out what those who wait have to be told, by looking at
//     the incidents as they are stored. It keeps no state: a word that a crash
//     swallowed is found at the next look.
//   - A [Channel] sends one word to one browser. A dispatcher of package notify
//     drives it: retries, pauses that a push service asks for, the time to give
//     up.
//
// A subscription is of one service during one incident. It ends with the word
// that the service is back, by the visitor's own wish, when the push service
// says that the browser is gone (404, 410), or by its age; then nothing of it
// is kept. Endpoints are in no log, metric or error: whoever has one can send.
//
// The cipher is here, and not a library's: the one that is in use for Go
// (SherClockHolmes/webpush-go, last tagged in January 2025) builds on
// deprecated arithmetic, ignores the expiry that it is given, and lets nobody
// choose salt and key, so that it cannot be held to the RFCs' own vectors.
package webpush
