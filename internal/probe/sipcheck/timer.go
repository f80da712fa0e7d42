package sipcheck

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// A call has a session timer (RFC 4028), so that a server which knows them ends
// it by itself when this process is killed in the middle. No call talks for
// more than [maxTalk]: it is over before half of the least time has passed, when
// a refresh would be due.
const (
	sessionTime  = 3 * time.Minute
	leastSession = 2 * maxTalk
	mostSession  = time.Hour // that a server may want instead, of a binding as well

	statusIntervalTooSmall = 422
)

// askForTimer puts the timer into an INVITE, in place of one that is there.
func askForTimer(invite *sip.Request, lasts time.Duration) {
	for _, h := range [][2]string{
		{"Supported", "timer"},
		{"Session-Expires", fmt.Sprintf("%d;refresher=uac", int(lasts.Seconds()))},
		{"Min-SE", strconv.Itoa(int(min(lasts, leastSession).Seconds()))},
	} {
		invite.RemoveHeader(h[0])
		invite.AppendHeader(sip.NewHeader(h[0], h[1]))
	}
}

// lengthen makes of an INVITE whose timer was too short for the server (RFC
// 4028, 7.4) one with the time that it wants; false: it wants none that we can
// give.
func (a *agent) lengthen(invite *sip.Request, res *sip.Response) bool {
	lasts, ok := wanted(res, "Min-SE", sessionTime)
	if !ok {
		return false
	}
	askForTimer(invite, lasts)
	a.anew(invite)
	return true
}

// bindLonger makes of a REGISTER whose binding was too brief for the server (RFC
// 3261, 10.2.8) one that lasts as long as it wants; false as of lengthen.
func (a *agent) bindLonger(register *sip.Request, res *sip.Response, lasted time.Duration) bool {
	lasts, ok := wanted(res, "Min-Expires", lasted)
	if !ok || lasted == 0 {
		return false
	}
	register.RemoveHeader("Expires")
	register.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(lasts.Seconds()))))
	a.anew(register)
	return true
}

// wanted reads the seconds that a server wants at least: more than it was asked
// for, and no more than [mostSession].
func wanted(res *sip.Response, header string, asked time.Duration) (time.Duration, bool) {
	h := res.GetHeader(header)
	if h == nil {
		return 0, false
	}
	text, _, _ := strings.Cut(h.Value(), ";")
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n <= int(asked.Seconds()) || n > int(mostSession.Seconds()) {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// anew makes of a request that was refused another, without credentials.
func (a *agent) anew(req *sip.Request) {
	req.RemoveHeader("Authorization")
	req.RemoveHeader("Proxy-Authorization")
	req.CSeq().SeqNo++
	a.addVia(req)
}
