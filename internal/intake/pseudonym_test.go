package intake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

func TestMACIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "key")
		data := rapid.SliceOfN(rapid.Byte(), 0, 900).Draw(t, "data")
		std := hmac.New(sha256.New, key)
		std.Write(data)
		if got, want := newMACKey(key).sum(data), binary.BigEndian.Uint64(std.Sum(nil)); got != want {
			t.Fatalf("sum is %x, the library's %x", got, want)
		}
	})
}

// signalOf lets one report through a door at a time.
func signalOf(t *testing.T, at time.Time, by Caller, r Raw) outcry.Signal {
	t.Helper()
	d, sent := open(t, func(c *Config, p *Parts) {
		p.Now = func() time.Time { return at }
		c.Exempt = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	})
	r.Service = "imessage"
	if result, err := d.Accept(t.Context(), []Raw{r}, by); err != nil || result.Accepted != 1 {
		t.Fatalf("result %+v, %v", result, err)
	}
	return sent.signals[0]
}

func TestWhoIsOnePerson(t *testing.T) {
	other := stranger("192.0.2.1")
	other.Agent = "curl/8.5"
	for _, c := range []struct {
		sentence string
		a, b     outcry.Signal
		same     bool
	}{
		{"the same address and agent are one", signalOf(t, now(), stranger("192.0.2.1"), Raw{}), signalOf(t, now().Add(time.Minute), stranger("192.0.2.1"), Raw{}), true},
		{"another address is another", signalOf(t, now(), stranger("192.0.2.1"), Raw{}), signalOf(t, now(), stranger("192.0.2.2"), Raw{}), false},
		{"another agent is another", signalOf(t, now(), stranger("192.0.2.1"), Raw{}), signalOf(t, now(), other, Raw{}), false},
		{"the changing half of an IPv6 address does not matter", signalOf(t, now(), stranger("2001:db8:1:2::1"), Raw{}), signalOf(t, now(), stranger("2001:db8:1:2:aaaa::9"), Raw{}), true},
		{"the other half does", signalOf(t, now(), stranger("2001:db8:1:2::1"), Raw{}), signalOf(t, now(), stranger("2001:db8:1:3::1"), Raw{}), false},
		{"an address in IPv6 clothes is the same", signalOf(t, now(), stranger("::ffff:192.0.2.1"), Raw{}), signalOf(t, now(), stranger("192.0.2.1"), Raw{}), true},
		{"a token's reporter is one wherever they are", signalOf(t, now(), trusted(), Raw{Reporter: "p1"}), signalOf(t, now(), trusted(), Raw{Reporter: "p1", Address: netip.MustParseAddr("192.0.2.9")}), true},
		{"two tokens' reporters of one name are two", signalOf(t, now(), trusted(), Raw{Reporter: "p1"}), signalOf(t, now(), Caller{Name: "b", Trusted: true}, Raw{Reporter: "p1"}), false},
		{"after two days the same person is another", signalOf(t, now(), stranger("192.0.2.1"), Raw{}), signalOf(t, now().Add(48*time.Hour), stranger("192.0.2.1"), Raw{}), false},
	} {
		if c.a.Reporter == 0 || c.b.Reporter == 0 {
			t.Errorf("%s: a reporter has no pseudonym", c.sentence)
		}
		if (c.a.Reporter == c.b.Reporter) != c.same {
			t.Errorf("%s: same is %v", c.sentence, !c.same)
		}
	}
}

func TestWhoIsNobody(t *testing.T) {
	s := signalOf(t, now(), trusted(), Raw{})
	if s.Reporter != 0 || s.Network != 0 || s.Wide != 0 || s.Agent != 0 {
		t.Errorf("a report brought by a token, of nobody, has pseudonyms: %+v", s)
	}
}

func TestNetworksHavePseudonyms(t *testing.T) {
	a := signalOf(t, now(), stranger("192.0.2.1"), Raw{})
	b := signalOf(t, now(), stranger("192.0.2.200"), Raw{})
	c := signalOf(t, now(), stranger("192.0.77.1"), Raw{})
	d := signalOf(t, now().Add(10*24*time.Hour), stranger("192.0.2.1"), Raw{})
	six := signalOf(t, now(), stranger("2001:db8:1:2::1"), Raw{})
	six2 := signalOf(t, now(), stranger("2001:db8:1:ffff::1"), Raw{})
	exempt := signalOf(t, now(), stranger("203.0.113.5"), Raw{})
	for sentence, ok := range map[string]bool{
		"a /24 is one network":                     a.Network == b.Network && a.Network != 0,
		"another /24 is another":                   a.Network != c.Network,
		"a /16 is one wide network":                a.Wide == c.Wide && a.Wide != 0,
		"a network keeps its name for weeks":       a.Network == d.Network,
		"a /48 is one network":                     six.Network == six2.Network && six.Network != 0,
		"an agent keeps its name for good":         a.Agent == d.Agent && a.Agent != 0,
		"an exempt network has none":               exempt.Network == 0 && exempt.Wide == 0,
		"but its people do":                        exempt.Reporter != 0,
		"network and wide network are not related": a.Network != a.Wide,
	} {
		if !ok {
			t.Errorf("it is not so that %s", sentence)
		}
	}
}

