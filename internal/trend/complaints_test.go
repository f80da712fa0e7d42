package trend

import (
	"math/rand/v2"
	"testing"
	"time"
)

// talk posts complaints and remarks at rates a minute, and gives what was told.
func talk(rng *rand.Rand, c *Complaints, from time.Time, lasts time.Duration, complaints, remarks float64) (told []Pulse) {
	for at := from; ; {
		at = at.Add(time.Duration(rng.ExpFloat64() / (complaints + remarks) * float64(time.Minute)))
		if at.After(from.Add(lasts)) {
			return told
		}
		if p := c.Add(rng.Float64() < complaints/(complaints+remarks), at); p.Is != Nothing {
			told = append(told, p)
		}
	}
}

func TestComplaintsThatTrend(t *testing.T) {
	for _, c := range []struct {
		why                 string
		complaints, remarks float64 // a minute, for ten minutes, after a day of 0.07 and 0.7
		before              time.Duration
		trends              bool
	}{
		{"an ordinary day does not trend", 0.07, 0.7, 24 * time.Hour, false},
		{"an outage trends", 200, 3, 24 * time.Hour, true},
		{"one that is talked about besides trends too", 200, 60, 24 * time.Hour, true},
		{"a launch of which a fifth is taken for complaints does not", 40, 160, 24 * time.Hour, false},
		{"a launch whose every remark is read rightly does not", 0, 200, 24 * time.Hour, false},
		{"two posts in place of one are chance", 0.2, 0.7, 24 * time.Hour, false},
		{"nobody knows what is usual a quarter of an hour after the start", 200, 3, 15 * time.Minute, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			for seed := range uint64(8) {
				rng := rand.New(rand.NewPCG(seed, 0))
				of := NewComplaints(Config{})
				if told := talk(rng, of, t0, c.before, 0.07, 0.7); len(told) != 0 {
					t.Errorf("seed %d: the time before trends: %+v", seed, told)
				}
				told := talk(rng, of, t0.Add(c.before), 10*time.Minute, c.complaints, c.remarks)
				if got := len(told) > 0; got != c.trends {
					t.Fatalf("seed %d: told %+v", seed, told)
				}
				if c.trends && (told[0].Is != Begins || told[0].Times < 10 || told[0].Since.Before(t0.Add(c.before))) {
					t.Errorf("seed %d: it begins with %+v", seed, told[0])
				}
			}
		})
	}
}

func TestATrendOfComplaintsGoesOnAndEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	of := NewComplaints(Config{})
	talk(rng, of, t0, 24*time.Hour, 0.07, 0.7)
	told := talk(rng, of, t0.Add(24*time.Hour), 21*time.Minute, 100, 2)
	if len(told) != 5 || told[0].Is != Begins || told[4].Is != GoesOn || !told[4].Since.Equal(told[0].Since) {
		t.Fatalf("21 minutes tell %+v, want a beginning and, every five minutes, that it goes on", told)
	}
	after := talk(rng, of, t0.Add(24*time.Hour+21*time.Minute), 6*time.Hour, 0.07, 0.7)
	if last := after[len(after)-1]; last.Is != Ends {
		t.Errorf("six quiet hours later: %+v", last)
	}
}
