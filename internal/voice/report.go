package voice

import (
	"fmt"
	"time"
)

// jitterBuffer is how many times the jitter a receiver waits to play frames
// without gaps.
const jitterBuffer = 2

// Report is what a call sounded like.
type Report struct {
	Sent      int
	Echoes    int           // frames of ours that came back, each counted once
	Others    int           // packets of the other side's own
	Strays    int           // what arrived and is not RTP
	Loss      float64       // share, from 0 to 1: of the echoes, or else of the others
	Jitter    time.Duration // of the echoes, both ways; or else of the others
	RoundTrip time.Duration // mean of the echoes; 0 without
	First     time.Time     // when the first packet came; zero without
	MOS       float64       // 0: nothing was heard
}

// Report gives the figures so far.
func (l *Listener) Report() Report {
	r := Report{Sent: len(l.sent), Echoes: l.echoes, Others: l.others, Strays: l.strays, First: l.first}
	var lost float64 // one way
	switch {
	case l.echoes > 0:
		r.Loss = share(r.Sent-l.echoes, r.Sent)
		r.Jitter, r.RoundTrip = time.Duration(l.echo.value), l.trips/time.Duration(l.echoes)
		lost = oneWay(r.Loss)
	case l.others > 0:
		span := int(l.highest - l.lowest + 1)
		r.Loss = share(span-l.others, span)
		r.Jitter = time.Duration(l.other.value)
		lost = r.Loss
	default:
		r.Loss = 1
		return r
	}
	r.MOS = MOS(Rating(r.RoundTrip/2+FrameTime+jitterBuffer*r.Jitter, lost))
	return r
}

func share(part, of int) float64 {
	if of <= 0 {
		return 0
	}
	return min(max(float64(part)/float64(of), 0), 1)
}

// String is the report in one line.
func (r Report) String() string {
	heard := fmt.Sprintf("%d of %d frames came back", r.Echoes, r.Sent)
	if r.Echoes == 0 {
		heard = fmt.Sprintf("%d packets sent, %d received", r.Sent, r.Others)
	}
	s := fmt.Sprintf("%s, loss %.1f%%, jitter %.1f ms", heard, 100*r.Loss, millis(r.Jitter))
	if r.RoundTrip > 0 {
		s += fmt.Sprintf(", round trip %.1f ms", millis(r.RoundTrip))
	}
	if r.MOS > 0 {
		s += fmt.Sprintf(", MOS %.2f", r.MOS)
	}
	return s
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
