package count

import (
	"github.com/outcry/outcry"
)

// stream is what is remembered of one service and kind.
type stream struct {
	key       streamKey
	ticks     map[outcry.Tick]*held
	reporters recent
	crowd     crowd
	voices    voices // of ten minutes …
	hourly    voices // … and of an hour
	usual     habits
}

// mostHourly are the networks of an hour that are told apart: the judge asks
// whether a crowd has a few dozen.
const mostHourly = 4096

func newStream(key streamKey, cfg *Config) *stream {
	return &stream{
		key:       key,
		reporters: newRecent(cfg.Repeat, cfg.MaxReporters),
		crowd:     crowd{limit: max(1, cfg.MaxReporters/4)},
		voices:    voices{span: outcry.NetworkWindow, limit: max(1, cfg.MaxReporters/4)},
		hourly:    voices{span: outcry.HourWindow, limit: max(1, min(cfg.MaxReporters/4, mostHourly))},
	}
}

// fresh decides whether a complaint is one that the judge sees.
func (st *stream) fresh(s *outcry.Signal, now outcry.Tick, cfg *Config) bool {
	if s.Reporter != 0 && st.reporters.seen(s.Reporter, now) {
		return false
	}
	return st.crowd.admit(s, now, &st.usual, cfg)
}

// strange reports whether the ordinary crowd hardly has the agent. Before
// there is an ordinary crowd nothing is strange.
func (st *stream) strange(agent uint32) bool {
	return st.usual.Windows >= matureWindows && st.usual.Agents.share(uint64(agent)) < strangeShare
}

const (
	strangeShare  = 0.02
	matureWindows = 36 // ten-minute windows with reports in them
	maxStrange    = 1024
)

// turn ends the network window w.
func (st *stream) turn(w int64, now outcry.Tick) {
	st.usual.learn(w, &st.crowd)
	st.crowd.reset()
	st.reporters.sweep(now)
}
