// Package webhook sends notices as signed HTTP POST requests, after the
// Standard Webhooks specification 1.0 (https://www.standardwebhooks.com).
//
// The body is one JSON object: id, type (incident.opened, incident.updated or
// incident.resolved), at, the incident in the shape of the API with its url,
// and the update that is told. Three headers sign it:
//
//	webhook-id: the notice's id; the same over all attempts
//	webhook-timestamp: seconds since the epoch at this attempt
//	webhook-signature: v1,BASE64(HMAC-SHA256(key, id + "." + timestamp + "." + body))
//
// A receiver checks the signature over the raw body with its copy of the
// secret, refuses old timestamps, drops ids that it has seen and answers 2xx.
// 410 and most other 4xx end the attempts for this notice at once; 408, 425,
// 429, redirects (which are not followed) and 5xx are tried again, not before
// the Retry-After that the answer names.
//
// Errors and logs hold neither the secret nor the URL, whose path may be one.
package webhook
