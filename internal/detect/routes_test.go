package detect

import (
	"slices"
	"testing"

	"github.com/outcry/outcry"
)

// routes are one run of a check over each carrier's route from one vantage.
func routes(t outcry.Tick, bad ...string) outcry.Tally {
	y := outcry.Tally{Service: "sms", Kind: outcry.KindProbe, Tick: t}
	for _, carrier := range []string{"AT&T", "T-Mobile", "Verizon"} {
		c := outcry.Counts{Total: 1}
		if slices.Contains(bad, carrier) {
			c.Bad = 1
		}
		y.Counts.Add(c)
		scope := outcry.Scope{Region: "US-IL", Carrier: carrier}
		y.Cells = append(y.Cells, outcry.Cell{CellKey: outcry.CellKey{Scope: scope, Vantage: outcry.Route("chicago", outcry.Scope{Carrier: carrier})}, Counts: c})
	}
	return y
}

func TestOneCarriersRouteIsNamed(t *testing.T) {
	for _, c := range []struct {
		says string
		bad  []string
		want []string
	}{
		{"one carrier", []string{"T-Mobile"}, []string{"T-Mobile"}},
		{"two of three", []string{"T-Mobile", "AT&T"}, []string{"AT&T", "T-Mobile"}},
		{"all of them: everywhere", []string{"T-Mobile", "AT&T", "Verizon"}, nil},
	} {
		j := newJudge(t, "sms")
		tick := day0()
		for range 400 {
			step(t, j, tick, routes(tick))
			tick++
		}
		var last outcry.Verdict
		for range 60 {
			for _, v := range step(t, j, tick, routes(tick, c.bad...)) {
				last = v
			}
			tick++
		}
		if last.Condition != outcry.CondFailing || !slices.Equal(last.Affected.Carriers, c.want) || len(last.Affected.Regions) > 0 {
			t.Errorf("%s: %v, in %v on %v; wanted on %v", c.says, last.Condition, last.Affected.Regions, last.Affected.Carriers, c.want)
		}
	}
}

func TestARouteIsVouchedForByItsVantage(t *testing.T) {
	h := vouched(map[string]vantageHealth{
		"a": {passing: 2}, "a via X": {failing: 1, contradicted: 1}, "b": {failing: 1, contradicted: 1}, "c via X": {failing: 1, contradicted: 1},
	})
	for id, want := range map[string]float64{"a via X": vantageCapOne, "b": vantageLone, "c via X": vantageLone} {
		if got := h[id].view(3).limit; got != want {
			t.Errorf("%s is believed up to %v nats, wanted %v", id, got, want)
		}
	}
}

// A vantage of which nobody has said where it stands, as the core's own often is,
// does not keep the carrier from being named; by itself it names none either.
func TestACarrierIsNamedBesideAVantageOfNone(t *testing.T) {
	for _, c := range []struct {
		says     string
		vantages map[string]string // to carriers
		want     []string
	}{
		{"another carrier passes", map[string]string{"a": "T-Mobile", "b": "Verizon", "local": ""}, []string{"T-Mobile"}},
		{"only one of no carrier passes", map[string]string{"a": "T-Mobile", "local": ""}, []string{}},
	} {
		s := newService("shop", defaultPrior(), day0())
		for id, carrier := range c.vantages {
			v := s.vantage(id)
			v.Carrier, v.LastGood = carrier, day0()+5
			if id == "a" {
				v.LastGood, v.LastBad = 0, day0()+5
			}
		}
		if got := s.only(day0(), day0()+6, func(v *vantage) string { return v.Carrier }); !slices.Equal(got, c.want) {
			t.Errorf("%s: on %v, want %v", c.says, got, c.want)
		}
	}
}
