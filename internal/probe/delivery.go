package probe

// Reasons of what was handed over to be delivered by others: messages, pushes.
// They are words of several protocols, and mean the same in each.
const (
	ReasonRejected    Reason = "rejected"    // they do not take what we hand over
	ReasonThrottled   Reason = "throttled"   // they take no more for now
	ReasonUndelivered Reason = "undelivered" // it was taken, and could not be delivered
	ReasonExpired     Reason = "expired"     // it was taken, and given up when its time was over
	ReasonNoReceipt   Reason = "no-receipt"  // nobody has said in time what became of it
	ReasonLate        Reason = "late"        // delivered, but later than wanted
)

// Reasons of what people do with accounts of theirs: sign in, send, be answered.
const (
	ReasonSignIn         Reason = "sign-in-refused" // the account or its password is not taken
	ReasonNoSecurity     Reason = "no-tls"          // the server offers no TLS, or no way to sign in that is safe
	ReasonNotDelivered   Reason = "not-delivered"   // sent, and not seen to arrive
	ReasonAltered        Reason = "altered"         // arrived, with another text
	ReasonSpam           Reason = "in-spam"         // arrived, where people do not look
	ReasonNobodyAnswered Reason = "nobody-answered" // asked, and no answer came
	ReasonAnsweredLate   Reason = "answered-late"   // answered, later than wanted
	ReasonWrongAnswer    Reason = "wrong-answer"    // answered, with something else than wanted
)

// Reasons of stores and clocks.
const (
	ReasonQuery          Reason = "query"          // they refuse what we ask
	ReasonUnsynchronised Reason = "unsynchronised" // they do not know the time themselves
	ReasonOffset         Reason = "offset"         // their time differs from ours by more than wanted
)
