package probe

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// story is a vantage with a clock in seconds.
type story struct {
	*Vantage
	zero time.Time
}

func tell(references bool, hosts ...string) story {
	v := NewVantage(references)
	v.Watch(hosts)
	return story{v, time.Unix(1e9, 0)}
}

func (s story) at(sec int) time.Time { return s.zero.Add(time.Duration(sec) * time.Second) }

func (s story) saw(from, to int, host string, o outcry.Outcome) {
	s.Observe(s.at(from), s.at(to), host, o)
}

func TestVantageWithReferences(t *testing.T) {
	for _, c := range []struct {
		says string
		tale func(s story)
		want Doubt // of a failure of host a that went from second 100 to 110
	}{
		{"a reference that answers after the failure clears the vantage",
			func(s story) { s.Round(s.at(0), s.at(1), true); s.Round(s.at(110), s.at(111), true) }, Trusted},
		{"no round since: wait for one", func(s story) { s.Round(s.at(0), s.at(1), true) }, Wait},
		{"no reference answers: cut off",
			func(s story) { s.Round(s.at(0), s.at(1), true); s.Round(s.at(110), s.at(113), false) }, CutOff},
		{"a short cut within the run counts, though all is well again",
			func(s story) {
				s.Round(s.at(0), s.at(1), true)
				s.Round(s.at(102), s.at(105), false)
				s.Round(s.at(110), s.at(111), true)
			}, CutOff},
		{"a cut that was over before the run began does not",
			func(s story) {
				s.Round(s.at(0), s.at(1), true)
				s.Round(s.at(50), s.at(53), false)
				s.Round(s.at(60), s.at(61), true)
				s.Round(s.at(110), s.at(111), true)
			}, Trusted},
		{"another target that answered meanwhile is as good as a reference",
			func(s story) { s.Round(s.at(0), s.at(1), true); s.saw(101, 102, "b", outcry.Good) }, Trusted},
		{"references that never answered, and a host that does: it is online",
			func(s story) { s.Round(s.at(0), s.at(3), false); s.saw(105, 106, "b", outcry.Good) }, Trusted},
		{"none that ever answered, and one other host that has not been heard: wait",
			func(s story) { s.Round(s.at(0), s.at(3), false); s.Round(s.at(110), s.at(113), false) }, Wait},
		{"none that ever answered, and the one other host fails too: nobody can tell",
			func(s story) {
				s.Round(s.at(0), s.at(3), false)
				s.Round(s.at(110), s.at(113), false)
				s.saw(104, 109, "b", outcry.Bad)
			}, CutOff},
	} {
		s := tell(true, "a", "b")
		c.tale(s)
		s.saw(100, 110, "a", outcry.Bad)
		s.Witnesses(s.at(110), "a")
		if got := s.Judge(s.at(100), "a"); got != c.want {
			t.Errorf("%s: %v, wanted %v", c.says, got, c.want)
		}
	}
}

// A vantage with a single service and without internet: its failures say
// nothing, until a reference answers.
func TestVantageOfOneServiceWithoutInternet(t *testing.T) {
	s := tell(true, "a")
	s.Round(s.at(0), s.at(3), false)
	s.saw(100, 110, "a", outcry.Bad)
	s.Witnesses(s.at(110), "a")
	if got := s.Judge(s.at(100), "a"); got != Wait {
		t.Errorf("before the round: %v", got)
	}
	s.Round(s.at(110), s.at(113), false)
	if got := s.Judge(s.at(100), "a"); got != CutOff {
		t.Errorf("after it: %v", got)
	}
	s.saw(120, 130, "a", outcry.Bad)
	s.Round(s.at(130), s.at(131), true)
	if got := s.Judge(s.at(120), "a"); got != Trusted {
		t.Errorf("with a reference that answers: %v", got)
	}
}

func TestVantageThatCannotLookUpNames(t *testing.T) {
	for _, c := range []struct {
		says string
		tale func(s story)
		want Doubt // of a run that went from second 100 to 110
	}{
		{"nobody has asked", func(story) {}, Wait},
		{"it worked before the run", func(s story) { s.Looked(s.at(50), s.at(51), true) }, Wait},
		{"it works after it: the name is at fault", func(s story) { s.Looked(s.at(110), s.at(111), true) }, Trusted},
		{"it does not", func(s story) { s.Looked(s.at(110), s.at(113), false) }, CutOff},
		{"it did not within the run", func(s story) {
			s.Looked(s.at(102), s.at(105), false)
			s.Looked(s.at(110), s.at(111), true)
		}, CutOff},
		{"it did not before the run", func(s story) {
			s.Looked(s.at(50), s.at(53), false)
			s.Looked(s.at(110), s.at(111), true)
		}, Trusted},
	} {
		s := tell(true, "a")
		c.tale(s)
		if got := s.Resolves(s.at(100)); got != c.want {
			t.Errorf("%s: %v, wanted %v", c.says, got, c.want)
		}
	}
}

