package outcry_test

import (
	"testing"

	"github.com/outcry/outcry"
)

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		to   outcry.Scope
		want string
	}{
		{outcry.Scope{}, "here"},
		{outcry.Scope{Platform: "ios"}, "here"},
		{outcry.Scope{Carrier: "T-Mobile"}, "here via T-Mobile"},
		{outcry.Scope{Region: "US-TX"}, "here via US-TX"},
		{outcry.Scope{Region: "US-TX", Carrier: "T-Mobile"}, "here via T-Mobile US-TX"},
	} {
		got := outcry.Route("here", c.to)
		if got != c.want || outcry.VantageOf(got) != "here" {
			t.Errorf("%+v: %q, of %q", c.to, got, outcry.VantageOf(got))
		}
	}
}
