// Package stream follows public posts: social networks' streams and feeds of
// any kind, each by a package of its own below this one (bluesky, mastodon,
// xapi, reddit, feedposts).
//
// A [Source] connects, hands over every post with the cursor behind it, and
// returns when the connection breaks. A [Follower] gives it its cursor, has each
// post read (package posts), sends the signals on in batches, and keeps the
// cursor only when they are safe: after a crash or a broken connection what the
// source can replay comes again, and posts' IDs see to it that it counts once.
// It connects again by itself, later the longer it fails, and not before the
// server wants it ([Throttled]).
//
// A source that brings posts faster than the stream takes them is not read on:
// it waits in its connection.
package stream
