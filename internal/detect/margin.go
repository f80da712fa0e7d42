package detect

// The margin, in nats: what is asked beyond the bound ARL ≥ A, or remitted.
//
// A young baseline is wrong in ways that its spread does not tell, and pays. A
// calm service that is known gets back what the bound asks too much: R jumps
// over A, the odds that reports are untouched are paid at every tick, and the
// likelihood of a window has its own allowance for the baseline's error. With
// three nats less than the young pay, calm nulls of bench/detect brought 0.1 to
// 0.6 alarms a year. Where the rate swings, the Gamma's tail is lighter than
// that of the swings, and takes these nats: with 1.3 less, log-rate sd 0.5 over
// an hour brought two a year at 80 reports an hour. Half a nat remitted to
// every service that is known brought 24 false alarms in 28 years of seven
// nulls at 4 reports an hour (bench/detect -only promise, seed 9001), 6 in the four
// of the clean one: too near to the promise of one, for a twentieth of the delay.
const (
	youngMargin = 0.7
	calmCredit  = 2.2
	youngHours  = 336 // of decayed history: two weeks …
	knownHours  = 900 // … and eight
	calmV       = 0.15
)

// margin of a service, by its history and by how much its rate swings.
func (s *service) margin() float64 {
	x := s.Reports
	known := min(max((x.Base.AllHours-youngHours)/(knownHours-youngHours), 0), 1)
	return youngMargin - known*calmCredit*max(1-x.Noise.V/calmV, 0)
}