func TestVantageWithoutReferences(t *testing.T) {
	all := []string{"a", "b", "c"}
	for _, c := range []struct {
		says   string
		hosts  []string
		before func(s story) // until a fails, from second 100 to 110
		after  func(s story)
		want   Doubt
	}{
		{"one host only: its failure is its own", []string{"a"}, func(story) {}, func(story) {}, Trusted},
		{"two hosts are too few", all[:2], func(story) {}, func(s story) { s.saw(111, 121, "b", outcry.Bad) }, Trusted},
		{"witnesses have not answered yet", all, func(story) {}, func(story) {}, Wait},
		{"one witness of two has not", all, func(story) {}, func(s story) { s.saw(110, 111, "b", outcry.Bad) }, Wait},
		{"a witness that answers clears the vantage", all, func(story) {}, func(s story) { s.saw(110, 111, "b", outcry.Good) }, Trusted},
		{"all fail at once: cut off", all, func(story) {}, func(s story) {
			s.saw(110, 111, "b", outcry.Bad)
			s.saw(110, 120, "c", outcry.Bad)
		}, CutOff},
		{"all fail at once, also where none has ever worked", all, func(story) {}, func(s story) {
			s.saw(105, 112, "b", outcry.Bad)
			s.saw(106, 113, "c", outcry.Bad)
		}, CutOff},
		{"one that failed long ago is no witness, and the rest are too few", all, func(s story) {
			s.saw(-600, -590, "b", outcry.Bad)
			s.saw(50, 51, "c", outcry.Good)
		}, func(s story) {
			s.saw(110, 111, "b", outcry.Bad)
			s.saw(110, 111, "c", outcry.Bad)
		}, Trusted},
		{"what cannot tell is no witness either way", all, func(story) {}, func(s story) {
			s.saw(110, 111, "b", outcry.Unknown)
			s.saw(110, 111, "c", outcry.Bad)
		}, Wait},
		{"a success that began before the run proves nothing about it", all, func(s story) {
			s.saw(90, 105, "b", outcry.Good)
		}, func(s story) {
			s.saw(110, 111, "b", outcry.Bad)
			s.saw(110, 111, "c", outcry.Bad)
		}, CutOff},
	} {
		s := tell(false, c.hosts...)
		c.before(s)
		s.saw(100, 110, "a", outcry.Bad)
		s.Witnesses(s.at(110), "a")
		c.after(s)
		if got := s.Judge(s.at(100), "a"); got != c.want {
			t.Errorf("%s: %v, wanted %v", c.says, got, c.want)
		}
	}
}

func TestVantageStaysCutOffUntilSomethingAnswers(t *testing.T) {
	s := tell(false, "a", "b", "c")
	for _, h := range []string{"a", "b", "c"} {
		s.saw(0, 1, h, outcry.Good)
	}
	s.saw(100, 110, "a", outcry.Bad)
	s.Witnesses(s.at(110), "a")
	s.saw(110, 120, "b", outcry.Bad)
	s.saw(110, 120, "c", outcry.Bad)
	if s.Judge(s.at(100), "a") != CutOff || !s.CutOff() {
		t.Fatal("it is cut off")
	}
	if got := s.Judge(s.at(5000), "b"); got != CutOff {
		t.Errorf("an hour later, with nothing that answers: %v", got)
	}
	if s.Witnesses(s.at(5000), "b") != nil {
		t.Error("while it is cut off nobody is to be hurried")
	}
	s.saw(90, 5001, "c", outcry.Good)
	if !s.CutOff() {
		t.Error("a success that began before the cut does not end it")
	}
	s.saw(5002, 5003, "c", outcry.Good)
	if s.CutOff() || s.Judge(s.at(5001), "b") != Trusted {
		t.Error("one that began after it does")
	}
}

// Whatever happens: as long as some target answers within every run, no
// failure is blamed on the vantage.
func TestVantageNeverHidesAnOutageThatItCanSee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := []string{"a", "b", "c", "d"}
		s := tell(rapid.Bool().Draw(t, "references"), hosts...)
		for i := range rapid.IntRange(1, 40).Draw(t, "runs") {
			sec := 10 * i
			failing := rapid.SampledFrom(hosts[:3]).Draw(t, "failing")
			s.saw(sec+1, sec+2, "d", outcry.Good)
			s.saw(sec, sec+3, failing, outcry.Bad)
			s.Witnesses(s.at(sec+3), failing)
			if got := s.Judge(s.at(sec), failing); got != Trusted {
				t.Fatalf("run %d: %v", i, got)
			}
		}
	})
}

func ExampleVantage() {
	v := NewVantage(true)
	at := time.Unix(0, 0)
	v.Round(at, at.Add(time.Second), true)                      // we were online
	v.Round(at.Add(time.Minute), at.Add(63*time.Second), false) // and are not
	fmt.Println(v.Judge(at.Add(50*time.Second), "example.com") == CutOff)
	// Output: true
}
