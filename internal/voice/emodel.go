package voice

import (
	"math"
	"time"
)

// The E-model's figures for a call without speech processing but G.711.
const (
	bestRating = 93.2 // R with all of G.107's default values
	lossRobust = 4.3  // Bpl of G.711 without concealment of losses: G.113, appendix I
	echoDelay  = 177300 * time.Microsecond
	topRating  = 100
)

// Rating is the transmission rating factor R of the E-model, simplified:
//
//	R = 93.2 − Id − Ie,eff
//
// Id, what delay takes away, is Cole and Rosenbluth's fit to G.107 with its
// default values ("Voice over IP performance monitoring", ACM CCR 31(2), 2001):
// 0.024 d + 0.11 (d − 177.3) where d, in ms, exceeds 177.3. Ie,eff is G.107's
// own term (7-29) for G.711, whose Ie is 0, under random loss (BurstR = 1):
// 95 Ppl / (Ppl + Bpl), with Ppl in percent and Bpl 4.3.
//
// Delay is one way, from mouth to ear, and loss a share from 0 to 1.
func Rating(delay time.Duration, loss float64) float64 {
	d := float64(delay) / float64(time.Millisecond)
	id := 0.024 * d
	if delay > echoDelay {
		id += 0.11 * (d - float64(echoDelay)/float64(time.Millisecond))
	}
	percent := 100 * min(max(loss, 0), 1)
	return bestRating - id - 95*percent/(percent+lossRobust)
}

// MOS is the mean opinion score, from 1 (bad) to 4.5, of a rating: G.107,
// annex B, equation B-4.
func MOS(rating float64) float64 {
	switch {
	case rating <= 0:
		return 1
	case rating >= topRating:
		return 4.5
	}
	// The cubic dips under 1 for ratings below 6.5; nothing is worse than bad.
	return max(1, 1+0.035*rating+rating*(rating-60)*(100-rating)*7e-6)
}

// oneWay is the share of packets lost in one direction when the same share is
// lost in each, and lost of them in all.
func oneWay(lost float64) float64 { return 1 - math.Sqrt(1-min(max(lost, 0), 1)) }
