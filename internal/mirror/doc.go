// Package mirror writes the finished pages to other places, so that a second
// host can serve them when this one is gone: a folder, an S3-compatible bucket,
// a WebDAV server, a folder over SFTP.
//
// A [Mirror] is given the documents again and again and puts only what has
// changed. Pages for people get the extension .html, JSON without one gets
// .json, so that any web server serves them with the right type:
//
//	/              index.html
//	/s/imessage    s/imessage.html
//	/history.atom  history.atom
//
// Every copy of a page says of which instant it is, and is renewed every
// [Renew] even when nothing has changed: a copy whose origin is gone shows its
// age without any script.
//
// Last comes manifest.json, which lists every file with its size and SHA-256,
// and manifest.json.sig, its Ed25519 signature (RFC 8032) in base64. [Verify]
// holds a copy against them. A copy that is taken while files are being written
// may be of two instants, and is found so.
package mirror
