// Package detect is the judge: pure functions of tallies and time. It does no
// I/O, reads no clock and starts no goroutine, so that the same tallies give
// the same verdicts, byte for byte.
//
// For every service it keeps what is normal ([Baseline] and a model of how the
// normal rate drifts), and asks at each tick with news: over every window that
// may have begun a fault, how many times likelier is what we saw if the service
// fails than if it does not? The sum of these ratios over all windows is a
// Shiryaev–Roberts e-detector: crossing γ happens by chance at most once in γ
// ticks (Shin, Ramdas, Rinaldo 2022), so the operator's budget of false alarms
// is the threshold, and nothing else is tuned.
//
// docs/detection.md derives the formulas, says where they differ from the
// textbook ones, and shows what was measured.
package detect
