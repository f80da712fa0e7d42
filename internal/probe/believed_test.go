package probe

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcry/outcry"
)

// hosts are checks of three hosts that are not near.
func hosts(names ...string) (targets map[string]*target, checks []Check) {
	targets = map[string]*target{}
	for _, name := range names {
		targets[name] = up()
		checks = append(checks, Check{Name: name, Service: name, Target: name, Interval: 30 * time.Second, Retries: 1, Prober: targets[name]})
	}
	return targets, checks
}

func TestOneServiceThatFailsIsBadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets, checks := hosts("a.example", "b.example", "c.example")
		s := start(t, Config{}, checks...)
		pass(35 * time.Second)
		targets["a.example"].set(down(ReasonTimeout))
		pass(31 * time.Second)
		s.stop()
		got := s.sink.of("a.example")
		if got[len(got)-1] != "bad timeout" {
			t.Error(got)
		}
		for _, host := range []string{"b.example", "c.example"} {
			if slices.ContainsFunc(s.sink.of(host), func(o string) bool { return o != "good" }) {
				t.Error(host, s.sink.of(host))
			}
		}
	})
}

func TestAVantageThatIsCutOffKnowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets, checks := hosts("a.example", "b.example", "c.example")
		near := up()
		checks = append(checks, Check{Name: "near", Service: "near", Target: "127.0.0.1", Interval: 30 * time.Second, Prober: near})
		s := start(t, Config{}, checks...)
		pass(31 * time.Second)
		for _, p := range targets {
			p.set(down(ReasonUnreachable))
		}
		near.set(down(ReasonRefused))
		pass(5 * time.Minute)
		for host := range targets {
			got := s.sink.of(host)
			if slices.Contains(got, "bad unreachable") || got[len(got)-1] != "unknown vantage" {
				t.Errorf("%s, while the vantage was cut off: %v", host, got)
			}
			if n := len(targets[host].started()); n > 60 {
				t.Errorf("%s was probed %d times: witnesses hurry each other on", host, n)
			}
		}
		if got := s.sink.of("near"); got[len(got)-1] != "bad refused" {
			t.Errorf("what is near fails by itself: %v", got)
		}
		targets["b.example"].set(Good(""))
		targets["c.example"].set(Good(""))
		pass(2 * time.Minute)
		s.stop()
		if got := s.sink.of("a.example"); got[len(got)-1] != "bad unreachable" {
			t.Errorf("when others answer again, what still fails is bad: %v", got)
		}
		if got := s.sink.of("b.example"); got[len(got)-1] != "good" {
			t.Error(got)
		}
	})
}

func TestAWrongAnswerIsNotTheVantagesFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets, checks := hosts("a.example", "b.example", "c.example")
		s := start(t, Config{}, checks...)
		for _, p := range targets {
			p.set(down(ReasonStatus))
		}
		pass(time.Minute)
		s.stop()
		for host := range targets {
			if got := s.sink.of(host); slices.ContainsFunc(got, func(o string) bool { return o != "bad status" }) {
				t.Error(host, got)
			}
		}
	})
}

func TestACheckOfOneCarriersRouteSpeaksForThatCarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Scope: outcry.Scope{Region: "US-IL", Carrier: "Fiber"}},
			Check{Name: "plain", Service: "a", Interval: time.Second, Prober: up()},
			Check{Name: "route", Service: "b", Interval: time.Second, Prober: up(), Scope: outcry.Scope{Carrier: "T-Mobile"}})
		pass(3 * time.Second)
		s.stop()
		for _, x := range s.sink.signals {
			want := outcry.Signal{Vantage: "here", Scope: outcry.Scope{Region: "US-IL", Carrier: "Fiber"}}
			if x.Service == "b" {
				want = outcry.Signal{Vantage: "here via T-Mobile", Scope: outcry.Scope{Region: "US-IL", Carrier: "T-Mobile"}}
			}
			if x.Vantage != want.Vantage || x.Scope != want.Scope {
				t.Errorf("%s: from %s, %+v", x.Service, x.Vantage, x.Scope)
			}
		}
	})
}

// However unlucky the moment: a server that stops answering is told of within
// one interval and one timeout.
func TestAStoppedServerIsNoticedWithinAnIntervalAndATimeout(t *testing.T) {
	for _, moment := range []time.Duration{0, time.Second, 13 * time.Second, 29 * time.Second, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			x := up()
			s := start(t, Config{}, Check{Name: "x", Service: "s", Interval: 30 * time.Second, Timeout: 10 * time.Second, Prober: x})
			pass(60*time.Second + moment)
			stopped := time.Now()
			x.mu.Lock()
			x.takes = time.Hour
			x.mu.Unlock()
			pass(40*time.Second + linger + reviewEvery)
			s.stop()
			for _, signal := range s.sink.signals {
				if signal.Outcome == outcry.Bad && signal.Reason == string(ReasonTimeout) {
					if late := signal.At.Sub(stopped); late > 40*time.Second+slack {
						t.Errorf("stopped at %s: told after %s", moment, late)
					}
					return
				}
			}
			t.Errorf("stopped at %s: not told in an interval and a timeout", moment)
		})
	}
}
