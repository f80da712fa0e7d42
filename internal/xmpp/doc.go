// Package xmpp is the little of an XMPP client that a check needs, after RFC
// 6120 and RFC 6121: a stream, STARTTLS, a sign-in by SASL (SCRAM-SHA-256 and
// SCRAM-SHA-1, bound to TLS where the server can, and PLAIN within TLS only), a
// resource, messages, and delivery receipts (XEP-0184).
//
//	c := xmpp.NewClient(conn, "example.org") // conn has its deadline already
//	err := c.Open()                          // reads the features
//	err = c.StartTLS()                       // then shake hands, and
//	err = c.Secured(tlsConn)                 // open the stream again
//	mechanism, err := c.SignIn("juliet", password)
//	me, err := c.Bind("balcony")
//	err = c.Send(xmpp.Message{To: romeo, ID: id, Body: text, Receipt: true})
//	for stanza := range c.Stanzas() { … }
//	c.Close()
//
// It is a leaf: it dials nothing, and knows nothing of checks. A client reads
// no more than [MaxRead] bytes in its life, no element deeper than [maxDepth],
// and no DTD, comment or processing instruction (RFC 6120, section 11.1).
package xmpp