func TestPeriodsChangeAtAllHours(t *testing.T) {
	midnight := time.Date(2024, 5, 17, 0, 0, 0, 0, time.UTC)
	const people = 5000
	changed := func(from, to time.Time) (n int) {
		for i := range people {
			data := fmt.Appendf(nil, "person %d", i)
			if periodOf(classReporter, data, from) != periodOf(classReporter, data, to) {
				n++
			}
		}
		return n
	}
	for hour := range 24 {
		at := midnight.Add(time.Duration(hour) * time.Hour)
		// One in 48 in half an hour: 104, give or take four standard deviations.
		if n := changed(at.Add(-15*time.Minute), at.Add(15*time.Minute)); n < 64 || n > 145 {
			t.Errorf("around %v %d of %d change their name, want about %d", at, n, people, people/48)
		}
	}
	if n := changed(midnight, midnight.Add(24*time.Hour)); n != people {
		t.Errorf("in a day %d of %d change, want all", n, people)
	}
}

func TestPeriodsHaveNames(t *testing.T) {
	at := time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC)
	data := []byte("x")
	for class, want := range map[class]int{classReporter: 24, classID: 24, classNetwork: 90 * 24} {
		p := periodOf(class, data, at)
		var begins time.Time
		begins, err := time.Parse(class.String()+"-2006-01-02", p.String())
		if err != nil {
			t.Errorf("period is called %s: %v", p, err)
		}
		if age := at.Sub(begins); age < 0 || age > 2*time.Duration(want)*time.Hour {
			t.Errorf("period %s began %v before", p, age)
		}
	}
	if name := periodOf(classAgent, data, at).String(); name != "agent" {
		t.Errorf("the agents' period is called %s", name)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	send := func(by Caller, key string, n int) []outcry.Signal {
		t.Helper()
		d, sent := open(t, nil)
		by.Key = key
		reports := make([]Raw, n)
		for i := range reports {
			reports[i].Service = "imessage"
		}
		if _, err := d.Accept(t.Context(), reports, by); err != nil {
			t.Fatal(err)
		}
		return sent.signals
	}
	first, again := send(stranger("192.0.2.1"), "k", 2), send(stranger("192.0.2.1"), "k", 2)
	if first[0].ID == 0 || first[0].ID != again[0].ID || first[1].ID != again[1].ID {
		t.Errorf("a repeat has IDs %v, the first one had %v", again, first)
	}
	if first[0].ID == first[1].ID {
		t.Error("two lines of one batch share an ID")
	}
	if other := send(stranger("192.0.2.2"), "k", 1); other[0].ID == first[0].ID {
		t.Error("a stranger can use up another's key")
	}
	if none := send(stranger("192.0.2.1"), "", 1); none[0].ID != 0 {
		t.Error("without a key there is an ID")
	}
}

func TestOldSaltsAreForgotten(t *testing.T) {
	p := newPseudonyms(fixedSalts{})
	for day := range 60 {
		if _, err := p.hash(t.Context(), classReporter, []byte("x"), now().Add(time.Duration(day)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(*p.keys.Load()); n > keptPeriods+1 {
		t.Errorf("%d salts are kept in memory, want at most %d", n, keptPeriods+1)
	}
}

// A salt must be there for as long as somebody's period lasts, late signals and
// all: what is learned of usual networks over weeks is by their pseudonyms.
func TestSaltsOutliveTheirPeriods(t *testing.T) {
	lives := SaltLives()
	for c := range classes {
		keep, forgotten := lives[c.String()]
		if days := c.life(); (days > 0) != forgotten {
			t.Errorf("%v lives %d days and is kept %v, %v", c, days, keep, forgotten)
		} else if days == 0 {
			continue
		}
		at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		first := make(map[period]time.Time)
		for day := range 5 * c.life() {
			for who := range 50 {
				now := at.AddDate(0, 0, int(day))
				p := periodOf(c, fmt.Append(nil, who), now)
				if first[p].IsZero() {
					first[p] = now
				}
				if age := now.Sub(first[p]); age > keep-saltMargin {
					t.Fatalf("%v is in use %v after it was made, and is kept %v", p, age, keep)
				}
			}
		}
		if !strings.HasPrefix(periodOf(c, nil, at).String(), c.String()+"-") {
			t.Errorf("%v is not named by its class", periodOf(c, nil, at))
		}
	}
}
