// Package apnscheck probes Apple's push notification service from its two
// sides: the provider API, by which servers hand pushes over, and the courier
// hosts, to which devices keep a connection.
//
// A push (type push over apns) goes over HTTP/2 with a token of our own signing
// key (JSON Web Token, ES256), made anew within the hour. Steps: dns, connect,
// tls, push. Up means that APNs has taken it, or has said what the check accepts.
// What is our own mistake and no outage is told apart, and is "cannot tell":
//
//	bad-token       BadDeviceToken, DeviceTokenNotForTopic, Unregistered, ExpiredToken
//	bad-topic       BadTopic, MissingTopic, TopicDisallowed
//	provider-token  ExpiredProviderToken, InvalidProviderToken, MissingProviderToken and their like
//	throttled       status 429
//	rejected        any other answer of 4xx
//
// An outage is "not-serving" (status 5xx), or a reason of the way there. Apple's
// words are those of "Handling notification responses from APNs".
//
// A courier (type push over courier) is up when one of its ports, 5223 or 443,
// shakes hands by TLS, as devices do. Steps: dns, connect and tls for each.
package apnscheck
