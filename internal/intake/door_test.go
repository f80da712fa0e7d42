package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Sender that keeps signals, or fails.
type memory struct {
	mu      sync.Mutex
	signals []outcry.Signal
	fail    error
}

func (m *memory) Send(_ context.Context, s []outcry.Signal) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.signals = append(m.signals, s...)
	return nil
}

// now is the time of every test that does not move it.
func now() time.Time { return time.Date(2024, 5, 16, 21, 39, 0, 0, time.UTC) }

func testConfig() Config {
	return Config{
		Services: []outcry.Service{
			{ID: "imessage", Symptoms: []outcry.Symptom{{ID: "not-delivered"}, {ID: "sign-in"}}},
			{ID: "facetime"},
		},
		Tokens: []Token{
			{Name: "support", Secret: "right", Report: true},
			{Name: "dashboard", Secret: "reader"},
		},
	}
}

// open makes a door for a test; change may be nil.
func open(t testing.TB, change func(*Config, *Parts)) (*Door, *memory) {
	t.Helper()
	c := testConfig()
	sent := &memory{}
	p := Parts{Sender: sent, Salts: fixedSalts{}, Now: now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: prometheus.NewRegistry()}
	if change != nil {
		change(&c, &p)
	}
	d, err := New(c, p)
	if err != nil {
		t.Fatalf("making a door: %v", err)
	}
	return d, sent
}

func stranger(address string) Caller {
	return Caller{Address: netip.MustParseAddr(address), Agent: "Mozilla/5.0 (iPhone)"}
}

func trusted() Caller { return Caller{Name: "support", Trusted: true, Exempt: true} }

