// Package voice makes and judges the sound of a test call: stamped G.711
// frames in RTP packets going out, and what came back of them.
//
// A [Talker] makes the packets: a quiet tone, whose first bytes are a stamp of
// the call and of the frame, so that an echo is known for what it is also when
// somebody on the way has rewritten the RTP header. A [Listener] takes whatever
// arrives and gives a [Report]: loss, jitter (RFC 3550, 6.4.1), round trip, and
// a mean opinion score by the E-model (ITU-T G.107).
//
// Nothing here dials, and nothing keeps time: both are the caller's.
package voice