func TestReportsAreJudged(t *testing.T) {
	long := strings.Repeat("ä", 501)
	for _, c := range []struct {
		sentence string
		by       Caller
		report   Raw
		reason   string // empty: accepted
		want     outcry.Signal
	}{
		{"a service is enough", stranger("192.0.2.1"), Raw{Service: "imessage"}, "",
			outcry.Signal{Service: "imessage"}},
		{"a symptom of the service's list is kept", stranger("192.0.2.1"), Raw{Service: "imessage", Symptom: "sign-in"}, "",
			outcry.Signal{Service: "imessage", Symptom: "sign-in"}},
		{"one that is not on the list counts as other", stranger("192.0.2.1"), Raw{Service: "imessage", Symptom: "smells"}, "",
			outcry.Signal{Service: "imessage", Symptom: "other"}},
		{"a service without a list takes any", stranger("192.0.2.1"), Raw{Service: "facetime", Symptom: "call drops"}, "",
			outcry.Signal{Service: "facetime", Symptom: "call drops"}},
		{"scope is kept", stranger("192.0.2.1"), Raw{Service: "imessage", Region: "US-TX", Carrier: "AT&T", Platform: "ios", Version: "17.4.1"}, "",
			outcry.Signal{Service: "imessage", Scope: outcry.Scope{Region: "US-TX", Carrier: "AT&T", Platform: "ios", Version: "17.4.1"}}},
		{"works for me is good news", stranger("192.0.2.1"), Raw{Service: "imessage", Works: true}, "",
			outcry.Signal{Service: "imessage", Outcome: outcry.Good}},
		{"whoever has a token says when", trusted(), Raw{Service: "imessage", At: now().Add(-time.Hour)}, "",
			outcry.Signal{Service: "imessage", At: now().Add(-time.Hour)}},
		{"a comment is taken and not kept", stranger("192.0.2.1"), Raw{Service: "imessage", Comment: "it <b>fails</b>\nagain"}, "",
			outcry.Signal{Service: "imessage"}},
		{"a comment of 501 characters is no reason to lose its report", stranger("192.0.2.1"), Raw{Service: "imessage", Comment: long}, "",
			outcry.Signal{Service: "imessage"}},

		{"no service", stranger("192.0.2.1"), Raw{}, "invalid_service", outcry.Signal{}},
		{"a service that nobody configured", stranger("192.0.2.1"), Raw{Service: "nope"}, "invalid_service", outcry.Signal{}},
		{"a stranger's time", stranger("192.0.2.1"), Raw{Service: "imessage", At: now()}, "forbidden", outcry.Signal{}},
		{"a stranger's reporter", stranger("192.0.2.1"), Raw{Service: "imessage", Reporter: "p1"}, "forbidden", outcry.Signal{}},
		{"a time ahead of ours", trusted(), Raw{Service: "imessage", At: now().Add(61 * time.Second)}, "invalid_at", outcry.Signal{}},
		{"a time of the day before yesterday", trusted(), Raw{Service: "imessage", At: now().Add(-25 * time.Hour)}, "invalid_at", outcry.Signal{}},
		{"a reporter without end", trusted(), Raw{Service: "imessage", Reporter: strings.Repeat("x", 257)}, "invalid_reporter", outcry.Signal{}},
		{"a comment with a control character", stranger("192.0.2.1"), Raw{Service: "imessage", Comment: "a\x00b"}, "invalid_comment", outcry.Signal{}},
		{"a comment that is not UTF-8", stranger("192.0.2.1"), Raw{Service: "imessage", Comment: "a\xffb"}, "invalid_comment", outcry.Signal{}},
		{"a region that is a sentence", stranger("192.0.2.1"), Raw{Service: "imessage", Region: "the moon"}, "invalid_region", outcry.Signal{}},
		{"a region in small letters", stranger("192.0.2.1"), Raw{Service: "imessage", Region: "us-tx"}, "invalid_region", outcry.Signal{}},
		{"a subdivision of four characters", stranger("192.0.2.1"), Raw{Service: "imessage", Region: "US-TEXA"}, "invalid_region", outcry.Signal{}},
		{"a carrier with markup", stranger("192.0.2.1"), Raw{Service: "imessage", Carrier: "<script>"}, "invalid_carrier", outcry.Signal{}},
		{"a carrier of 65 characters", stranger("192.0.2.1"), Raw{Service: "imessage", Carrier: strings.Repeat("x", 65)}, "invalid_carrier", outcry.Signal{}},
		{"a platform with a line feed", stranger("192.0.2.1"), Raw{Service: "imessage", Platform: "a\nb"}, "invalid_platform", outcry.Signal{}},
		{"a version that writes backwards", stranger("192.0.2.1"), Raw{Service: "imessage", Version: "1\u202e2"}, "invalid_version", outcry.Signal{}},
		{"a symptom with a blank in front", stranger("192.0.2.1"), Raw{Service: "facetime", Symptom: " x"}, "invalid_symptom", outcry.Signal{}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			d, sent := open(t, nil)
			result, err := d.Accept(t.Context(), []Raw{c.report}, c.by)
			if err != nil {
				t.Fatal(err)
			}
			if c.reason != "" {
				want := map[string]int{c.reason: 1}
				if diff := cmp.Diff(want, result.Refused); diff != "" || len(sent.signals) != 0 {
					t.Errorf("refused (-want +got):\n%s and sent %v", diff, sent.signals)
				}
				return
			}
			if result.Accepted != 1 || len(sent.signals) != 1 {
				t.Fatalf("result %+v, want one accepted", result)
			}
			got := sent.signals[0]
			got.Reporter, got.Network, got.Wide, got.Agent = 0, 0, 0, 0
			c.want.Kind = outcry.KindReport
			if c.want.At.IsZero() {
				c.want.At = now()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("signal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestOfABatchIsKept(t *testing.T) {
	d, sent := open(t, nil)
	batch := []Raw{{Service: "imessage"}, {Service: "nope"}, {Service: "facetime"}, {}}
	result, err := d.Accept(t.Context(), batch, stranger("192.0.2.1"))
	if err != nil || result.Accepted != 2 || result.RefusedTotal() != 2 || len(sent.signals) != 2 {
		t.Fatalf("result %+v, %v and %d sent; want two taken and two refused", result, err, len(sent.signals))
	}
	if result.Errors[0].Line != 2 || result.Errors[1].Line != 4 {
		t.Errorf("refused lines are %d and %d, want 2 and 4", result.Errors[0].Line, result.Errors[1].Line)
	}
}

func TestErrorsOfABatchAreBounded(t *testing.T) {
	d, _ := open(t, nil)
	result, err := d.Accept(t.Context(), make([]Raw, 5000), trusted())
	if err != nil || result.RefusedTotal() != 5000 || len(result.Errors) != maxErrors {
		t.Errorf("%d refused, %d told, %v; want 5000 and %d", result.RefusedTotal(), len(result.Errors), err, maxErrors)
	}
}

func TestStreamThatCannotStore(t *testing.T) {
	d, sent := open(t, nil)
	sent.fail = errors.New("disk full")
	result, err := d.Accept(t.Context(), []Raw{{Service: "imessage"}, {Service: "nope"}}, trusted())
	if outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("got %v, want %s", err, outcry.CodeUnavailable)
	}
	want := map[string]int{"unavailable": 1, "invalid_service": 1}
	if diff := cmp.Diff(want, result.Refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	sent.fail = nil
	if result, err := d.Accept(t.Context(), []Raw{{Service: "imessage"}}, trusted()); err != nil || result.Accepted != 1 || len(sent.signals) != 1 {
		t.Errorf("afterwards: %+v, %v and %d signals; want the new report alone", result, err, len(sent.signals))
	}
}

// brokenSalts is a store that is away.
type brokenSalts struct{}

func (brokenSalts) Salt(context.Context, string) ([]byte, error) { return nil, errors.New("away") }

func TestWithoutSaltsNothingIsTaken(t *testing.T) {
	d, sent := open(t, func(_ *Config, p *Parts) { p.Salts = brokenSalts{} })
	result, err := d.Accept(t.Context(), []Raw{{Service: "imessage"}}, stranger("192.0.2.1"))
	if err != nil || result.Refused["unavailable"] != 1 || len(sent.signals) != 0 {
		t.Errorf("got %+v, %v and %d signals; want it refused as unavailable", result, err, len(sent.signals))
	}
}

func TestMadeUpValuesAreBounded(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) { c.Limit.Rate = -1; c.Carriers.Max = 50 })
	var batch []Raw
	for i := range 10_000 {
		batch = append(batch, Raw{Service: "facetime", Carrier: fmt.Sprint("made up ", i), Region: fmt.Sprintf("ZZ-%03d", i%1000), Symptom: fmt.Sprint("s", i)})
	}
	if result, err := d.Accept(t.Context(), batch, stranger("192.0.2.1")); err != nil || result.Accepted != len(batch) {
		t.Fatalf("result %+v, %v", result, err)
	}
	carriers, regions, symptoms := map[string]int{}, map[string]int{}, map[string]int{}
	for _, s := range sent.signals {
		carriers[s.Scope.Carrier]++
		regions[s.Scope.Region]++
		symptoms[s.Symptom]++
	}
	for name, c := range map[string]struct{ got, max int }{"carriers": {len(carriers), 51}, "regions": {len(regions), 501}, "symptoms": {len(symptoms), 31}} {
		if c.got != c.max {
			t.Errorf("%d distinct %s, want %d with other", c.got, name, c.max)
		}
	}
}

func TestValuesThatNobodyHasMakeRoom(t *testing.T) {
	at := now()
	d, sent := open(t, func(c *Config, p *Parts) {
		c.Limit.Rate = -1
		c.Carriers.Max = 2
		p.Now = func() time.Time { return at }
	})
	say := func(carrier string) string {
		t.Helper()
		if r, err := d.Accept(t.Context(), []Raw{{Service: "imessage", Carrier: carrier}}, stranger("192.0.2.1")); err != nil || r.Accepted != 1 {
			t.Fatalf("%s: %+v, %v", carrier, r, err)
		}
		return sent.signals[len(sent.signals)-1].Scope.Carrier
	}
	got := []string{say("fake 1"), say("fake 2"), say("Verizon")}
	at = at.Add(13 * time.Hour)
	got = append(got, say("fake 2"), say("Verizon"))
	at = at.Add(13 * time.Hour)
	got = append(got, say("Verizon"), say("fake 2"), say("fake 1"))
	want := []string{"fake 1", "fake 2", "other", "fake 2", "other", "Verizon", "fake 2", "other"}
	if !slices.Equal(got, want) {
		t.Errorf("carriers were\n%q, want\n%q", got, want)
	}
}

func TestConfiguredValuesAreTheOnlyOnes(t *testing.T) {
	d, sent := open(t, func(c *Config, _ *Parts) {
		c.Regions = Values{Allow: []string{"North", "GB"}}
	})
	batch := []Raw{{Service: "imessage", Region: "North"}, {Service: "imessage", Region: "FR"}, {Service: "imessage", Region: "south"}}
	result, err := d.Accept(t.Context(), batch, stranger("192.0.2.1"))
	if err != nil || result.Accepted != 2 || result.Refused["invalid_region"] != 1 {
		t.Fatalf("result %+v, %v", result, err)
	}
	if a, b := sent.signals[0].Scope.Region, sent.signals[1].Scope.Region; a != "North" || b != "other" {
		t.Errorf("regions are %s and %s, want North and other", a, b)
	}
}

func TestConfigurationsThatContradict(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"limit.ipv4":  func(c *Config) { c.Limit.IPv4 = 33 },
		"limit.ipv6":  func(c *Config) { c.Limit.IPv6 = 65 },
		"limit.burst": func(c *Config) { c.Limit.Burst = -1 },
		"tokens":      func(c *Config) { c.Tokens = []Token{{Name: "empty"}} },
	} {
		c := testConfig()
		change(&c)
		_, err := New(c, Parts{})
		var wrong *outcry.Error
		if !errors.As(err, &wrong) || wrong.Field != field || wrong.Code != outcry.CodeInvalid {
			t.Errorf("got %v, want %s about %s", err, outcry.CodeInvalid, field)
		}
	}
}
